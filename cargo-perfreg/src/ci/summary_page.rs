//! The summary of a step: the report, as much of it as GitHub takes.

use crate::ci::origin::Origin;
use crate::report::{Frame, Report, framed};

/// What a summary may have: GitHub refuses one of more than 1 MiB whole.
const LIMIT: usize = 900 * 1024;
/// What a report takes at the least.
const LEAST: usize = 8 * 1024;

/// The summary of `report`, where the step has written `written` bytes already; none where there is no
/// room left.
pub(crate) fn summary_page(report: &Report, origin: &Origin, written: u64) -> Option<String> {
    let written = usize::try_from(written).unwrap_or(usize::MAX);
    let room = LIMIT.saturating_sub(written);
    let after = origin.markdown() + "\n";
    (room >= LEAST).then(|| framed(report, Frame { before: "", after: &after, room }))
}

#[cfg(test)]
mod tests {
    use perfreg_core::Verdict;

    use super::{LIMIT, summary_page};
    use crate::ci::origin::Origin;
    use crate::report::testing::{report, suite};
    use crate::testing::{judgement, run};

    #[test]
    fn a_summary_fits() {
        let page = summary_page(&suite(), &Origin::default(), 0).unwrap();
        assert!(page.starts_with("## perfreg: 1 test failed") && page.ends_with("\n\n"), "{page}");
        let slow = |at: usize| {
            let name = format!("test{at}_{}", "x".repeat(90));
            run(&name, vec![judgement(Verdict::Regressed, Some(0.3))])
        };
        let many = report((0..5_000).map(slow).collect());
        let check = |written: usize, least: usize| {
            let page = summary_page(&many, &Origin::default(), written as u64)
                .map_or(0, |page| page.len());
            assert!(page >= least && page + written <= LIMIT, "{page} after {written}");
        };
        check(0, LIMIT - 2_000);
        check(LIMIT - 100_000, 90_000);
        check(LIMIT - 1_000, 0);
        assert_eq!(summary_page(&many, &Origin::default(), u64::MAX), None);
    }
}
