//! The specified suite: `b1_s2048_h8_d64` is 1 sequence of 2048 positions, 8 heads of 64 numbers;
//! segments of a quarter, a half and all of it, dilations 1, 2 and 4.

use perfreg_core::{Bencher, Direction, Unit, perf_regression};
use perfreg_cuda::attention::Implementation;
use perfreg_cuda::{BenchGpu, Gpu, Result, unavailable};

use super::cases::{Case, OnCpu, OnDevice};

/// What the command line of the suite takes, too.
const SEED: u64 = 1;

fn measure(b: Bencher, seq_len: u32, implementation: Implementation) -> Result<()> {
    let case = Case::of_length(seq_len).expect("the attributes name cases");
    let gpu = Gpu::open(0)?;
    let mut work = OnDevice::new(&gpu, &gpu.stream()?, (&case, implementation), SEED)?;
    b.bench_gpu(&gpu, |stream| work.launch(stream))?;
    Ok(())
}

/// The CPU is the device here; what is recorded stands beside the times of this GPU.
fn measure_on_cpu(b: &Bencher, seq_len: u32) -> Result<()> {
    let case = Case::of_length(seq_len).expect("the attributes name cases");
    b.on_gpu(Gpu::open(0)?.host_key());
    let work = OnCpu::new(&case, SEED)?;
    let samples = if b.is_measuring() { work.samples()? } else { vec![work.time()?] };
    b.record_samples("device_time", samples, Unit::Nanoseconds, Direction::LowerIsBetter);
    Ok(())
}

/// Tests of one module are implementations of one thing, which the page of comparisons shows side by side.
mod dilated_attention {
    use super::{
        Bencher, Implementation, Result, measure, measure_on_cpu, perf_regression, unavailable,
    };

    /// The definition in `f64`, of the one case that it takes no minutes for.
    #[perf_regression(
        baseline = "gt/attention.json",
        args = ["b1_s256_h8_d64" => 256],
        launches = 3,
        threshold = "20%",
        skip_if = unavailable,
    )]
    fn reference(b: Bencher, seq_len: u32) -> Result<()> {
        measure_on_cpu(&b, seq_len)
    }

    #[perf_regression(
        baseline = "gt/attention.json",
        args = [
            "b1_s256_h8_d64" => 256, "b1_s2048_h8_d64" => 2_048, "b1_s4096_h8_d64" => 4_096,
            "b1_s8192_h8_d64" => 8_192,
        ],
        skip_if = unavailable,
    )]
    fn portable(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, Implementation::Portable)
    }

    #[perf_regression(
        baseline = "gt/attention.json",
        args = [
            "b1_s256_h8_d64" => 256, "b1_s2048_h8_d64" => 2_048, "b1_s4096_h8_d64" => 4_096,
            "b1_s8192_h8_d64" => 8_192,
        ],
        launches = 3,
        skip_if = unavailable,
    )]
    fn naive(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, Implementation::Naive)
    }
}

mod long_attention {
    use super::{Bencher, Implementation, Result, measure, perf_regression, unavailable};

    #[perf_regression(
        baseline = "gt/attention.json",
        args = ["b1_s32768_h8_d64" => 32_768, "b1_s131072_h8_d64" => 131_072],
        launches = 3,
        skip_if = unavailable,
    )]
    fn portable(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, Implementation::Portable)
    }
}
