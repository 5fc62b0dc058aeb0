//! At most so many percent worse: the rule of the dilated-attention benchmarks.

use perfreg_core::Direction;

/// One number against one number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct PercentRule {
    /// How much worse passes, in percent; exactly so much does, too.
    pub(crate) threshold: f64,
}

impl PercentRule {
    /// The percentage by which `current` is worse than `baseline`, and whether it passes. A baseline
    /// of zero has no percentage and passes.
    pub(crate) fn judge(self, baseline: f64, current: f64, direction: Direction) -> (f64, bool) {
        if baseline == 0.0 {
            return (0.0, true);
        }
        let percent = (current - baseline) / baseline * 100.0;
        let worse = match direction {
            Direction::LowerIsBetter => percent,
            Direction::HigherIsBetter => -percent,
        };
        (percent, worse <= self.threshold)
    }
}

#[cfg(test)]
mod tests {
    use perfreg_core::Direction::{HigherIsBetter, LowerIsBetter};
    use serde::Deserialize;

    use super::PercentRule;

    #[derive(Deserialize)]
    struct Case {
        implementation: String,
        config: String,
        threshold: f64,
        baseline: f64,
        current: f64,
        percent: f64,
        passed: bool,
    }

    #[test]
    fn agrees_with_the_tool_that_it_comes_from() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/data/rules/percent.json")).unwrap();
        assert_eq!(cases.len(), 90);
        for case in cases {
            let rule = PercentRule { threshold: case.threshold };
            let (percent, passed) = rule.judge(case.baseline, case.current, LowerIsBetter);
            let name = format!("{} {}", case.implementation, case.config);
            assert_eq!((percent, passed), (case.percent, case.passed), "{name}");
        }
    }

    #[test]
    fn the_threshold_itself_passes_either_way() {
        let check = |baseline: f64, current: f64, direction, expected| {
            let (_, passed) = PercentRule { threshold: 25.0 }.judge(baseline, current, direction);
            assert_eq!(passed, expected, "{baseline} -> {current}");
        };
        check(100.0, 125.0, LowerIsBetter, true);
        check(100.0, 125.1, LowerIsBetter, false);
        check(100.0, 75.0, HigherIsBetter, true);
        check(100.0, 74.0, HigherIsBetter, false);
        check(100.0, 300.0, HigherIsBetter, true);
        check(0.0, 1000.0, LowerIsBetter, true);
    }
}
