//! A baseline file in memory: the plain form or the versioned one.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::Error;
use crate::model::{BaselineCase, HostKey, PerformanceData};
use crate::store::atomic::write_atomically;
use crate::store::format;

/// What a baseline file holds.
#[derive(Clone, PartialEq, Debug)]
pub enum BaselineFile {
    /// Sections of samples, of no named host; judged as given.
    Plain(PerformanceData),
    /// One entry a host.
    Versioned(Vec<HostEntry>),
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
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", path, error)),
        };
        Self::parse(&text).map(Some).map_err(|error| error.at(path))
    }

    /// Reads either form.
    ///
    /// # Errors
    /// If the text is neither; the message says where.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_versioned(text) {
            format::parse(text).map(Self::Versioned)
        } else {
            PerformanceData::from_json_str(text).map(Self::Plain)
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
    /// The plain form has no place for launches: it takes the 10 % quantile of each launch of the
    /// first metric.
    ///
    /// # Errors
    /// If the plain form cannot take the values.
    pub fn put(&mut self, host: &HostKey, case: BaselineCase) -> Result<(), Error> {
        match self {
            Self::Plain(data) => {
                let values =
                    case.metrics.first().map(|m| m.launches.iter().map(|l| l.q10).collect());
                data.insert(&case.section, &case.subsection, values.unwrap_or_default())
            }
            Self::Versioned(hosts) => {
                put_versioned(hosts, host, case);
                Ok(())
            }
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
    let key = |case: &BaselineCase| (case.section.clone(), case.subsection.clone());
    match cases.binary_search_by_key(&key(&case), key) {
        Ok(at) => cases[at] = case,
        Err(at) => cases.insert(at, case),
    }
}

/// The versioned form names its schema first thing; a plain file's sections are objects.
fn is_versioned(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('{') else { return false };
    let Some(rest) = rest.trim_start().strip_prefix("\"schema\"") else { return false };
    rest.trim_start().strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with('"'))
}
