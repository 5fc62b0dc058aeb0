//! What is measured: the specified suite, and the published configuration of long sequences.

use std::hint::black_box;
use std::time::{Duration, Instant};

use half::bf16;
use perfreg_core::fixtures::Random;
use perfreg_cuda::attention::{
    Element, Forward, ForwardTensors, Implementation, Inputs, Pattern, Problem, Shape, forward,
};
use perfreg_cuda::device::{Stream, Tensor};
use perfreg_cuda::{Gpu, Result};

/// Segments and dilations that grow together, as published.
const LONG: [(u32, u32); 5] = [(2_048, 1), (4_096, 2), (8_192, 4), (16_384, 6), (32_768, 12)];

/// A length and its patterns; one sequence, 8 heads of 64 numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case {
    pub(crate) seq_len: u32,
    pub(crate) patterns: Vec<(u32, u32)>,
    /// The module of `suite.rs` whose tests measure it.
    pub(crate) test: &'static str,
}

impl Case {
    /// The length of the case that is short enough for the definition on the CPU.
    pub(crate) const SHORT: u32 = 256;

    /// The lengths that there are.
    pub(crate) const LENGTHS: [u32; 7] =
        [Self::SHORT, 2_048, 4_096, 8_192, 32_768, 131_072, 1_048_576];

    /// The case of this length, if there is one.
    pub(crate) fn of_length(seq_len: u32) -> Option<Self> {
        match seq_len {
            Self::SHORT | 2_048 | 4_096 | 8_192 => Some(Self {
                seq_len,
                patterns: vec![(seq_len / 4, 1), (seq_len / 2, 2), (seq_len, 4)],
                test: "dilated_attention",
            }),
            32_768 | 131_072 | 1_048_576 => {
                Some(Self { seq_len, patterns: LONG.to_vec(), test: "long_attention" })
            }
            _ => None,
        }
    }

    /// The case of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::LENGTHS.into_iter().filter_map(Self::of_length).find(|case| case.name() == name)
    }

    /// The name in baselines, such as `b1_s2048_h8_d64`.
    pub(crate) fn name(&self) -> String {
        format!("b1_s{}_h8_d64", self.seq_len)
    }

    /// The problem, of numbers of this type.
    pub(crate) fn problem(&self, element: Element) -> Result<Problem> {
        let shape = Shape { batch: 1, seq_len: self.seq_len, heads: 8, head_dim: 64 };
        let patterns = self.patterns.iter().map(|(w, r)| Pattern::new(*w, *r));
        Problem::of(shape, patterns.collect::<Result<Vec<_>>>()?).element(element).build()
    }

    /// The bf16 numbers of queries (0), keys (1) or values (2), as bytes.
    pub(crate) fn bf16(&self, seed: u64, tensor: u64) -> Vec<u8> {
        random_bf16(self.seq_len as usize * 8 * 64, seed * 4 + tensor)
    }
}

/// Roughly normal numbers as bytes, the same for the same seed; many repeat after 8 MiB.
pub(crate) fn random_bf16(count: usize, seed: u64) -> Vec<u8> {
    const BLOCK: usize = 1 << 22;
    let mut random = Random::new(seed);
    let mut unit = || (random.draw() >> 40) as f32 / (1_u32 << 24) as f32;
    let block: Vec<u8> = (0..count.min(BLOCK))
        // Three of them, less their mean, twice as wide: mean 0, deviation 1.
        .flat_map(|_| bf16::from_f32(2.0 * (unit() + unit() + unit() - 1.5)).to_le_bytes())
        .collect();
    block.iter().copied().cycle().take(2 * count).collect()
}

/// The same numbers in f32.
fn f32_of_bf16(bytes: &[u8]) -> Vec<u8> {
    let (numbers, _) = bytes.as_chunks::<2>();
    // The upper half of an f32 is the bf16.
    numbers.iter().flat_map(|[low, high]| [0, 0, *low, *high]).collect()
}

/// A case on a device: its numbers, and the kernel for them.
pub(crate) struct OnDevice {
    inputs: [Tensor; 3],
    pub(crate) output: Tensor,
    lse: Tensor,
    forward: Forward,
}

impl OnDevice {
    /// Numbers by the seed: bf16, which the plain kernel has in f32.
    pub(crate) fn new(
        gpu: &Gpu,
        stream: &Stream,
        (case, implementation): (&Case, Implementation),
        seed: u64,
    ) -> Result<Self> {
        let element = match implementation {
            Implementation::Naive => Element::F32,
            _ => Element::Bf16,
        };
        let problem = case.problem(element)?;
        let input = |number| {
            let mut tensor = gpu.tensor(stream, &problem)?;
            let bf16 = case.bf16(seed, number);
            let bytes = if element == Element::F32 { f32_of_bf16(&bf16) } else { bf16 };
            tensor.upload(stream, &bytes)?;
            Ok::<_, perfreg_cuda::Error>(tensor)
        };
        Ok(Self {
            inputs: [input(0)?, input(1)?, input(2)?],
            output: gpu.tensor(stream, &problem)?,
            lse: gpu.lse_tensor(stream, &problem)?,
            forward: Forward::new(gpu, &problem, implementation)?,
        })
    }

    /// Hands one call over.
    pub(crate) fn launch(&mut self, stream: &Stream) -> Result<()> {
        let Self { inputs: [queries, keys, values], output, lse, forward } = self;
        forward.launch(stream, &mut ForwardTensors { queries, keys, values, output, lse })
    }
}

/// A case on the CPU: the definition in f64.
pub(crate) struct OnCpu {
    problem: Problem,
    inputs: [Vec<f64>; 3],
}

impl OnCpu {
    /// The numbers that a device has for this seed.
    pub(crate) fn new(case: &Case, seed: u64) -> Result<Self> {
        let input = |number| {
            let bytes = case.bf16(seed, number);
            let (numbers, _) = bytes.as_chunks::<2>();
            numbers.iter().map(|bytes| bf16::from_le_bytes(*bytes).to_f64()).collect()
        };
        Ok(Self { problem: case.problem(Element::F32)?, inputs: [0, 1, 2].map(input) })
    }

    /// The wall times of three calls, or of ten if they fit into a second.
    pub(crate) fn samples(&self) -> Result<Vec<f64>> {
        let began = Instant::now();
        let mut samples = Vec::new();
        while samples.len() < 3 || samples.len() < 10 && began.elapsed() < Duration::from_secs(1) {
            samples.push(self.time()?);
        }
        Ok(samples)
    }

    /// The wall time of one call, in nanoseconds.
    pub(crate) fn time(&self) -> Result<f64> {
        let [queries, keys, values] = &self.inputs;
        let began = Instant::now();
        black_box(forward(&self.problem, Inputs { queries, keys, values })?);
        Ok(began.elapsed().as_nanos() as f64)
    }
}
