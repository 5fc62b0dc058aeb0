//! Files of [`PerformanceData`]: the plain form, and the versioned one where it fits.

use std::path::Path;

use crate::error::Error;
use crate::model::PerformanceData;
use crate::store::atomic::write_atomically;
use crate::store::baseline::{BaselineFile, judged_times, read_text};

impl PerformanceData {
    /// Reads a file in the plain form, or in the versioned form of a baseline.
    ///
    /// Of a baseline each case's time gives one sample a launch: its 10 % quantile.
    ///
    /// # Errors
    /// If the file cannot be read or is malformed; the message names file, section, subsection and
    /// value. Also if a baseline holds entries of several hosts, which do not compare.
    pub fn from_json_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = read_text(path)?;
        let data = match BaselineFile::parse(&text) {
            Ok(BaselineFile::Plain(data)) => Ok(data),
            Ok(baseline) => from_baseline(&baseline),
            Err(error) => Err(error),
        };
        data.map_err(|error| error.at(path))
    }

    /// Writes the plain form, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written; an older one is untouched then.
    pub fn to_json_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write_atomically(path.as_ref(), self.to_json_string().as_bytes())
    }
}

fn from_baseline(baseline: &BaselineFile) -> Result<PerformanceData, Error> {
    let mut data = PerformanceData::new();
    let hosts = baseline.hosts();
    if hosts.len() > 1 {
        let names: Vec<String> = hosts.iter().map(|entry| format!("`{}`", entry.host)).collect();
        let names = names.join(", ");
        return Err(Error::data(format!("holds entries of several hosts: {names}")));
    }
    for case in hosts.iter().flat_map(|entry| &entry.cases) {
        if let Some(samples) = judged_times(case) {
            data.insert(&case.section, &case.subsection, samples)?;
        }
    }
    Ok(data)
}
