//! Problems and tensors that several tests use.

use super::pattern::{HeadRule, Mask, Pattern};
use super::problem::{Problem, Shape};
use super::reference::Inputs;

/// Small problems: every head rule, both masks, full and ragged, segments that divide and that do
/// not.
pub(crate) fn problems() -> Vec<Problem> {
    let even = [(8, 1), (16, 2), (32, 4)];
    let odd = [(7, 1), (12, 3), (99, 5)];
    let mut problems = Vec::new();
    for rule in HeadRule::ALL {
        for mask in [Mask::Full, Mask::Causal] {
            // Heads that divide into the groups of every dilation.
            for (patterns, heads) in [(even, 4), (odd, 15)] {
                let shape = Shape { batch: 2, seq_len: 32, heads, head_dim: 3 };
                let patterns = patterns.map(|(w, r)| Pattern::new(w, r).unwrap());
                let problem = Problem::of(shape, patterns).head_rule(rule).mask(mask);
                problems.push(problem.clone().build().unwrap());
                problems.push(problem.lengths([32, 19]).build().unwrap());
            }
        }
    }
    problems
}

/// Random queries, keys, values and gradients of an output.
#[derive(Clone, Debug)]
pub(crate) struct Tensors {
    tensors: [Vec<f64>; 3],
    pub(crate) upstream: Vec<f64>,
}

impl Tensors {
    /// Numbers between -1 and 1, the same for the same seed.
    pub(crate) fn random(problem: &Problem, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut tensor = || {
            let numbers = 0..problem.shape().elements();
            numbers.map(|_| signed_unit(&mut state)).collect::<Vec<_>>()
        };
        Self { tensors: [tensor(), tensor(), tensor()], upstream: tensor() }
    }

    pub(crate) fn inputs(&self) -> Inputs<'_> {
        let [queries, keys, values] = &self.tensors;
        Inputs { queries, keys, values }
    }

    pub(crate) fn tensor_mut(&mut self, which: usize) -> &mut Vec<f64> {
        &mut self.tensors[which]
    }
}

/// Xorshift, by Marsaglia (2003), with a multiplication.
fn signed_unit(state: &mut u64) -> f64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    bits as f64 / (1_u64 << 52) as f64 - 1.0
}
