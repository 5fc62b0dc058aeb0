//! From documents to rows as they are loaded: values in, values out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use perfreg_core::Metric;

use crate::history::digest::Digest;
use crate::history::epoch::Epoch;
use crate::history::rows::{Document, Filed, epochs, key_of_epoch, points, run_row};
use crate::history::store::{Point, RunRow, SeriesKey};

/// What some documents come to.
#[derive(Default, Debug)]
pub(super) struct Staged {
    pub(super) runs: Vec<StagedRun>,
    pub(super) points: Vec<(Digest, Digest, Point)>,
    pub(super) series: BTreeMap<Digest, (SeriesKey, Metric)>,
    pub(super) epochs: Vec<StagedEpoch>,
    /// The first days of the months that the runs are of, such as `2026-01-01`.
    pub(super) months: BTreeSet<String>,
}

#[derive(Debug)]
pub(super) struct StagedRun {
    pub(super) row: RunRow,
    pub(super) time: SystemTime,
    pub(super) body: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct StagedEpoch {
    pub(super) document: Digest,
    pub(super) key: Digest,
    pub(super) epoch: Epoch,
    /// None of a run that was accepted: the document is the run.
    pub(super) body: Option<Vec<u8>>,
}

impl Staged {
    /// What `documents` of `project` come to.
    ///
    /// # Errors
    /// If a run began at no time that can be kept.
    pub(super) fn of(documents: &[Filed], project: &str) -> Result<Self, String> {
        let mut staged = Self::default();
        for filed in documents {
            staged.add(filed, project).map_err(|what| format!("{}: {what}", filed.digest()))?;
        }
        Ok(staged)
    }

    fn add(&mut self, filed: &Filed, project: &str) -> Result<(), String> {
        let digest = filed.digest();
        let run = match filed.document() {
            Document::Epoch(epoch) => {
                self.add_epoch(project, digest, epoch, Some(packed(filed.bytes())));
                return Ok(());
            }
            Document::Run(run) => run,
        };
        let time = moment(&run.started)?;
        self.months.insert(month_of(time));
        for (key, metric, point) in points(project, digest, run) {
            let name = name_of(&key);
            self.series.entry(name.clone()).or_insert((key, metric));
            self.points.push((digest.clone(), name, point));
        }
        let row = run_row(digest, run);
        self.runs.push(StagedRun { row, time, body: packed(filed.bytes()) });
        for epoch in epochs(run) {
            self.add_epoch(project, digest, &epoch, None);
        }
        Ok(())
    }

    fn add_epoch(
        &mut self,
        project: &str,
        document: &Digest,
        epoch: &Epoch,
        body: Option<Vec<u8>>,
    ) {
        let key = name_of(&key_of_epoch(project, epoch));
        let (document, epoch) = (document.clone(), epoch.clone());
        self.epochs.push(StagedEpoch { document, key, epoch, body });
    }
}

/// The name of a series: the digest of all that it is known by.
pub(in crate::history) fn name_of(key: &SeriesKey) -> Digest {
    Digest::of(&serde_json::to_vec(&key.columns()).expect("text can be written as JSON"))
}

/// When a run began, if a store has a month for it: 2000 to 2099.
///
/// # Errors
/// If it has none.
pub(super) fn moment(started: &str) -> Result<SystemTime, String> {
    const YEARS: std::ops::Range<u64> = 946_684_800..4_102_444_800;
    let moment = humantime::parse_rfc3339_weak(started).ok();
    let fits = |at: &SystemTime| {
        at.duration_since(UNIX_EPOCH).is_ok_and(|since| YEARS.contains(&since.as_secs()))
    };
    moment.filter(fits).map(to_microseconds).ok_or_else(|| {
        format!("began at {started:?}, which is no time from 2000 to 2099, as a store keeps it")
    })
}

/// As exact as the database's own times.
fn to_microseconds(at: SystemTime) -> SystemTime {
    let since = at.duration_since(UNIX_EPOCH).expect("it was checked to lie after 2000");
    UNIX_EPOCH + Duration::from_micros(since.as_micros() as u64)
}

/// The first day of the month in which `time` lies.
pub(super) fn month_of(time: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(time).to_string();
    format!("{}-01", &text[..7])
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all bytes");
    encoder.finish().expect("memory takes all bytes")
}

/// A document is never larger, however small it was packed.
const LARGEST: usize = 256 << 20;

/// What was packed.
///
/// # Errors
/// If it was not, or would fill the memory.
pub(super) fn unpacked(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoder = GzDecoder::new(Bounded(Vec::new()));
    let whole = decoder.write_all(body).and_then(|()| decoder.finish());
    whole.map(|bounded| bounded.0).map_err(|cause| format!("its bytes cannot be unpacked: {cause}"))
}

/// Bytes up to [`LARGEST`].
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(std::io::Error::other("they are more than 256 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_lie_in_months() {
        let check = |started: &str, expected: &str| {
            let month = moment(started).map(month_of);
            assert_eq!(month.unwrap_or_else(|what| what), expected);
        };
        check("2026-01-31T23:59:59Z", "2026-01-01");
        check("2026-02-01T00:00:00.000000001Z", "2026-02-01");
        check("2000-01-01T00:00:00Z", "2000-01-01");
        check("2099-12-31T23:59:59Z", "2099-12-01");
        let refused = "which is no time from 2000 to 2099, as a store keeps it";
        check("1999-12-31T23:59:59Z", &format!("began at \"1999-12-31T23:59:59Z\", {refused}"));
        check("2100-01-01T00:00:00Z", &format!("began at \"2100-01-01T00:00:00Z\", {refused}"));
        check("\u{1b}", &format!("began at \"\\u{{1b}}\", {refused}"));
    }

    #[test]
    fn bytes_come_back_or_are_refused() {
        let bytes = b"{}".repeat(1000);
        assert_eq!(unpacked(&packed(&bytes)).unwrap(), bytes);
        assert!(unpacked(b"{}").unwrap_err().contains("cannot be unpacked"));
        assert!(unpacked(&packed(&bytes)[..20]).is_err());
        let bomb = packed(&vec![0; LARGEST + 1]);
        assert!(unpacked(&bomb).unwrap_err().contains("more than 256 MiB"));
    }
}
