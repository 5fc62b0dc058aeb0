//! What is measured: the specified suite, and the published configuration of long sequences. Pure.

use perfreg_core::fixtures::Random;
use perfreg_cuda::Result;
use perfreg_cuda::attention::{Element, Pattern, Problem, Shape};

/// Segments and dilations that grow together, as published.
const LONG: [(u32, u32); 5] = [(2_048, 1), (4_096, 2), (8_192, 4), (16_384, 6), (32_768, 12)];

/// A length and its patterns; one sequence, 8 heads of 64 numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case {
    pub(crate) seq_len: u32,
    pub(crate) patterns: Vec<(u32, u32)>,
    /// The module of `tests/on_device/suite.rs` whose tests measure it.
    pub(crate) test: &'static str,
}

impl Case {
    /// The case of this length, if there is one.
    pub(crate) fn of_length(seq_len: u32) -> Option<Self> {
        match seq_len {
            2_048 | 4_096 | 8_192 => Some(Self {
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
        .flat_map(|_| half::bf16::from_f32(2.0 * (unit() + unit() + unit() - 1.5)).to_le_bytes())
        .collect();
    block.iter().copied().cycle().take(2 * count).collect()
}

/// The same numbers in f32.
pub(crate) fn f32_of_bf16(bytes: &[u8]) -> Vec<u8> {
    let (numbers, _) = bytes.as_chunks::<2>();
    // The upper half of an f32 is the bf16.
    numbers.iter().flat_map(|[low, high]| [0, 0, *low, *high]).collect()
}
