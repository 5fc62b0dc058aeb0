//! A baseline file in memory: the plain form or the versioned one.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::Error;
use crate::model::{BaselineCase, HostKey, Metric, PerformanceData};
use crate::store::atomic::write_atomically;
use crate::store::conflict::is_conflicted;
use crate::store::format;

/// What a baseline file holds.
#[derive(Clone, PartialEq, Debug)]
pub enum BaselineFile {
    /// Sections of samples, of no named host; judged as given.
    Plain(PerformanceData),
    /// One entry a host.
    Versioned(Vec<HostEntry>),
}

impl Default for BaselineFile {
    /// A file without an entry.
    fn default() -> Self {
        Self::Versioned(Vec::new())
    }
}

/// The accepted cases of one host, sorted by section and case.
#[derive(Clone, PartialEq, Debug)]
pub struct HostEntry {
    /// The machine.
    pub host: HostKey,
    /// Its cases.
    pub cases: Vec<BaselineCase>,
}

impl HostEntry {
    /// The case with this name.
    pub fn case(&self, section: &str, subsection: &str) -> Option<&BaselineCase> {
        self.cases.iter().find(|c| c.section == section && c.subsection == subsection)
    }
}

impl BaselineFile {
    /// Reads a file; `None` if there is none.
    ///
    /// # Errors
    /// If the file is there but cannot be read, or is not a baseline; the error names it.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => Self::parse(&read_text(path)?).map(Some).map_err(|error| error.at(path)),
        }
    }

    /// Reads either form.
    ///
    /// # Errors
    /// If the text is neither; the message says where.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_conflicted(text) && format::is_named_in(text) {
            return Err(Error::data(
                "holds the marks of a merge conflict; `cargo perfreg accept` keeps the newer side of each metric",
            ));
        }
        if is_versioned(text) {
            return format::parse(text).map(Self::Versioned);
        }
        match PerformanceData::from_json_str(text) {
            // Sorting the keys of a versioned file moves its schema from the first place.
            Err(_) if names_schema(text) => format::parse(text).map(Self::Versioned),
            plain => plain.map(Self::Plain),
        }
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        match self {
            Self::Plain(data) => data.to_json_string(),
            Self::Versioned(hosts) => format::render(hosts),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// If its folder cannot be made or written to.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, e))?;
        }
        write_atomically(path, self.render().as_bytes())
    }

    /// The entry of `host`.
    pub fn host(&self, host: &HostKey) -> Option<&HostEntry> {
        self.hosts().iter().find(|entry| entry.host == *host)
    }

    /// Every host's entry; none in the plain form.
    pub fn hosts(&self) -> &[HostEntry] {
        match self {
            Self::Plain(_) => &[],
            Self::Versioned(hosts) => hosts,
        }
    }

    /// Puts a case in the place of the one of the same name and host; nothing else changes.
    ///
    /// The plain form has no place for launches or names of metrics: it takes the time that the
    /// gate judges, the 10 % quantile of each launch, and nothing else ([`Self::takes`]).
    ///
    /// # Errors
    /// If the plain form cannot take the values.
    pub fn put(&mut self, host: &HostKey, case: BaselineCase) -> Result<(), Error> {
        match self {
            Self::Plain(data) => match judged_times(&case) {
                Some(values) => data.insert(&case.section, &case.subsection, values),
                None => Err(Error::data(format!(
                    "section `{}`, case `{}`: the plain form holds times only",
                    case.section, case.subsection
                ))),
            },
            Self::Versioned(hosts) => {
                if !case.metrics.is_empty() {
                    put_versioned(hosts, host, case);
                }
                Ok(())
            }
        }
    }

    /// Removes the cases of `section` of `host`, or of the plain form, and returns their names.
    pub fn remove(&mut self, host: &HostKey, section: &str) -> Vec<String> {
        match self {
            Self::Plain(data) => data.remove(section),
            Self::Versioned(hosts) => {
                let mut removed = Vec::new();
                for entry in hosts.iter_mut().filter(|entry| entry.host == *host) {
                    entry.cases.retain(|case| {
                        let stays = case.section != section;
                        removed.extend((!stays).then(|| case.subsection.clone()));
                        stays
                    });
                }
                hosts.retain(|entry| !entry.cases.is_empty());
                removed
            }
        }
    }

    /// Removes the cases that `goes` picks, and returns how many there were; a plain file stays as it
    /// is, for it may serve others than perfreg.
    pub fn remove_cases(&mut self, goes: impl Fn(&HostKey, &BaselineCase) -> bool) -> usize {
        let Self::Versioned(hosts) = self else { return 0 };
        let count =
            |hosts: &[HostEntry]| hosts.iter().map(|entry| entry.cases.len()).sum::<usize>();
        let before = count(hosts);
        for entry in hosts.iter_mut() {
            let host = &entry.host;
            entry.cases.retain(|case| !goes(host, case));
        }
        hosts.retain(|entry| !entry.cases.is_empty());
        before - count(hosts)
    }

    /// True if this form has a place for `metric`: the plain one only for the clocks that the gate
    /// judges, since its numbers have no names.
    pub fn takes(&self, metric: &Metric) -> bool {
        match self {
            Self::Plain(_) => {
                [Metric::THREAD_CPU_TIME, Metric::WALL_TIME].contains(&metric.name.as_str())
            }
            Self::Versioned(_) => true,
        }
    }
}

fn put_versioned(hosts: &mut Vec<HostEntry>, host: &HostKey, case: BaselineCase) {
    let at = match hosts.iter().position(|entry| entry.host == *host) {
        Some(at) => at,
        None => {
            let key = host.to_string();
            let at = hosts.partition_point(|entry| entry.host.to_string() < key);
            hosts.insert(at, HostEntry { host: host.clone(), cases: Vec::new() });
            at
        }
    };
    let cases = &mut hosts[at].cases;
    match cases.binary_search_by(|other| other.key().cmp(&case.key())) {
        Ok(at) => cases[at] = case,
        Err(at) => cases.insert(at, case),
    }
}

/// The time that the gate judges, one value a launch.
pub(crate) fn judged_times(case: &BaselineCase) -> Option<Vec<f64>> {
    let metric = case.metric(Metric::THREAD_CPU_TIME).or_else(|| case.metric(Metric::WALL_TIME))?;
    Some(metric.launches.iter().map(|launch| launch.q10).collect())
}

/// The text of a file, without the byte order mark that some editors leave.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::io("read", path, cause))?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::data(format!("byte {at} is not UTF-8")).at(path)
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The versioned form names its schema first thing; a plain file's sections are objects.
fn is_versioned(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('{') else { return false };
    let Some(rest) = rest.trim_start().strip_prefix("\"schema\"") else { return false };
    rest.trim_start().strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

/// True if the text is an object with a schema anywhere among its keys.
fn names_schema(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Schema {
        #[serde(rename = "schema")]
        _schema: String,
    }
    serde_json::from_str::<Schema>(text).is_ok()
}
