//! A GPU performance-regression test without a GPU: what the kernels take of a device, exactly.
//!
//! The numbers depend on the compiler to its last digit, so each has a baseline of its own.

#![expect(clippy::needless_pass_by_value, reason = "a Bencher is taken by value")]

use std::fmt;

use perfreg_core::{Bencher, Direction, Unit, perf_regression};
use perfreg_cuda::Result;
use perfreg_cuda::attention::{Element, Kernel, Mask, Mixing};
use perfreg_cuda::cubin::Resources;
use perfreg_cuda::nvrtc::{Architecture, Compiler};

/// Why the numbers of this compiler cannot be compared here.
fn not_nvrtc_13_0_88() -> Option<String> {
    const KNOWN: &str = "13.0.88";
    let build = match Compiler::find().and_then(Compiler::build) {
        Ok(build) => build,
        Err(reason) => return Some(reason.to_string()),
    };
    (build != KNOWN).then(|| format!("the baseline is of NVRTC {KNOWN}, here is {build}"))
}

/// The kernels of one mask, element and mixing; the others differ in a comparison or a conversion.
fn kernels() -> impl Iterator<Item = Kernel> {
    Kernel::all().into_iter().filter(|kernel| match kernel {
        Kernel::PortableForward { element, .. } => *element == Element::Bf16,
        Kernel::NaiveForward { mask, .. } => *mask == Mask::Full,
        Kernel::NaiveBackwardQueries { mask, mixing, .. }
        | Kernel::NaiveBackwardKeys { mask, mixing, .. } => {
            (*mask, *mixing) == (Mask::Full, Mixing::Exact)
        }
        _ => false,
    })
}

#[perf_regression(
    baseline = "gt/static/nvrtc-13.0.88.json",
    args = [
        Architecture::Sm80, Architecture::Sm86, Architecture::Sm89,
        Architecture::Sm90a, Architecture::Sm100a, Architecture::Sm120a,
    ],
    launches = 3,
    skip_if = not_nvrtc_13_0_88,
)]
fn resources(b: Bencher, architecture: Architecture) -> Result<()> {
    let compiler = Compiler::find()?;
    for kernel in kernels() {
        let taken = Resources::of(&kernel.compile(compiler, architecture)?, kernel.entry())?;
        let record = |what: &dyn fmt::Display, value: u32, unit| {
            let name = format!("{kernel}: {what}");
            b.record(&name, value.into(), unit, Direction::LowerIsBetter);
        };
        record(&"registers", taken.registers, Unit::Count);
        record(&"spilled", taken.spill_bytes, Unit::Bytes);
        record(&"shared", taken.shared_bytes + kernel.shared_bytes(), Unit::Bytes);
        record(&"code", taken.code_bytes, Unit::Bytes);
        record(&"warnings", taken.warnings, Unit::Count);
    }
    Ok(())
}
