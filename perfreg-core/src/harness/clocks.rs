//! The time of a case: on which clocks it is judged, given what launches and baseline are of.

use crate::error::Error;
use crate::harness::chosen::{Clocks, clocks, find_metric};
use crate::harness::compare::{Comparison, Judged};
use crate::harness::lookup::Found;
use crate::judge::ClockChoice;
use crate::model::{Launch, Metric};

/// What the case's baseline says of the work that it was measured of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Before {
    /// One thread, as far as is known: its CPU time was judged.
    OneThread,
    /// Wall time alone was judged: it waits, or is of before the process's clock was kept.
    Wall,
    /// It used other threads.
    Threads,
    /// Nothing that can be compared with.
    Unknown,
}

impl Comparison<'_> {
    /// Judges the time on the clocks that fit the work of both sides.
    ///
    /// # Errors
    /// If a launch lacks such a clock.
    pub(super) fn judge_time(&self, launches: &[Launch]) -> Result<Vec<Judged>, Error> {
        let (names, note) = self.fitting_clocks(launches);
        let judge = |name: &&str| {
            let metric = find_metric(name, launches)?;
            let found = self.baselines.find(self.case, &metric);
            let mut judged = self.look(metric, &found, launches, note);
            if let Found::Baseline(reference) = &found {
                judged.waiting = self.waiting(&judged, reference, launches);
            }
            Ok(judged)
        };
        names.iter().map(judge).collect()
    }

    /// The clocks that fit the work of both sides, the last being what a caller notices, and what there
    /// is to say about them.
    pub(super) fn fitting_clocks(
        &self,
        launches: &[Launch],
    ) -> (&'static [&'static str], Option<&'static str>) {
        const BOTH: &[&str] = &[Metric::PROCESS_CPU_TIME, Metric::WALL_TIME];
        let chosen = clocks(&[launches]);
        let Clocks::Of(choice) = chosen else { return (chosen.metrics(), None) };
        let threads_now = choice == ClockChoice::ProcessCpuAndWall;
        match self.before() {
            Before::OneThread if threads_now => {
                (BOTH, Some("the work uses other threads, and the baseline's did not"))
            }
            Before::Threads if !threads_now => (
                BOTH,
                Some("judged on the process's CPU time and on wall time, as the baseline was"),
            ),
            // Only the wall sees both sides.
            Before::Wall if choice.metrics() == [Metric::THREAD_CPU_TIME] => {
                (&[Metric::WALL_TIME], Some("judged on wall time, as the baseline was"))
            }
            _ => (choice.metrics(), choice.note()),
        }
    }

    fn before(&self) -> Before {
        if self.baselines.names_no_clock(self.case) {
            return Before::Unknown;
        }
        let found = |name: &str| self.baselines.find(self.case, &Metric::time(name));
        let holds = |name: &str| matches!(found(name), Found::Baseline(_));
        match found(Metric::THREAD_CPU_TIME) {
            Found::Baseline(_) => Before::OneThread,
            Found::Nothing if !holds(Metric::WALL_TIME) => Before::Unknown,
            Found::Nothing if holds(Metric::PROCESS_CPU_TIME) => Before::Threads,
            Found::Nothing => Before::Wall,
            Found::NotComparable(_) => Before::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::compare::Comparison;
    use crate::harness::lookup::Baselines;
    use crate::harness::made_up::{
        PROCESS, THREAD, WALL, alone, baselines, launches, threads, waits,
    };
    use crate::model::{Launch, Metric, PerformanceData, Verdict};
    use crate::store::BaselineFile;

    fn judge(
        metrics: Option<&[&str]>,
        baselines: &Baselines,
        now: &[Launch],
    ) -> (Vec<(String, Verdict)>, String) {
        let comparison = Comparison {
            baselines,
            case: "default",
            metrics,
            threshold: 0.05,
            reason: None,
            limits: &[],
            cores: 2,
        };
        let judged = comparison.judge(now).unwrap();
        let rows = judged.iter().map(|j| (j.judgement.metric.name.clone(), j.judgement.verdict));
        let whys = judged.iter().map(|j| j.judgement.why.clone()).collect::<Vec<_>>().join("\n");
        (rows.collect(), whys)
    }

    fn check(baselines: &Baselines, now: &[Launch], expected: &[(&str, Verdict)], why: &str) {
        let (rows, whys) = judge(None, baselines, now);
        let rows: Vec<(&str, Verdict)> = rows.iter().map(|(name, v)| (name.as_str(), *v)).collect();
        assert_eq!(rows, expected, "{whys}");
        assert!(whys.contains(why), "{whys} lacks {why}");
    }

    use Verdict::{Improved, New, Regressed, Unchanged};

    #[test]
    fn work_on_other_threads_is_judged_on_two_clocks() {
        let baseline = baselines(&[(PROCESS, 200.0), (WALL, 100.0)]);
        let check = |now: Vec<Launch>, process, wall| {
            let expected = [(PROCESS, process), (WALL, wall)];
            check(&baseline, &now, &expected, "and on wall time: the work uses other threads");
        };
        check(threads(100.0, 200.0), Unchanged, Unchanged);
        // More work, that idle cores hide from the wall; lost parallelism; both.
        check(threads(100.0, 240.0), Regressed, Unchanged);
        check(threads(130.0, 200.0), Unchanged, Regressed);
        check(threads(130.0, 240.0), Regressed, Regressed);
        check(threads(80.0, 160.0), Improved, Improved);
    }

    #[test]
    fn either_side_is_enough() {
        let of_threads = baselines(&[(PROCESS, 200.0), (WALL, 100.0)]);
        let as_before = "judged on the process's CPU time and on wall time, as the baseline was";
        check(&of_threads, &alone(200.0), &[(PROCESS, Unchanged), (WALL, Regressed)], as_before);
        let waits = waits(100.0);
        check(&of_threads, &waits, &[(PROCESS, Improved), (WALL, Unchanged)], as_before);
        let of_one = baselines(&[(THREAD, 200.0), (WALL, 200.0)]);
        let news = "the work uses other threads, and the baseline's did not";
        let now = threads(100.0, 220.0);
        check(&of_one, &now, &[(PROCESS, New), (WALL, Improved)], news);
        let slower = threads(220.0, 440.0);
        check(&of_one, &slower, &[(PROCESS, New), (WALL, Regressed)], news);
        // Once the process's time was kept beside, it is compared, and one thread is one thread.
        let of_either = baselines(&[(PROCESS, 220.0), (THREAD, 200.0), (WALL, 200.0)]);
        check(&of_either, &now, &[(PROCESS, Unchanged), (WALL, Improved)], news);
        check(&of_either, &alone(200.0), &[(THREAD, Unchanged)], "within");
    }

    #[test]
    fn baselines_of_before_are_read_as_they_are() {
        let both_new = [(PROCESS, New), (WALL, New)];
        check(&Baselines::none(), &threads(100.0, 200.0), &both_new, "no baseline yet");
        check(&Baselines::none(), &alone(100.0), &[(THREAD, New)], "no baseline yet");
        let wall = baselines(&[(WALL, 100.0)]);
        let now = threads(100.0, 200.0);
        check(&wall, &now, &[(PROCESS, New), (WALL, Unchanged)], "the work uses other threads");
        check(&wall, &alone(100.0), &[(WALL, Unchanged)], "judged on wall time, as the baseline");
        check(&wall, &waits(100.0), &[(WALL, Unchanged)], "the work mostly waits");
        let mut data = PerformanceData::new();
        data.insert("sort", "default", vec![100.0; 10]).unwrap();
        let plain = Baselines { committed: Some(BaselineFile::Plain(data)), ..Baselines::none() };
        check(&plain, &now, &[(PROCESS, New), (WALL, Unchanged)], "the work uses other threads");
    }

    #[test]
    fn without_cpu_clocks_there_is_the_wall() {
        let baseline = baselines(&[(PROCESS, 200.0), (WALL, 100.0)]);
        let now = launches(&[(WALL, 100.0)]);
        check(&baseline, &now, &[(WALL, Unchanged)], "within");
        check(&Baselines::none(), &now, &[(WALL, New)], "no baseline yet");
    }

    #[test]
    fn a_clock_that_is_listed_too_is_judged_once() {
        let listed: &[&str] = &[Metric::TIME, WALL, PROCESS];
        let (rows, _) = judge(Some(listed), &Baselines::none(), &threads(100.0, 200.0));
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [PROCESS, WALL]);
    }
}
