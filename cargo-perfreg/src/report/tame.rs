//! Names and reasons of anybody's making, made harmless wherever a run has them.

use perfreg_core::TestId;
use perfreg_core::model::{
    Case, GpuKey, HostKey, Judgement, Launch, Metric, Outcome, Revision, Run, Target, Toolchain,
    Unit,
};

use crate::plain::{middle, paragraph};
use crate::report::figures::Memory;
use crate::report::recorded::{Recorded, Report};

/// How much of a text is shown, in characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths {
    /// Of names.
    pub(crate) names: usize,
    /// Of reasons.
    pub(crate) reasons: usize,
}

impl Lengths {
    /// All of it.
    pub(crate) const WHOLE: Self = Self { names: usize::MAX, reasons: usize::MAX };

    /// `report`, with what moves the cursor, turns the line around or cannot be seen made visible, and
    /// with what is too long cut. Samples are left out: figures were made of them before.
    pub(crate) fn tame(self, report: &Report) -> Report {
        let runs = report.tests().filter_map(|(result, figures, memory)| {
            let memory = memory.iter().map(|one| Memory {
                case: self.name(&one.case),
                metric: self.metric(&one.metric),
                value: one.value,
            });
            let run = self.run(result.run.as_ref()?);
            Some(Recorded { run, figures: figures.to_vec(), memory: memory.collect() })
        });
        let unreadable = report.unreadable.iter().map(|why| self.reason(why)).collect();
        Report::new(runs.collect(), unreadable, report.severities)
    }

    fn name(self, text: &str) -> String {
        middle(text, self.names)
    }

    fn reason(self, text: &str) -> String {
        paragraph(text, self.reasons)
    }

    fn run(self, run: &Run) -> Run {
        let TestId { package, target, test } = &run.id;
        Run {
            schema: run.schema.clone(),
            id: TestId {
                package: self.name(package),
                target: self.name(target),
                test: self.name(test),
            },
            file: self.name(&run.file),
            line: run.line,
            started: self.name(&run.started),
            seconds: run.seconds,
            host: self.host(&run.host),
            toolchain: Toolchain {
                rustc: self.name(&run.toolchain.rustc),
                profile: self.name(&run.toolchain.profile),
                features: self.name(&run.toolchain.features),
                seed: run.toolchain.seed,
            },
            revision: run.revision.as_ref().map(|revision| self.revision(revision)),
            package_folder: self.name(&run.package_folder),
            baseline: self.name(&run.baseline),
            outcome: self.outcome(&run.outcome),
            follow_up: run.follow_up,
            cases: run.cases.iter().map(|case| self.case(case)).collect(),
            // No report tells of it beyond what the judgements say.
            origin: None,
        }
    }

    fn host(self, host: &HostKey) -> HostKey {
        let limits = host.limits.as_deref().map(|limits| self.name(limits));
        let mut tame =
            HostKey::new(&self.name(&host.platform), &self.name(&host.cpu), host.cores, limits);
        let part = |text: &Option<String>| text.as_deref().map(|text| self.name(text));
        tame.gpu = host.gpu.as_ref().map(|gpu| GpuKey {
            name: self.name(&gpu.name),
            driver: self.name(&gpu.driver),
            capability: part(&gpu.capability),
            clocks: part(&gpu.clocks),
            ecc: gpu.ecc,
            mig: gpu.mig,
        });
        tame
    }

    fn revision(self, revision: &Revision) -> Revision {
        let part = |text: &Option<String>| text.as_deref().map(|text| self.name(text));
        Revision {
            commit: self.name(&revision.commit),
            dirty: revision.dirty,
            branch: part(&revision.branch),
            subject: part(&revision.subject),
            authored: part(&revision.authored),
        }
    }

    fn outcome(self, outcome: &Outcome) -> Outcome {
        match outcome {
            Outcome::Skipped { reason } => Outcome::Skipped { reason: self.reason(reason) },
            Outcome::TimedOut { reason } => Outcome::TimedOut { reason: self.reason(reason) },
            Outcome::Failed { reason } => Outcome::Failed { reason: self.reason(reason) },
            other => other.clone(),
        }
    }

    fn case(self, case: &Case) -> Case {
        // What an iteration processes stands at the first launch.
        let first = case.launches.first().map(|launch| Launch {
            series: vec![],
            iterations_per_sample: launch.iterations_per_sample,
            throughput: launch.throughput,
            single_calls: launch.single_calls,
            health: launch.health,
            gpu: None,
        });
        Case {
            name: self.name(&case.name),
            launches: first.into_iter().collect(),
            judgements: case.judgements.iter().map(|one| self.judgement(one)).collect(),
            targets: case.targets.iter().map(|target| self.target(target)).collect(),
        }
    }

    fn judgement(self, judgement: &Judgement) -> Judgement {
        Judgement {
            metric: self.metric(&judgement.metric),
            reason: judgement.reason.as_deref().map(|reason| self.reason(reason)),
            why: self.reason(&judgement.why),
            against: judgement.against.as_deref().map(|against| self.reason(against)),
            ..judgement.clone()
        }
    }

    fn target(self, target: &Target) -> Target {
        Target {
            limit: self.name(&target.limit),
            reason: self.reason(&target.reason),
            metric: self.name(&target.metric),
            unit: self.unit(&target.unit),
            ..target.clone()
        }
    }

    fn metric(self, metric: &Metric) -> Metric {
        Metric::new(self.name(&metric.name), self.unit(&metric.unit), metric.direction)
    }

    fn unit(self, unit: &Unit) -> Unit {
        Unit::from_symbol(&self.name(unit.symbol()))
    }
}

#[cfg(test)]
mod tests {
    use super::Lengths;
    use crate::report::testing::{HOSTILE, hostile};

    #[test]
    fn every_text_of_a_run_is_tame() {
        let report = hostile();
        let text = |report| format!("{report:?}");
        // Debug writes as an escape what tame text has none of.
        let bidi = "\\u{202e}";
        assert!(text(&report).contains(bidi) && HOSTILE.contains('\u{202e}'));
        let tame = text(&Lengths { names: 100, reasons: 300 }.tame(&report));
        assert!(!tame.replace("\\\\u{", "").contains("\\u{"), "{tame}");
        assert!(tame.contains("characters cut]"));
        assert!(Lengths::WHOLE.tame(&report).results[0].id.test.len() > 10_000);
    }
}
