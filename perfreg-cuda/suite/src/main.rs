//! The specified suite of dilated attention, for a machine with a GPU and without Rust: correctness
//! of every variant, the least that can be measured, ceilings, times cold and hot, and peers in turns.
//!
//! `perfreg-cuda/scripts/build` makes a folder of it to carry, and `run` there starts it.
#![expect(clippy::unwrap_used, reason = "the shared helpers of tests stop at the first surprise")]

mod baselines;
mod cases;
mod ceilings;
mod document;
mod launch;
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

use std::process::ExitCode;

use options::{Command, Devices, HELP};

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

fn run(options: &options::Run) -> u8 {
    if let Some(reason) = perfreg_cuda::unavailable() {
        eprintln!("nothing was measured: {reason}");
        return NO_GPU;
    }
    match on_devices(options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            WRONG
        }
    }
}

/// One device, or a folder for each of them and what they do together.
fn on_devices(options: &options::Run) -> Result<u8, String> {
    let measured = |options: &options::Run| {
        let document = rounds::run(options)?;
        print!("{}", table::of(&document));
        Ok::<u8, String>(if document.is_right() { FINE } else { WRONG })
    };
    if options.devices == Devices::One {
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
