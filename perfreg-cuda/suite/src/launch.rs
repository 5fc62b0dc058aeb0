//! One launch: a process of its own opens the GPU, compiles, and times one piece of work.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use perfreg_core::Metric;
use perfreg_core::stats::median;
use perfreg_cuda::attention::Implementation;
use perfreg_cuda::{Gpu, Result, Timing, time_on};
use serde::{Deserialize, Serialize};

use crate::cases::{Case, OnCpu, OnDevice};
use crate::ceilings;

/// What a launch is to do.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) device: usize,
    pub(crate) case: Case,
    pub(crate) what: What,
    pub(crate) seed: u64,
}

/// The work that is timed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// Attention, fused, of bf16.
    Portable,
    /// Attention in plain f32.
    Naive,
    /// Attention by its definition in f64, on the CPU.
    Reference,
    /// A copy within the device's memory.
    Copy,
}

impl What {
    pub(crate) const ALL: [Self; 4] = [Self::Portable, Self::Naive, Self::Reference, Self::Copy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Naive => "naive",
            Self::Reference => "reference",
            Self::Copy => "copy",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }
}

/// What a launch measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Launched {
    /// Each metric with its samples.
    pub(crate) series: Vec<(Metric, Vec<f64>)>,
    /// The device time of a kernel that does nothing, in nanoseconds.
    pub(crate) floor: Option<f64>,
    /// Bytes that a copy moves.
    pub(crate) moved: Option<f64>,
    /// Samples left out because the device slowed itself down, and for a low clock.
    pub(crate) throttled: usize,
    pub(crate) off_clock: usize,
    /// Degrees Celsius and watts after it.
    pub(crate) temperature: Option<u32>,
    pub(crate) power: Option<f64>,
    /// Why the device's counters lack a metric, by its name.
    #[serde(default)]
    pub(crate) missing: BTreeMap<String, String>,
}

impl Launched {
    /// The samples of a metric; none if it has none.
    pub(crate) fn samples(&self, metric: &str) -> &[f64] {
        let found = self.series.iter().find(|(of, _)| of.name == metric);
        found.map_or(&[], |(_, samples)| samples)
    }

    /// Their median, if there are some.
    pub(crate) fn median(&self, metric: &str) -> Option<f64> {
        Some(self.samples(metric)).filter(|samples| !samples.is_empty()).map(median)
    }
}

/// Times the work, in this process.
///
/// # Errors
/// If it cannot be launched, or nearly every sample was disturbed.
pub(crate) fn measure(job: &Job) -> Result<Launched> {
    match job.what {
        What::Portable => attention(job, Implementation::Portable),
        What::Naive => attention(job, Implementation::Naive),
        What::Reference => reference(job),
        What::Copy => {
            let gpu = Gpu::open(job.device)?;
            let (timing, bytes) = ceilings::time_copy(&gpu)?;
            Ok(Launched { moved: Some(bytes), ..told(&gpu, &timing) })
        }
    }
}

fn attention(job: &Job, implementation: Implementation) -> Result<Launched> {
    let gpu = Gpu::open(job.device)?;
    let case = (&job.case, implementation);
    let mut work = OnDevice::new(&gpu, &gpu.stream()?, case, job.seed)?;
    Ok(told(&gpu, &time_on(&gpu, |stream| work.launch(stream))?))
}

/// The CPU is the device here.
fn reference(job: &Job) -> Result<Launched> {
    let samples = OnCpu::new(&job.case, job.seed)?.samples()?;
    Ok(Launched { series: vec![(Metric::time("device_time"), samples)], ..Launched::default() })
}

fn told(gpu: &Gpu, timing: &Timing) -> Launched {
    let health = gpu.health().read();
    let readings = timing.readings.iter().flat_map(perfreg_cuda::timing::Readings::metrics);
    let missing =
        readings.filter_map(|(metric, told)| Some((metric.name, told.as_ref().err()?.to_string())));
    let all = || timing.cold.iter().chain(&timing.hot);
    Launched {
        series: timing.series(),
        floor: timing.floor,
        moved: None,
        throttled: all().map(|collected| collected.throttled).sum(),
        off_clock: all().map(|collected| collected.off_clock).sum(),
        temperature: health.temperature,
        power: health.power,
        missing: missing.collect(),
    }
}

/// The same in a process of its own: what stays in a process would make its launches alike.
///
/// # Errors
/// With what that process said.
pub(crate) fn in_a_process(job: &Job) -> std::result::Result<Launched, String> {
    let executable = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(executable)
        .arg("launch")
        .args(["--device", &job.device.to_string()])
        .args(["--case", &job.case.seq_len.to_string()])
        .args(["--what", job.what.name()])
        .args(["--seed", &job.seed.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start a launch: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("a launch failed ({}): {}", output.status, said.trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("a launch's answer: {error}"))
}
