//! The GPU that launches used, which is known after they ran: a part of the host.

use std::borrow::Cow;

use crate::error::Error;
use crate::harness::lookup::{Baselines, Found};
use crate::model::{Case, GpuKey, HostKey, Metric, Run};
use crate::store::BaselineFile;

impl Baselines {
    /// The same for a test that turned out to use a GPU, which is part of the host.
    pub(crate) fn on(&self, gpu: Option<&GpuKey>) -> Cow<'_, Self> {
        match gpu {
            None => Cow::Borrowed(self),
            Some(gpu) => {
                let mut with_gpu = self.clone();
                with_gpu.host.gpu = Some(gpu.clone());
                Cow::Owned(with_gpu)
            }
        }
    }

    /// A GPU with another driver or in another state than it was is not told by its numbers. Another
    /// GPU in this machine just has a baseline of its own.
    pub(super) fn of_this_gpu_as_it_was(
        &self,
        file: &BaselineFile,
        case: &str,
        metric: &Metric,
    ) -> Option<Found> {
        let now = self.host.gpu.as_ref().filter(|_| metric.is_of_one_machine())?;
        let was = file.hosts().iter().rev().find_map(|entry| {
            let gpu = entry.host.gpu.as_ref().filter(|gpu| gpu.name == now.name)?;
            let but_for_it = HostKey { gpu: self.host.gpu.clone(), ..entry.host.clone() };
            let has_it = entry.case(&self.section, case)?.metric(&metric.name).is_some();
            (has_it && but_for_it == self.host).then_some(gpu)
        })?;
        let why = format!("{} has it from {was}, and this is {now}", self.local_name);
        Some(Found::NotComparable(why))
    }
}

/// The GPU of the launches becomes the run's: baselines of two of them lie apart.
///
/// # Errors
/// If the launches, or those of the cases before, used another one.
pub(super) fn use_gpu(run: &mut Run, case: &mut Case) -> Result<(), Error> {
    let mut used: Vec<Option<GpuKey>> =
        case.launches.iter_mut().map(|launch| launch.gpu.take()).collect();
    used.dedup();
    let first_case = run.cases.is_empty();
    match &used[..] {
        [gpu] if first_case || *gpu == run.host.gpu => {
            run.host.gpu.clone_from(gpu);
            Ok(())
        }
        _ => {
            let told = |gpu: &Option<GpuKey>| match gpu {
                Some(gpu) => gpu.to_string(),
                None => "none".to_owned(),
            };
            let mut all: Vec<String> = used.iter().map(told).collect();
            if !first_case {
                all.insert(0, told(&run.host.gpu));
            }
            all.dedup();
            Err(Error::usage(format!(
                "{} [{}] ran on more than one GPU ({}), and a test uses one: make a test of each",
                run.id,
                case.name,
                all.join("; ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::use_gpu;
    use crate::harness::lookup::Found;
    use crate::harness::made_up::{baselines, launches};
    use crate::model::{Case, FollowUp, GpuKey, Metric, Outcome, Run, Switch, TestId};
    use crate::store::BaselineFile;

    #[test]
    fn times_need_this_gpu_as_it_is() {
        let now = GpuKey { ecc: Some(Switch::On), ..GpuKey::new("Card", "580.1") };
        let check = |was: Option<GpuKey>, expected: &str| {
            let mut baselines = baselines(&[("device_time", 100.0)]);
            if let Some(BaselineFile::Versioned(hosts)) = &mut baselines.local {
                hosts[0].host.gpu = was;
            }
            let time = Metric::time("device_time");
            let found = match baselines.on(Some(&now)).find("default", &time) {
                Found::Baseline(reference) => format!("{} launches", reference.launches.len()),
                Found::NotComparable(why) => why,
                Found::Nothing => "nothing".to_owned(),
            };
            assert_eq!(found, expected);
        };
        check(Some(now.clone()), "10 launches");
        check(None, "nothing");
        check(Some(GpuKey::new("Other card", "580.1")), "nothing");
        check(
            Some(GpuKey { driver: "570.9".to_owned(), ..now.clone() }),
            ".perfreg/x.json has it from Card (driver 570.9, ECC on), and this is Card (driver 580.1, ECC on)",
        );
        check(
            Some(GpuKey { ecc: Some(Switch::Off), ..now.clone() }),
            ".perfreg/x.json has it from Card (driver 580.1, ECC off), and this is Card (driver 580.1, ECC on)",
        );
    }

    fn run() -> Run {
        let none = crate::harness::lookup::Baselines::none();
        Run {
            schema: Run::SCHEMA.to_owned(),
            id: TestId::new("app", "perf", "fill"),
            file: "tests/perf.rs".to_owned(),
            line: None,
            started: "2026-01-02T03:04:05Z".to_owned(),
            seconds: 1.0,
            host: none.host,
            toolchain: none.toolchain,
            revision: None,
            origin: None,
            package_folder: String::new(),
            baseline: "gt/x.json".to_owned(),
            outcome: Outcome::Measured,
            follow_up: FollowUp::Nothing,
            cases: Vec::new(),
        }
    }

    /// A case whose launches ran on these, in turns.
    fn case(gpus: &[Option<&str>]) -> Case {
        let mut launches = launches(&[("device_time", 100.0)]);
        for (launch, gpu) in launches.iter_mut().zip(gpus.iter().cycle()) {
            launch.gpu = gpu.map(|name| GpuKey::new(name, "1"));
        }
        let (judgements, targets) = (Vec::new(), Vec::new());
        Case { name: "default".to_owned(), launches, judgements, targets }
    }

    #[test]
    fn a_test_is_of_one_gpu() {
        let check = |cases: &[&[Option<&str>]], expected: Result<Option<&str>, &str>| {
            let mut run = run();
            let used = cases.iter().try_for_each(|gpus| {
                let mut case = case(gpus);
                use_gpu(&mut run, &mut case)?;
                assert!(case.launches.iter().all(|launch| launch.gpu.is_none()));
                run.cases.push(case);
                Ok::<(), crate::error::Error>(())
            });
            let found = used.map(|()| run.host.gpu.map(|gpu| gpu.name));
            let found = found.map_err(|error| error.to_string());
            let expected = expected.map(|gpu| gpu.map(str::to_owned)).map_err(str::to_owned);
            assert_eq!(found, expected);
        };
        check(&[&[None]], Ok(None));
        check(&[&[Some("A")], &[Some("A")]], Ok(Some("A")));
        let two = "perf::fill [default] ran on more than one GPU (A (driver 1); B (driver 1)), and a \
                   test uses one: make a test of each";
        check(&[&[Some("A")], &[Some("B")]], Err(two));
        let turns = [&[Some("A"), Some("B")][..]];
        let mut run = run();
        assert!(
            use_gpu(&mut run, &mut case(turns[0]))
                .unwrap_err()
                .to_string()
                .contains("A (driver 1); B")
        );
        let one = "perf::fill [default] ran on more than one GPU (none; A (driver 1)), and a test uses \
                   one: make a test of each";
        check(&[&[None], &[Some("A")]], Err(one));
    }
}
