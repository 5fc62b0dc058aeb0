//! The specified suite: `b1_s2048_h8_d64` is 1 sequence of 2048 positions, 8 heads of 64 numbers;
//! segments of a quarter, a half and all of it, dilations 1, 2 and 4.

use perfreg_core::{Bencher, perf_regression};
use perfreg_cuda::attention::{
    Element, Forward, ForwardTensors, Implementation, Pattern, Problem, Shape,
};
use perfreg_cuda::{BenchGpu, Gpu, Result, unavailable};

use super::tensors::{Tensors, encode};

/// The published configuration: segments and dilations that grow together.
const LONG: [(u32, u32); 5] = [(2_048, 1), (4_096, 2), (8_192, 4), (16_384, 6), (32_768, 12)];

fn suite(seq_len: u32) -> Vec<(u32, u32)> {
    vec![(seq_len / 4, 1), (seq_len / 2, 2), (seq_len, 4)]
}

fn measure(
    b: Bencher,
    seq_len: u32,
    patterns: &[(u32, u32)],
    (implementation, element): (Implementation, Element),
) -> Result<()> {
    let shape = Shape { batch: 1, seq_len, heads: 8, head_dim: 64 };
    let patterns = patterns.iter().map(|(w, r)| Pattern::new(*w, *r));
    let patterns = patterns.collect::<Result<Vec<_>>>()?;
    let problem = Problem::of(shape, patterns).element(element).build()?;
    let gpu = Gpu::open(0)?;
    let stream = gpu.stream()?;
    // Zeros would be multiplied faster than real numbers are.
    let tensors = Tensors::random(&problem, 1);
    let filled = |numbers: &[f64]| {
        let mut tensor = gpu.tensor(&stream, &problem)?;
        tensor.upload(&stream, &encode(element, numbers))?;
        Ok::<_, perfreg_cuda::Error>(tensor)
    };
    let (queries, keys) = (filled(&tensors.queries)?, filled(&tensors.keys)?);
    let values = filled(&tensors.values)?;
    let (mut output, mut lse) =
        (gpu.tensor(&stream, &problem)?, gpu.lse_tensor(&stream, &problem)?);
    let forward = Forward::new(&gpu, &problem, implementation)?;
    b.bench_gpu(&gpu, |stream| {
        let (output, lse) = (&mut output, &mut lse);
        let (queries, keys, values) = (&queries, &keys, &values);
        forward.launch(stream, &mut ForwardTensors { queries, keys, values, output, lse })
    })?;
    Ok(())
}

/// Tests of one module are implementations of one thing, which the page of comparisons shows side by side.
mod dilated_attention {
    use super::{
        Bencher, Element, Implementation, Result, measure, perf_regression, suite, unavailable,
    };

    #[perf_regression(
        baseline = "gt/attention.json",
        args = ["b1_s2048_h8_d64" => 2_048, "b1_s4096_h8_d64" => 4_096, "b1_s8192_h8_d64" => 8_192],
        skip_if = unavailable,
    )]
    fn portable(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, &suite(seq_len), (Implementation::Portable, Element::Bf16))
    }

    #[perf_regression(
        baseline = "gt/attention.json",
        args = ["b1_s2048_h8_d64" => 2_048, "b1_s4096_h8_d64" => 4_096, "b1_s8192_h8_d64" => 8_192],
        launches = 3,
        skip_if = unavailable,
    )]
    fn naive(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, &suite(seq_len), (Implementation::Naive, Element::F32))
    }
}

mod long_attention {
    use super::{
        Bencher, Element, Implementation, LONG, Result, measure, perf_regression, unavailable,
    };

    #[perf_regression(
        baseline = "gt/attention.json",
        args = ["b1_s32768_h8_d64" => 32_768, "b1_s131072_h8_d64" => 131_072],
        launches = 3,
        skip_if = unavailable,
    )]
    fn portable(b: Bencher, seq_len: u32) -> Result<()> {
        measure(b, seq_len, &LONG, (Implementation::Portable, Element::Bf16))
    }
}
