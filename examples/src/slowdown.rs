//! A slowdown to order, to see the gate go red.
//!
//! `PERFREG_EXAMPLE_SLOWDOWN=checksum:10` makes one work do about 10 % more: it runs again, really,
//! on the first 10 % of its input. The names are those of the modules: `json`, `sort`, `compress`,
//! `checksum`, `lookup` and `attention`. `json` drops the tree of that part besides and `sort` copies
//! the part first, so these two lose somewhat more.
//!
//! The works ask once per call, never inside their loops, and the environment is read once per
//! process. With the variable unset, asking costs a load and a branch: about a nanosecond.

use std::env;
use std::sync::OnceLock;

const VARIABLE: &str = "PERFREG_EXAMPLE_SLOWDOWN";

/// What can be slowed down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    Json,
    Sort,
    Compress,
    Checksum,
    Lookup,
    Attention,
}

impl Work {
    const NAMED: [(&str, Work); 6] = [
        ("json", Work::Json),
        ("sort", Work::Sort),
        ("compress", Work::Compress),
        ("checksum", Work::Checksum),
        ("lookup", Work::Lookup),
        ("attention", Work::Attention),
    ];
}

/// Which work is slowed down, and by how much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slowdown {
    work: Work,
    percent: usize,
}

impl Slowdown {
    /// Reads `checksum:10`.
    fn parse(text: &str) -> Option<Self> {
        let (name, percent) = text.split_once(':')?;
        let (_, work) = Work::NAMED.iter().find(|(known, _)| *known == name)?;
        Some(Self { work: *work, percent: percent.parse().ok()? })
    }

    fn from_env() -> Option<Self> {
        let text = env::var(VARIABLE).ok()?;
        // Stop at a typo: a test that stays green because of one would teach the wrong lesson.
        let slowdown = Self::parse(&text).unwrap_or_else(|| {
            let names = Work::NAMED.map(|(name, _)| name).join(", ");
            panic!("{VARIABLE}={text} is not WORK:PERCENT with a WORK of {names}")
        });
        Some(slowdown)
    }

    fn extra(self, work: Work, units: usize) -> usize {
        if self.work == work { units * self.percent / 100 } else { 0 }
    }
}

/// How many of `units` the work has to do once more: none, unless the environment says so.
pub(crate) fn extra(work: Work, units: usize) -> usize {
    static ORDERED: OnceLock<Option<Slowdown>> = OnceLock::new();
    ORDERED.get_or_init(Slowdown::from_env).map_or(0, |ordered| ordered.extra(work, units))
}

/// Runs the work again on as many of its first `units` as were ordered.
pub(crate) fn again(work: Work, units: usize, mut run: impl FnMut(usize)) {
    let mut left = extra(work, units);
    while left > 0 {
        let part = left.min(units);
        run(part);
        left -= part;
    }
}

#[cfg(test)]
mod tests {
    use super::{Slowdown, Work};

    #[test]
    fn an_order_names_a_work_and_a_percentage() {
        let ten = Slowdown { work: Work::Checksum, percent: 10 };
        assert_eq!(Slowdown::parse("checksum:10"), Some(ten));
        for wrong in ["", "checksum", "checksum:", "checksum:ten", "checksum:-1", "cheksum:10"] {
            assert_eq!(Slowdown::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_the_ordered_work_does_more() {
        let slowdown = Slowdown { work: Work::Sort, percent: 150 };
        assert_eq!(slowdown.extra(Work::Sort, 1_000), 1_500);
        assert_eq!(slowdown.extra(Work::Json, 1_000), 0);
        assert_eq!(slowdown.extra(Work::Sort, 0), 0);
    }
}
