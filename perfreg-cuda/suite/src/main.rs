//! The specified suite of dilated attention, for a machine with a GPU and without Rust: correctness
//! of every variant, the least that can be measured, ceilings, times cold and hot, and peers in turns.
//!
//! `perfreg-cuda/scripts/build` makes a folder of it to carry, and `run` there starts it.
#![expect(clippy::unwrap_used, reason = "the shared helpers of tests stop at the first surprise")]

mod baselines;
#[path = "../../tests/on_device/cases.rs"]
mod cases;
mod ceilings;
mod document;
mod launch;
mod merge;
mod options;
mod peers;
mod ratios;
mod rounds;
mod scaling;
mod table;
#[path = "../../tests/kernels/tensors.rs"]
mod tensors;
#[path = "../../tests/on_device/variants.rs"]
mod variants;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use document::Place;
use options::{Command, Devices, HELP};
use perfreg_cuda::device::Rank;

/// Every number is there, and every variant is right.
const FINE: u8 = 0;
/// A variant computes something else, or something could not be measured that has to be.
const WRONG: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;
/// There is no GPU that kernels can run on.
const NO_GPU: u8 = 4;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let code = match options::parse(&words) {
        Ok(Command::Help) => {
            print!("{HELP}");
            FINE
        }
        Ok(Command::Launch(job)) => answer(&job),
        Ok(Command::Run(options)) => run(&options),
        Ok(Command::Merge { out, reports }) => merge(&reports, &out),
        Err(wrong) => {
            eprintln!("error: {wrong}; --help tells what there is");
            USAGE
        }
    };
    ExitCode::from(code)
}

/// A launch in a process of its own: its answer goes to standard output.
fn answer(job: &launch::Job) -> u8 {
    match launch::measure(job) {
        Ok(launched) => {
            println!("{}", serde_json::to_string(&launched).expect("plain data"));
            FINE
        }
        Err(error) => {
            eprintln!("error: {error}");
            WRONG
        }
    }
}

/// The reports of a job as one.
fn merge(reports: &[PathBuf], out: &Path) -> u8 {
    match merge::run(reports, out) {
        Ok(merged) => {
            print!("{}", merge::table(&merged));
            if merged.is_right() { FINE } else { WRONG }
        }
        Err(error) => {
            eprintln!("error: {error}");
            WRONG
        }
    }
}

fn run(options: &options::Run) -> u8 {
    let options = match of_process(options) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return USAGE;
        }
    };
    if let Some(reason) = perfreg_cuda::unavailable() {
        eprintln!("nothing was measured: {reason}");
        return NO_GPU;
    }
    match on_devices(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            WRONG
        }
    }
}

/// The options with what is this process's own, if it is one of several.
fn of_process(options: &options::Run) -> Result<options::Run, String> {
    let rank = Rank::from_env().map_err(|error| error.to_string())?;
    if rank.world == 1 {
        return Ok(options.clone());
    }
    let device = match options.devices {
        Devices::All => {
            return Err(format!("--device: `all` is for one process, and here are {}", rank.world));
        }
        Devices::One => options.device,
        Devices::Own => rank.device_of(perfreg_cuda::Gpu::count()),
    };
    let out = options.out.join(format!("rank-{}", rank.rank));
    let rank = Some(Place { rank: rank.rank, world: rank.world });
    Ok(options::Run { device, out, rank, ..options.clone() })
}

/// One device, or a folder for each of them and what they do together.
fn on_devices(options: &options::Run) -> Result<u8, String> {
    let measured = |options: &options::Run| {
        let document = rounds::run(options)?;
        print!("{}", table::of(&document));
        Ok::<u8, String>(if document.is_right() { FINE } else { WRONG })
    };
    if options.devices != Devices::All {
        return measured(options);
    }
    let devices: Vec<usize> = (0..perfreg_cuda::Gpu::count()).collect();
    let mut code = FINE;
    for device in devices.iter().copied() {
        let out = options.out.join(format!("device-{device}"));
        code = code.max(measured(&options::Run { device, out, ..options.clone() })?);
    }
    if devices.len() > 1 {
        let scaling = scaling::measure(&devices, &options.cases, &options.out)?;
        print!("\n{}", scaling::table(&scaling));
    }
    Ok(code)
}
