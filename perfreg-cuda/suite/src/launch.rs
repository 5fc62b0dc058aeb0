//! One launch: a process of its own opens the GPU, compiles, and times one piece of work.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use perfreg_core::Metric;
use perfreg_cuda::attention::{Element, Forward, ForwardTensors, Implementation};
use perfreg_cuda::device::{Stream, Tensor};
use perfreg_cuda::{Gpu, Result, time_on};
use serde::{Deserialize, Serialize};

use crate::cases::{Case, f32_of_bf16};
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
    /// A copy within the device's memory.
    Copy,
}

impl What {
    pub(crate) const ALL: [Self; 3] = [Self::Portable, Self::Naive, Self::Copy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Naive => "naive",
            Self::Copy => "copy",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }
}

/// What a launch measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
}

/// Queries, keys and values on the device.
pub(crate) fn inputs(
    gpu: &Gpu,
    stream: &Stream,
    (case, element): (&Case, Element),
    seed: u64,
) -> Result<[Tensor; 3]> {
    let problem = case.problem(element)?;
    let tensor = |number| {
        let bf16 = case.bf16(seed, number);
        let bytes = if element == Element::F32 { f32_of_bf16(&bf16) } else { bf16 };
        let mut tensor = gpu.tensor(stream, &problem)?;
        tensor.upload(stream, &bytes)?;
        Ok::<_, perfreg_cuda::Error>(tensor)
    };
    Ok([tensor(0)?, tensor(1)?, tensor(2)?])
}

/// Times the work, in this process.
///
/// # Errors
/// If it cannot be launched, or nearly every sample was disturbed.
pub(crate) fn measure(job: &Job) -> Result<Launched> {
    let gpu = Gpu::open(job.device)?;
    let (timing, moved) = match job.what {
        What::Copy => ceilings::time_copy(&gpu).map(|(timing, bytes)| (timing, Some(bytes)))?,
        What::Portable | What::Naive => {
            let (implementation, element) = match job.what {
                What::Naive => (Implementation::Naive, Element::F32),
                _ => (Implementation::Portable, Element::Bf16),
            };
            let problem = job.case.problem(element)?;
            let stream = gpu.stream()?;
            let [queries, keys, values] = &inputs(&gpu, &stream, (&job.case, element), job.seed)?;
            let (mut output, mut lse) =
                (gpu.tensor(&stream, &problem)?, gpu.lse_tensor(&stream, &problem)?);
            let forward = Forward::new(&gpu, &problem, implementation)?;
            let timing = time_on(&gpu, |stream| {
                let (output, lse) = (&mut output, &mut lse);
                forward.launch(stream, &mut ForwardTensors { queries, keys, values, output, lse })
            });
            (timing?, None)
        }
    };
    let health = gpu.health().read();
    let told = timing.readings.iter().flat_map(perfreg_cuda::timing::Readings::metrics);
    let missing =
        told.filter_map(|(metric, told)| Some((metric.name, told.as_ref().err()?.to_string())));
    let missing = missing.collect();
    let all = || timing.cold.iter().chain(&timing.hot);
    Ok(Launched {
        series: timing.series(),
        floor: timing.floor,
        moved,
        throttled: all().map(|collected| collected.throttled).sum(),
        off_clock: all().map(|collected| collected.off_clock).sum(),
        temperature: health.temperature,
        power: health.power,
        missing,
    })
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
