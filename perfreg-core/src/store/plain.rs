//! Files of [`PerformanceData`]: the plain form, and the versioned one where it fits.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::model::{BaselineCase, Metric, PerformanceData};
use crate::store::atomic::write_atomically;
use crate::store::baseline::BaselineFile;

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

/// The text of a file, without the byte order mark that some editors leave.
fn read_text(path: &Path) -> Result<String, Error> {
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

/// The time that the gate judges, one value a launch.
fn judged_times(case: &BaselineCase) -> Option<Vec<f64>> {
    let metric = case.metric(Metric::THREAD_CPU_TIME).or_else(|| case.metric(Metric::WALL_TIME))?;
    Some(metric.launches.iter().map(|launch| launch.q10).collect())
}
