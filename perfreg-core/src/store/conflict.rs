//! Baseline files that a merge left in conflict, and what both sides agree on.

use std::fs;
use std::path::PathBuf;

use crate::error::Error;
use crate::model::{BaselineCase, BaselineMetric, Run};
use crate::store::baseline::{BaselineFile, HostEntry, read_text};
use crate::store::locate::committed_baseline;
use crate::store::workspace::Workspace;

/// True if `text` has lines that git leaves in a conflict.
pub(crate) fn is_conflicted(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(OURS) || line.starts_with(THEIRS))
}

const OURS: &str = "<<<<<<< ";
const BASE: &str = "||||||| ";
const BETWEEN: &str = "=======";
const THEIRS: &str = ">>>>>>> ";

impl Workspace {
    /// Repairs the committed baseline of `run` if a merge left it in conflict: of every metric the
    /// side that was measured later stays. Returns the file if it was repaired.
    ///
    /// # Errors
    /// If the file cannot be read or written, or neither side is a baseline.
    pub fn repair(&self, run: &Run) -> Result<Option<PathBuf>, Error> {
        let package = self.root().join(&run.package_folder);
        let path = committed_baseline(&package, &run.baseline, &run.host.platform);
        if !fs::exists(&path).unwrap_or(false) {
            return Ok(None);
        }
        let _guard = self.lock()?;
        let text = read_text(&path)?;
        if !is_conflicted(&text) {
            return Ok(None);
        }
        merged(&text).map_err(|error| error.at(&path))?.write(&path)?;
        Ok(Some(path))
    }
}

/// Both sides in one; the side that alone can be read, if only one can.
fn merged(text: &str) -> Result<BaselineFile, Error> {
    let [ours, theirs] = sides(text).map(|side| BaselineFile::parse(&side));
    match (ours, theirs) {
        (Ok(BaselineFile::Versioned(ours)), Ok(BaselineFile::Versioned(theirs))) => {
            let mut file = BaselineFile::Versioned(ours);
            theirs.into_iter().try_for_each(|entry| add_newer(&mut file, entry))?;
            Ok(file)
        }
        (Ok(BaselineFile::Plain(_)), Ok(_)) | (Ok(_), Ok(BaselineFile::Plain(_))) => {
            Err(Error::data(
                "holds the marks of a merge conflict, and plain samples do not say which side is newer; take either side",
            ))
        }
        (Ok(file), Err(_)) | (Err(_), Ok(file)) => Ok(file),
        (Err(error), Err(_)) => Err(error),
    }
}

/// The text as either side had it.
fn sides(text: &str) -> [String; 2] {
    enum At {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let (mut at, mut sides) = (At::Both, [String::new(), String::new()]);
    for line in text.lines() {
        match line {
            _ if line.starts_with(OURS) => at = At::Ours,
            _ if line.starts_with(BASE) => at = At::Base,
            _ if line.starts_with(THEIRS) => at = At::Both,
            BETWEEN => at = At::Theirs,
            _ => {
                let holds = match at {
                    At::Both => [true, true],
                    At::Ours => [true, false],
                    At::Base => [false, false],
                    At::Theirs => [false, true],
                };
                for (side, _) in sides.iter_mut().zip(holds).filter(|(_, holds)| *holds) {
                    side.push_str(line);
                    side.push('\n');
                }
            }
        }
    }
    sides
}

fn add_newer(file: &mut BaselineFile, entry: HostEntry) -> Result<(), Error> {
    for theirs in entry.cases {
        let (section, subsection) = theirs.key();
        let ours = file.host(&entry.host).and_then(|own| own.case(section, subsection));
        let merged = match ours {
            Some(ours) => newer_metrics(ours, theirs),
            None => theirs,
        };
        file.put(&entry.host, merged)?;
    }
    Ok(())
}

fn newer_metrics(ours: &BaselineCase, theirs: BaselineCase) -> BaselineCase {
    let date = |metric: &BaselineMetric| {
        metric.provenance.sessions.last().map(|session| session.date.clone())
    };
    let mut merged = ours.clone();
    for metric in theirs.metrics {
        match merged.metrics.iter_mut().find(|own| own.metric.name == metric.metric.name) {
            Some(own) if date(own) < date(&metric) => *own = metric,
            Some(_) => {}
            None => merged.metrics.push(metric),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{is_conflicted, merged};
    use crate::store::BaselineFile;

    const SAMPLE: &str = include_str!("../../tests/data/formats/baseline-1.json");

    /// The sample with another allocation count, measured in another year.
    fn edited(year: &str, count: u32) -> String {
        SAMPLE
            .replace("2026-11-21T", &format!("{year}-11-21T"))
            .replace("\"q10\":51,\"median\":51", &format!("\"q10\":{count},\"median\":{count}"))
    }

    fn conflict(ours: &str, theirs: &str) -> String {
        let (ours, theirs): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
        let mut text = String::new();
        for (one, other) in ours.iter().zip(&theirs) {
            if one == other {
                text += &format!("{one}\n");
            } else {
                text +=
                    &format!("<<<<<<< HEAD\n{one}\n||||||| base\nx\n=======\n{other}\n>>>>>>> b\n");
            }
        }
        text
    }

    fn allocations(file: &BaselineFile) -> f64 {
        let case = file.hosts()[0].case("parse", "default").unwrap();
        case.metric("allocations").unwrap().launches[0].q10
    }

    #[test]
    fn the_newer_side_of_each_metric_stays() {
        let check = |ours: String, theirs: String, expected: f64| {
            let text = conflict(&ours, &theirs);
            assert!(is_conflicted(&text) && !is_conflicted(&ours));
            assert!(BaselineFile::parse(&text).unwrap_err().to_string().contains("accept"));
            let file = merged(&text).unwrap();
            assert_eq!(allocations(&file), expected);
            assert_eq!(BaselineFile::parse(&file.render()).unwrap(), file);
        };
        check(edited("2026", 50), edited("2027", 60), 60.0);
        check(edited("2028", 50), edited("2027", 60), 50.0);
    }

    #[test]
    fn a_side_that_is_broken_gives_way() {
        let broken = SAMPLE.replace("\"section\"", "\"selection\"");
        let file = merged(&conflict(&broken, SAMPLE)).unwrap();
        assert_eq!(file, BaselineFile::parse(SAMPLE).unwrap());
        assert!(merged(&conflict(&broken, &broken.replace("51", "52"))).is_err());
    }
}
