//! The tail of single calls' times, on the clock that the time is judged on.

use crate::error::Error;
use crate::harness::chosen::find_metric;
use crate::harness::compare::{Comparison, Judged};
use crate::judge::{few_launches, unchecked_tail};
use crate::model::{Launch, Tail, Verdict};

impl Comparison<'_> {
    /// Judges the tail on the clock that a caller notices; undecided, with the reason, if the launches
    /// say too little of it.
    ///
    /// # Errors
    /// If nothing was timed.
    pub(super) fn judge_tail(&self, tail: Tail, launches: &[Launch]) -> Result<Judged, Error> {
        let (clocks, note) = self.fitting_clocks(launches);
        let clock = clocks.last().expect("some clock is judged");
        find_metric(clock, launches)?;
        let metric = find_metric(&tail.metric(clock).name, launches)?;
        if let Some(why) = unchecked_tail(tail, clock, launches) {
            return Ok(self.unchecked(metric, launches, why));
        }
        let found = self.baselines.find(self.case, &metric);
        let mut judged = self.look(metric, &found, launches, note);
        // Nobody knows what a neighbour costs the slowest calls.
        let alone = (launches.len() - judged.set_aside.len()) as u32;
        let judgement = &mut judged.judgement;
        if judgement.verdict != Verdict::NotComparable
            && let Some(why) = few_launches(tail, alone, judgement.baseline_launches)
        {
            judgement.verdict = Verdict::Inconclusive;
            judgement.why = why;
            judged.look = None;
        }
        Ok(judged)
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::compare::{Comparison, Judged};
    use crate::harness::lookup::Baselines;
    use crate::harness::made_up::{THREAD, WALL, alone, baselines, threads, with_tails};
    use crate::model::{Launch, Verdict};

    fn judge(baselines: &Baselines, now: &[Launch]) -> Vec<Judged> {
        let comparison = Comparison {
            baselines,
            case: "default",
            metrics: Some(&["time", "p99"]),
            threshold: 0.05,
            reason: None,
            limits: &[],
            cores: 2,
        };
        comparison.judge(now).unwrap()
    }

    fn check(baselines: &Baselines, now: &[Launch], expected: &[(&str, Verdict)], why: &str) {
        let judged = judge(baselines, now);
        let rows: Vec<(&str, Verdict)> = judged
            .iter()
            .map(|j| (j.judgement.metric.name.as_str(), j.judgement.verdict))
            .collect();
        assert_eq!(rows, expected);
        let last = &judged.last().unwrap().judgement.why;
        assert!(last.contains(why), "{last} lacks {why}");
    }

    use Verdict::{Inconclusive, New, Regressed, Unchanged};

    const THREAD_P99: &str = "thread_cpu_time_p99";
    const WALL_P99: &str = "wall_time_p99";

    #[test]
    fn a_tail_is_judged_beside_the_time() {
        let baseline = baselines(&[(THREAD, 2_000.0), (THREAD_P99, 2_500.0), (WALL, 2_000.0)]);
        let check = |now: Vec<Launch>, verdict, why| {
            check(&baseline, &now, &[(THREAD, Unchanged), (THREAD_P99, verdict)], why);
        };
        check(with_tails(alone(2_000.0), 1_000, 1.25), Unchanged, "within the threshold");
        check(with_tails(alone(2_000.0), 1_000, 5.0), Regressed, "worse by more than");
        check(
            with_tails(alone(2_000.0), 400, 5.0),
            Inconclusive,
            "needs 1000 calls a launch, and 400",
        );
    }

    #[test]
    fn a_tail_without_ground_is_unchecked() {
        let now = || with_tails(alone(2_000.0), 1_000, 1.25);
        let none = Baselines::none();
        check(&none, &now(), &[(THREAD, New), (THREAD_P99, New)], "no baseline yet");
        let unchecked = [(THREAD, New), (THREAD_P99, Inconclusive)];
        check(&none, &now()[..9], &unchecked, "needs 10 launches on either side");
        check(&none, &with_tails(alone(2_000.0), 999, 1.25), &unchecked, "and 999 fit");
        let short = with_tails(alone(200.0), 1_000, 1.25);
        check(&none, &short, &unchecked, "a call takes 200 ns, and reading its clock 300 ns");
        // More launches help where they are few, and not where their calls are.
        let missing = |now: &[Launch]| judge(&none, now)[1].short_of(10);
        assert_eq!((missing(&now()[..7]), missing(&short)), (3, 0));
    }

    #[test]
    fn the_tail_is_on_the_clock_of_the_time() {
        let rows = [("process_cpu_time", New), (WALL, New), (WALL_P99, New)];
        let now = with_tails(threads(2_000.0, 4_000.0), 1_000, 3.0);
        check(&Baselines::none(), &now, &rows, "no baseline yet");
        // A tail on another clock is another thing.
        let baseline = baselines(&[(THREAD, 4_000.0), (THREAD_P99, 6_000.0), (WALL, 4_000.0)]);
        let judged = judge(&baseline, &now);
        assert_eq!(judged[2].judgement.verdict, New);
    }
}
