//! What every version promises: hosts and cases in order, each once.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, HostKey};
use crate::store::baseline::HostEntry;

/// A case as a version writes it.
pub(super) trait CaseForm: DeserializeOwned {
    fn into_case(self) -> Result<BaselineCase, Error>;
}

#[derive(Deserialize)]
struct FileForm<C> {
    hosts: Vec<HostForm<C>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostForm<C> {
    host: HostKey,
    cases: Vec<C>,
}

/// The hosts of a file in order; whoever merged or edited it by hand may have left another.
pub(super) fn parse<C: CaseForm>(text: &str) -> Result<Vec<HostEntry>, Error> {
    let file: FileForm<C> = serde_json::from_str(text).map_err(|e| Error::data(e.to_string()))?;
    let hosts = file.hosts.into_iter().map(HostForm::into_entry);
    let mut entries: Vec<HostEntry> = hosts.collect::<Result<_, _>>()?;
    let mut seen = BTreeSet::new();
    if let Some(twice) = entries.iter().find(|entry| !seen.insert(entry.host.to_string())) {
        return Err(Error::data(format!("host `{}` has two entries", twice.host)));
    }
    entries.sort_by_cached_key(|entry| entry.host.to_string());
    Ok(entries)
}

impl<C: CaseForm> HostForm<C> {
    fn into_entry(self) -> Result<HostEntry, Error> {
        let Self { host, cases } = self;
        let cases = cases.into_iter().map(CaseForm::into_case);
        let mut cases: Vec<BaselineCase> = cases.collect::<Result<_, _>>()?;
        cases.sort_by(|a, b| a.key().cmp(&b.key()));
        match cases.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
            Some(pair) => Err(Error::data(format!(
                "host `{host}`, section `{}`: case `{}` stands there twice",
                pair[0].section, pair[0].subsection
            ))),
            None => Ok(HostEntry { host, cases }),
        }
    }
}

/// A case of metrics that `read` makes of their names and forms.
pub(super) fn case<F>(
    section: String,
    subsection: String,
    metrics: impl IntoIterator<Item = (String, F)>,
    read: impl Fn(&str, F) -> Result<BaselineMetric, String>,
) -> Result<BaselineCase, Error> {
    let metrics: Vec<BaselineMetric> = metrics
        .into_iter()
        .map(|(name, form)| {
            read(&name, form).map_err(|what| {
                Error::data(format!(
                    "section `{section}`, case `{subsection}`, metric `{name}`: {what}"
                ))
            })
        })
        .collect::<Result<_, _>>()?;
    match metrics.is_empty() {
        true => {
            Err(Error::data(format!("section `{section}`, case `{subsection}` holds no metric")))
        }
        false => Ok(BaselineCase { section, subsection, metrics }),
    }
}
