//! What earlier measuring found out about this machine: the crowding of its CPU when it is left alone.
//!
//! A neighbour that stays for a whole test would pass for how the CPU is, and a baseline measured
//! beside it for how fast the code is.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::model::{Pace, least_alike};

/// A line of the lock file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Quiet {
    schema: String,
    /// Whose crowding it is: the CPU, and the build of the loops that read it.
    loops: String,
    crowding: f64,
    /// When it was last seen.
    seen: String,
}

impl Quiet {
    const SCHEMA: &str = "perfreg-quiet/1";
    /// What was not seen for so long may be of another time: of other firmware, or a mistake.
    const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);

    /// Others can write to the file, too.
    const PLAUSIBLE: Range<f64> = 0.3..3.0;

    /// The name of this build's loops on `cpu`: compiled otherwise, they read otherwise. At one level of
    /// optimisation, too: of another profile, they may check for overflows. The build script cannot see
    /// that.
    pub(crate) fn loops(cpu: &str) -> String {
        let checks = if cfg!(debug_assertions) { ", with debug assertions" } else { "" };
        format!("{cpu}, {}{checks}", env!("PERFREG_CODE"))
    }

    /// What `line` says of these loops, if it is of use.
    pub(crate) fn read(line: &str, loops: &str, now: SystemTime) -> Option<Self> {
        let known: Self = serde_json::from_str(line).ok()?;
        let seen = humantime::parse_rfc3339(&known.seen).ok()?;
        let is_young = now.duration_since(seen).is_ok_and(|age| age < Self::LASTS);
        let fits = known.schema == Self::SCHEMA && known.loops == loops;
        (is_young && fits && Self::PLAUSIBLE.contains(&known.crowding)).then_some(known)
    }

    /// As [`Self::read`] reads it.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings are JSON")
    }

    pub(crate) fn crowding(&self) -> f64 {
        self.crowding
    }

    /// What is known after launches with these `paces`: the least that some of them agree on.
    pub(crate) fn learn(
        known: Option<Self>,
        loops: &str,
        paces: &[Pace],
        now: SystemTime,
    ) -> Option<Self> {
        /// Launches that agree, so that one odd reading is not what all later ones are held against.
        const AGREEING: usize = 3;
        const ALIKE: f64 = 1.01;
        let crowding: Vec<f64> = paces.iter().map(|pace| pace.crowding).collect();
        let Some(agreed) = least_alike(&crowding, AGREEING, ALIKE) else { return known };
        let before = known.as_ref().map_or(f64::INFINITY, |known| known.crowding);
        if agreed[0] > before * ALIKE {
            return known;
        }
        Some(Self {
            schema: Self::SCHEMA.to_owned(),
            loops: loops.to_owned(),
            crowding: agreed[AGREEING / 2],
            seen: humantime::format_rfc3339_seconds(now).to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::Quiet;
    use crate::model::Pace;

    const LOOPS: &str = "AMD EPYC (26/2/1), 0.1.0 1.95.0 -O3 fxsr,sse,sse2";
    const SAMPLE: &str = include_str!("../../tests/data/formats/quiet-1.json");

    fn day(day: u64) -> SystemTime {
        humantime::parse_rfc3339("2026-11-01T00:00:00Z").unwrap()
            + Duration::from_secs(24 * 3600 * day)
    }

    #[test]
    fn a_stored_line_is_read_while_it_fits() {
        let check = |line: &str, loops: &str, at: u64, expected: Option<f64>| {
            let found = Quiet::read(line, loops, day(at)).map(|known| known.crowding());
            assert_eq!(found, expected, "{line}");
        };
        check(SAMPLE, LOOPS, 1, Some(1.105));
        check(SAMPLE, LOOPS, 8, None);
        check(SAMPLE, "AMD EPYC (25/1/1), 0.1.0 1.95.0 -O3 fxsr,sse,sse2", 1, None);
        check(&SAMPLE.replace("quiet/1", "quiet/9"), LOOPS, 1, None);
        check(&SAMPLE.replace("1.105", "-1"), LOOPS, 1, None);
        check(&SAMPLE[..20], LOOPS, 1, None);
        check("", LOOPS, 1, None);
        let known = Quiet::read(SAMPLE, LOOPS, day(1)).unwrap();
        assert_eq!(known.line(), SAMPLE.trim_end());
    }

    #[test]
    fn the_least_that_launches_agree_on_is_learnt() {
        let learn = |known: Option<Quiet>, crowding: &[f64], at: u64| {
            let pace = |crowding: &f64| Pace::of_baseline(1800.0, *crowding);
            let paces: Vec<Pace> = crowding.iter().map(pace).collect();
            Quiet::learn(known, "cpu", &paces, day(at))
        };
        assert_eq!(learn(None, &[1.1, 1.1], 0), None);
        assert_eq!(learn(None, &[1.1, 1.2, 1.3, 1.4], 0), None);
        let crowded = learn(None, &[1.16, 1.165, 1.162, 1.3], 0);
        assert_eq!(crowded.as_ref().unwrap().crowding, 1.162);
        let known = learn(crowded, &[1.05, 1.105, 1.106, 1.107, 1.4], 1);
        assert_eq!(known.as_ref().unwrap().crowding, 1.106);
        // A neighbour raises nothing, and is no new sight of it.
        assert_eq!(learn(known.clone(), &[1.16; 9], 2), known);
        let seen = learn(known.clone(), &[1.11; 9], 3).unwrap();
        assert_eq!((seen.crowding, &*seen.seen), (1.11, "2026-11-04T00:00:00Z"));
    }
}
