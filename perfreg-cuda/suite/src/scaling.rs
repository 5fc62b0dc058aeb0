//! Several GPUs at once: how much slower each is beside the others.

use std::fs;
use std::path::Path;
use std::thread;

use perfreg_core::stats::{max, median};
use serde::Serialize;

use crate::cases::Case;
use crate::launch::{Job, What, in_a_process};

/// What several GPUs do together: `scaling.json`. Times are nanoseconds of one call, hot.
#[derive(Serialize)]
pub(crate) struct Scaling {
    schema: &'static str,
    cases: Vec<OfCase>,
}

#[derive(Serialize)]
struct OfCase {
    name: String,
    devices: Vec<OfDevice>,
    /// How many times as much the devices do together as one of them alone; the slowest says when
    /// all are done.
    speedup: Option<f64>,
}

#[derive(Serialize)]
struct OfDevice {
    device: usize,
    alone: Option<f64>,
    together: Option<f64>,
    /// Why one of them is missing.
    failed: Option<String>,
}

/// Measures every case on each device alone, then on all of them at the same time.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn measure(devices: &[usize], cases: &[Case], out: &Path) -> Result<Scaling, String> {
    let cases = cases.iter().map(|case| of_case(devices, case)).collect();
    let scaling = Scaling { schema: "perfreg-dilated-scaling/1", cases };
    let text = serde_json::to_string(&scaling).map_err(|error| error.to_string())?;
    let path = out.join("scaling.json");
    fs::write(&path, text + "\n")
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(scaling)
}

fn of_case(devices: &[usize], case: &Case) -> OfCase {
    let launch = |device: usize| {
        let job = Job { device, case: case.clone(), what: What::Portable, seed: 1 };
        let launched = in_a_process(&job)?;
        launched.median("device_time_hot").ok_or("no sample was taken".to_owned())
    };
    let alone: Vec<Result<f64, String>> = devices.iter().map(|device| launch(*device)).collect();
    let together: Vec<Result<f64, String>> = thread::scope(|scope| {
        let all: Vec<_> = devices.iter().map(|device| scope.spawn(|| launch(*device))).collect();
        let join = |one: thread::ScopedJoinHandle<'_, Result<f64, String>>| {
            one.join().unwrap_or_else(|_| Err("its thread panicked".to_owned()))
        };
        all.into_iter().map(join).collect()
    });
    let devices = devices.iter().zip(alone.into_iter().zip(together));
    let devices = devices.map(|(device, (alone, together))| {
        let failed = alone.as_ref().err().or(together.as_ref().err()).cloned();
        OfDevice { device: *device, alone: alone.ok(), together: together.ok(), failed }
    });
    let devices: Vec<OfDevice> = devices.collect();
    OfCase { name: case.name(), speedup: speedup(&devices), devices }
}

/// `None` if a device is missing.
fn speedup(devices: &[OfDevice]) -> Option<f64> {
    let alone: Option<Vec<f64>> = devices.iter().map(|one| one.alone).collect();
    let together: Option<Vec<f64>> = devices.iter().map(|one| one.together).collect();
    let (alone, together) = alone.zip(together)?;
    (!alone.is_empty()).then(|| alone.len() as f64 * median(&alone) / max(&together))
}

/// A line a case.
pub(crate) fn table(scaling: &Scaling) -> String {
    let line = |case: &OfCase| {
        let devices = case.devices.len();
        match (case.speedup, case.devices.iter().find_map(|one| one.failed.as_ref())) {
            (Some(speedup), _) => {
                format!("{}: {devices} GPUs do {speedup:.2} times as much as one\n", case.name)
            }
            (None, why) => {
                let why = why.map_or("nothing was measured", String::as_str);
                format!("{}: {devices} GPUs: not measured: {why}\n", case.name)
            }
        }
    };
    scaling.cases.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{OfDevice, speedup};

    #[test]
    fn the_slowest_says_when_all_are_done() {
        let check =
            |times: &[(Option<f64>, Option<f64>)], expected: Option<f64>| {
                let devices = times.iter().enumerate().map(|(device, (alone, together))| {
                    OfDevice { device, alone: *alone, together: *together, failed: None }
                });
                assert_eq!(speedup(&devices.collect::<Vec<_>>()), expected);
            };
        check(&[(Some(10.0), Some(10.0)), (Some(10.0), Some(10.0))], Some(2.0));
        check(&[(Some(10.0), Some(10.0)), (Some(10.0), Some(20.0))], Some(1.0));
        check(&[(Some(10.0), Some(10.0)), (Some(10.0), None)], None);
        check(&[], None);
    }
}
