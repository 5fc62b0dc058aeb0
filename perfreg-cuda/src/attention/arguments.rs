//! The argument block of the kernels, byte for byte as `kernels/types.cuh` declares it.

use super::pattern::HeadRule;
use super::plan::Plan;
use super::problem::{MOST_PATTERNS, Problem};

/// An address on a device; 0 stands for none.
pub type Address = u64;

/// Where the tensors of a launch lie on a device. Backward wants all of them; forward the first
/// five.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Addresses {
    /// The queries.
    pub queries: Address,
    /// The keys.
    pub keys: Address,
    /// The values.
    pub values: Address,
    /// The output.
    pub output: Address,
    /// The log-sum-exp, f32.
    pub lse: Address,
    /// The positions in use of each sequence, u32; 0 if all are.
    pub lengths: Address,
    /// The gradient of the output.
    pub upstream: Address,
    /// The gradients of the queries.
    pub query_gradients: Address,
    /// The gradients of the keys.
    pub key_gradients: Address,
    /// The gradients of the values.
    pub value_gradients: Address,
    /// What the first pass leaves to the second: an f32 a pattern and row.
    pub deltas: Address,
}

/// Bytes of the block.
pub const ARGUMENT_BYTES: usize = 11 * 8 + 6 * 4 + MOST_PATTERNS * (3 * 4 + 2 * 4);

/// The block for a launch.
#[expect(clippy::missing_panics_doc, reason = "a problem has at most 8 patterns")]
pub fn arguments(problem: &Problem, plan: &Plan, at: &Addresses) -> [u8; ARGUMENT_BYTES] {
    let mut block = Block { bytes: Vec::with_capacity(ARGUMENT_BYTES) };
    for address in [at.queries, at.keys, at.values, at.output, at.lse, at.lengths] {
        block.wide(address);
    }
    let gradients = [at.query_gradients, at.key_gradients, at.value_gradients];
    for address in [&[at.upstream][..], &gradients, &[at.deltas]].concat() {
        block.wide(address);
    }
    let shape = problem.shape();
    let patterns = u32::try_from(problem.patterns().len()).expect("at most 8");
    for number in [shape.batch, shape.seq_len, shape.heads, patterns, rule(problem.head_rule())] {
        block.number(number);
    }
    block.number(problem.scale().to_bits());
    block.groups(problem.patterns().iter().enumerate().map(|(index, pattern)| {
        let tiling = plan.tilings().get(index).or(plan.tilings().first());
        let common = tiling.map_or(1, |tiling| tiling.common_with(*pattern));
        // A longer segment means the same, and could overflow where its end is computed.
        [pattern.segment().min(shape.seq_len), pattern.dilation(), common]
    }));
    block.groups(plan.tilings().iter().map(|tiling| [tiling.cell, tiling.period]));
    block.bytes.try_into().expect("as many bytes as the parts have")
}

fn rule(rule: HeadRule) -> u32 {
    match rule {
        HeadRule::Modulo => 0,
        HeadRule::Groups => 1,
        HeadRule::OnePattern => 2,
    }
}

struct Block {
    bytes: Vec<u8>,
}

impl Block {
    fn wide(&mut self, address: Address) {
        self.bytes.extend(address.to_le_bytes());
    }

    fn number(&mut self, number: u32) {
        self.bytes.extend(number.to_le_bytes());
    }

    /// As many groups as there is room for patterns; those past the end are zeros.
    fn groups<const N: usize>(&mut self, groups: impl Iterator<Item = [u32; N]>) {
        let rest = std::iter::repeat([0; N]);
        for group in groups.chain(rest).take(MOST_PATTERNS) {
            for number in group {
                self.number(number);
            }
        }
    }
}
