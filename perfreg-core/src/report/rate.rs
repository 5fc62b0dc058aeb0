//! What a time amounts to, for a test that says what an iteration processes.

use std::fmt;

use crate::model::{Case, Judgement, Throughput, Unit};
use crate::report::format_value;

/// An amount in a second.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rate {
    /// How much of it.
    pub per_second: f64,
    /// Its unit, such as `B/s`.
    pub unit: &'static str,
}

impl Rate {
    /// The rate that the judged time of a case amounts to; none for other metrics, and where an
    /// iteration processes nothing that the test speaks of.
    pub fn of(case: &Case, judgement: &Judgement) -> Option<Self> {
        let throughput = case.launches.first()?.throughput?;
        let (amount, unit) = match throughput {
            Throughput::Bytes(bytes) => (bytes, "B/s"),
            Throughput::Items(items) => (items, "items/s"),
            Throughput::Flops(flops) => (flops, "FLOP/s"),
        };
        let per_second = amount as f64 / judgement.current * 1e9;
        // A record may hold any number, a time of nothing too.
        (judgement.metric.is_time() && per_second.is_finite()).then_some(Self { per_second, unit })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scaled = format_value(self.per_second, &Unit::BytesPerSecond);
        write!(f, "{}{}", scaled.trim_end_matches("B/s"), self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;
    use crate::model::{
        Case, Direction, Health, Judgement, Launch, Metric, Throughput, Unit, Verdict,
    };

    #[test]
    fn a_time_amounts_to_a_rate() {
        let check = |metric: Metric, current: f64, throughput, expected: Option<&str>| {
            let judgement = Judgement {
                metric,
                verdict: Verdict::New,
                baseline: None,
                current,
                change: None,
                threshold: 0.05,
                reason: None,
                launches: 1,
                baseline_launches: None,
                why: String::new(),
                against: None,
            };
            let launch = Launch {
                series: vec![],
                iterations_per_sample: 1,
                throughput,
                single_calls: None,
                gpu: None,
                health: Health::default(),
            };
            let case = Case {
                name: "default".to_owned(),
                launches: vec![launch],
                judgements: vec![],
                targets: vec![],
            };
            let rate = Rate::of(&case, &judgement).map(|rate| rate.to_string());
            assert_eq!(rate.as_deref(), expected);
        };
        let time = || Metric::time(Metric::THREAD_CPU_TIME);
        let count = Metric::new("allocations", Unit::Count, Direction::LowerIsBetter);
        check(time(), 1000.0, Some(Throughput::Bytes(430)), Some("430 MB/s"));
        check(time(), 2000.0, Some(Throughput::Items(1)), Some("500 kitems/s"));
        check(time(), 1.0, Some(Throughput::Flops(2)), Some("2 GFLOP/s"));
        check(time(), 0.0, Some(Throughput::Items(1)), None);
        check(time(), 1000.0, None, None);
        check(count, 1000.0, Some(Throughput::Items(1)), None);
    }
}
