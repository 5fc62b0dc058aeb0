//! Whether a tail can be judged at all: it takes many calls, and calls that a clock can time.

use crate::model::{Launch, Tail, TailDoubt};

/// Why nothing can be said about a tail of these launches' single calls on `clock`, if so.
pub fn unchecked_tail<'a>(
    tail: Tail,
    clock: &str,
    launches: impl IntoIterator<Item = &'a Launch>,
) -> Option<String> {
    let doubts: Vec<TailDoubt> =
        launches.into_iter().filter_map(|launch| launch.tail_doubt(clock)).collect();
    let few = doubts.iter().filter_map(|doubt| match doubt {
        TailDoubt::FewCalls(calls) => Some(*calls),
        TailDoubt::ShortCalls { .. } => None,
    });
    if let Some(calls) = few.min() {
        return Some(format!(
            "tail unchecked: {} needs {} calls a launch, and {calls} fit into its time",
            tail.name(),
            Tail::CALLS
        ));
    }
    doubts.iter().find_map(|doubt| match doubt {
        TailDoubt::ShortCalls { call_ns, cost_ns } => Some(format!(
            "tail unchecked: a call takes {call_ns:.0} ns, and reading its clock {cost_ns:.0} ns"
        )),
        TailDoubt::FewCalls(_) => None,
    })
}

/// Why so many launches of a side are no ground to judge a tail, if so.
pub fn few_launches(tail: Tail, current: u32, baseline: Option<u32>) -> Option<String> {
    let (count, of) = match baseline {
        _ if current < Tail::LAUNCHES => (current, "there are"),
        Some(baseline) if baseline < Tail::LAUNCHES => (baseline, "the baseline has"),
        _ => return None,
    };
    Some(format!(
        "tail unchecked: {} needs {} launches on either side that have their core for themselves, and \
         {of} {count}",
        tail.name(),
        Tail::LAUNCHES
    ))
}

#[cfg(test)]
mod tests {
    use super::{few_launches, unchecked_tail};
    use crate::model::{Health, Launch, Metric, Samples, Series, SingleCalls, Tail};

    fn launch(call_ns: f64, calls: u32) -> Launch {
        let series = |name| Series {
            metric: Metric::time(name),
            samples: Samples::new(vec![call_ns]).unwrap(),
        };
        Launch {
            series: vec![series(Metric::WALL_TIME), series(Metric::THREAD_CPU_TIME)],
            iterations_per_sample: 1,
            throughput: None,
            single_calls: Some(SingleCalls {
                calls,
                wall_cost_ns: 40.0,
                thread_cpu_cost_ns: 300.0,
                process_cpu_cost_ns: 900.0,
            }),
            health: Health::default(),
            gpu: None,
        }
    }

    #[test]
    fn a_tail_takes_many_calls_that_a_clock_can_time() {
        let check = |launches: &[(f64, u32)], clock, expected: Option<&str>| {
            let launches: Vec<Launch> = launches.iter().map(|(ns, n)| launch(*ns, *n)).collect();
            let why = unchecked_tail(Tail::P99, clock, &launches);
            match expected {
                Some(part) => assert!(why.as_ref().is_some_and(|w| w.contains(part)), "{why:?}"),
                None => assert_eq!(why, None),
            }
        };
        let (wall, thread) = (Metric::WALL_TIME, Metric::THREAD_CPU_TIME);
        check(&[(2_000.0, 1_000), (2_000.0, 1_000)], thread, None);
        check(
            &[(2_000.0, 1_000), (2_000.0, 999)],
            thread,
            Some("1000 calls a launch, and 999 fit"),
        );
        check(&[(100.0, 1_000)], thread, Some("a call takes 100 ns, and reading its clock 300 ns"));
        check(&[(100.0, 1_000)], wall, None);
        let untold = Launch { single_calls: None, ..launch(100.0, 0) };
        assert!(unchecked_tail(Tail::P95, wall, &[untold]).unwrap().contains("and 0 fit"));
    }

    #[test]
    fn a_tail_takes_ten_launches_on_either_side() {
        let check = |current, baseline, expected: Option<&str>| {
            let why = few_launches(Tail::P95, current, baseline);
            assert_eq!(why.is_some(), expected.is_some());
            assert!(why.unwrap_or_default().ends_with(expected.unwrap_or_default()));
        };
        check(10, Some(10), None);
        check(10, None, None);
        check(9, Some(50), Some("there are 9"));
        check(50, Some(9), Some("the baseline has 9"));
    }
}
