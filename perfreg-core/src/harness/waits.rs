//! That a test waits more than it did, beside the judgement of a CPU clock that does not show it.

use crate::harness::chosen::find_metric;
use crate::harness::compare::{Comparison, Judged};
use crate::harness::lookup::Found;
use crate::harness::reference::Reference;
use crate::judge::more_waiting;
use crate::model::{Health, Judgement, Launch, Metric, Verdict};

impl Comparison<'_> {
    /// The judgement of the wall time, if the work waits more than it did while CPU time is judged.
    pub(super) fn waiting(
        &self,
        judged: &Judged,
        cpu: &Reference,
        launches: &[Launch],
    ) -> Option<Judgement> {
        let wall_is_judged = self.metrics.is_some_and(|m| m.contains(&Metric::WALL_TIME));
        if judged.judgement.metric.name != Metric::THREAD_CPU_TIME || wall_is_judged {
            return None;
        }
        let wall = find_metric(Metric::WALL_TIME, launches).ok()?;
        let Found::Baseline(before) = self.baselines.find(self.case, &wall) else { return None };
        let times = before.launches.iter().zip(&cpu.launches);
        let times: Vec<(f64, f64)> = times.map(|(wall, cpu)| (wall.value, cpu.value)).collect();
        let healths: Vec<Health> = launches.iter().map(|launch| launch.health).collect();
        let threshold = judged.judgement.threshold;
        let waiting = more_waiting(&times, &healths, threshold)?;
        let found = Found::Baseline(before);
        let wall = self.look(wall, &found, launches, None).judgement;
        Some(Judgement {
            verdict: Verdict::Regressed,
            threshold,
            why: format!(
                "waits {:.1} % of its time and did {:.1} %: a lock, a sleep or a device, which \
                 takes {:.1} % longer on the wall and shows on no CPU clock",
                waiting.now * 100.0,
                waiting.before * 100.0,
                waiting.harm() * 100.0
            ),
            ..wall
        })
    }
}

impl Judged {
    /// The same, with what it says of waiting only if the other rounds say so too.
    pub(crate) fn agreeing_with(mut self, rounds: [&Self; 2]) -> Self {
        if rounds.iter().any(|round| round.waiting.is_none()) {
            self.waiting = None;
        }
        self
    }

    /// This judgement, and the one about waiting if there is one.
    pub(crate) fn apart(mut self) -> Vec<Self> {
        match self.waiting.take() {
            None => vec![self],
            Some(judgement) => {
                let mut waiting = self.clone();
                (waiting.judgement, waiting.look) = (judgement, None);
                vec![self, waiting]
            }
        }
    }
}
