//! What every version promises: hosts and cases in order, each once.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, HostKey};
use crate::store::baseline::HostEntry;

/// The hosts of a file in order; whoever merged or edited it by hand may have left another.
pub(super) fn hosts(mut entries: Vec<HostEntry>) -> Result<Vec<HostEntry>, Error> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = entries.iter().find(|entry| !seen.insert(entry.host.to_string())) {
        return Err(Error::data(format!("host `{}` has two entries", twice.host)));
    }
    entries.sort_by_cached_key(|entry| entry.host.to_string());
    Ok(entries)
}

/// The cases of a host in order.
pub(super) fn host(host: HostKey, mut cases: Vec<BaselineCase>) -> Result<HostEntry, Error> {
    cases.sort_by(|a, b| a.key().cmp(&b.key()));
    match cases.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
        Some(pair) => Err(Error::data(format!(
            "host `{host}`, section `{}`: case `{}` stands there twice",
            pair[0].section, pair[0].subsection
        ))),
        None => Ok(HostEntry { host, cases }),
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
