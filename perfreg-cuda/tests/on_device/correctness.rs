//! Every variant on random numbers, new ones in each run, against the definition in `f64`.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use perfreg_cuda::attention::{DeviceLimits, Element, Kernel, Mixing, Plan};
use perfreg_cuda::{Gpu, Result};

use super::variants::{check, check_gradients, problems, small_problems, wide_problems};

/// The device, or a word about why there is none, past the runner, which captures `eprintln!`.
#[expect(clippy::explicit_write, reason = "the runner would capture `eprintln!`")]
fn device() -> Option<Gpu> {
    if let Some(reason) = perfreg_cuda::unavailable() {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        writeln!(std::io::stderr(), "skipped {name}: {reason}").unwrap();
        return None;
    }
    Some(Gpu::open(0).unwrap())
}

fn seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into()
}

/// Needs no device: what is planned for one.
#[test]
fn the_problems_take_every_kernel() {
    let h200 =
        DeviceLimits { capability: (9, 0), multiprocessors: 132, shared_bytes_of_block: 232_448 };
    let mut taken = BTreeSet::new();
    for element in [Element::Bf16, Element::F16] {
        for problem in problems(element).into_iter().chain(wide_problems(element)) {
            let plan = Plan::portable_forward(&problem, &h200).unwrap();
            taken.insert(plan.kernel().to_string());
        }
    }
    let all = Kernel::all().into_iter().filter(|kernel| kernel.entry() == "portable_forward");
    assert_eq!(taken, all.map(|kernel| kernel.to_string()).collect());
}

/// What takes no time, and so runs on a device that is emulated, too.
#[test]
fn small_problems_are_computed_as_the_definition_says() -> Result<()> {
    let Some(gpu) = device() else { return Ok(()) };
    for problem in [Element::Bf16, Element::F16, Element::F32].into_iter().flat_map(small_problems)
    {
        let checked = check(&gpu, &problem, seed())?;
        assert!(checked.is_right(), "{checked}");
        println!("RIGHT {}", checked.kernels.join(", "));
    }
    for problem in small_problems(Element::F32) {
        for mixing in [Mixing::Exact, Mixing::Detached] {
            let checked = check_gradients(&gpu, &problem, mixing, seed())?;
            assert!(checked.is_right(), "{checked}");
            println!("RIGHT {}", checked.kernels.join(", "));
        }
    }
    gpu.synchronize()
}

#[test]
fn every_variant_computes_what_the_definition_says() -> Result<()> {
    let Some(gpu) = device() else { return Ok(()) };
    for element in [Element::Bf16, Element::F16, Element::F32] {
        for problem in problems(element).into_iter().chain(wide_problems(element)) {
            let checked = check(&gpu, &problem, seed())?;
            assert!(checked.is_right(), "{checked}");
        }
    }
    gpu.synchronize()
}

#[test]
fn gradients_are_those_of_the_definition() -> Result<()> {
    let Some(gpu) = device() else { return Ok(()) };
    for problem in problems(Element::F32) {
        for mixing in [Mixing::Exact, Mixing::Detached] {
            let checked = check_gradients(&gpu, &problem, mixing, seed())?;
            assert!(checked.is_right(), "{checked}");
        }
    }
    gpu.synchronize()
}
