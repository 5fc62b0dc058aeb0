//! What a problem costs at the least: operations, exponentials and bytes, counted exactly.

use super::pattern::Mask;
use super::problem::Problem;

/// The least that any implementation has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Cost {
    /// Pairs of a query and a key that it sees, a pair once for each pattern that has it.
    pub pairs: u64,
    /// Floating-point operations of the two products of matrices, forward.
    pub forward_flops: u64,
    /// The same of the five products, backward.
    pub backward_flops: u64,
    /// Exponentials, forward.
    pub exponentials: u64,
    /// Bytes of device memory forward: queries, keys and values read once, the output and the
    /// log-sum-exp written once.
    pub forward_bytes: u64,
    /// Bytes of device memory backward: those of forward read, with the output's gradient; the
    /// gradients of queries, keys and values written.
    pub backward_bytes: u64,
}

/// A multiplication and an addition.
const FLOPS: u64 = 2;

/// Bytes of a log-sum-exp.
const LSE: u64 = 4;

impl Problem {
    /// The least that any implementation has to do.
    pub fn cost(&self) -> Cost {
        let pairs = self.pairs();
        let rows = self.shape().rows();
        let tensor = self.shape().elements() * self.element().bytes();
        let product = FLOPS * pairs * u64::from(self.shape().head_dim);
        Cost {
            pairs,
            forward_flops: 2 * product,
            backward_flops: 5 * product,
            exponentials: pairs,
            forward_bytes: 4 * tensor + LSE * rows,
            backward_bytes: 8 * tensor + LSE * rows,
        }
    }

    fn pairs(&self) -> u64 {
        let mut pairs = 0;
        for (_, head, length) in self.sequences() {
            for index in 0..self.patterns().len() {
                for members in self.segments(index, head, length) {
                    let count = u64::from(members.count);
                    pairs += match self.mask() {
                        Mask::Full => count * count,
                        Mask::Causal => count * (count + 1) / 2,
                    };
                }
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use crate::attention::{Element, HeadRule, Mask, Pattern, Problem, Shape};

    fn seed(seq_len: u32) -> Problem {
        let shape = Shape { batch: 1, seq_len, heads: 8, head_dim: 64 };
        let patterns = [(seq_len / 4, 1), (seq_len / 2, 2), (seq_len, 4)];
        let patterns = patterns.map(|(w, r)| Pattern::new(w, r).unwrap());
        Problem::of(shape, patterns).build().unwrap()
    }

    #[test]
    fn the_specified_suite_costs_what_the_formula_says() {
        // 4 N d H sum(w / r^2) operations for the rules in which every head has every pattern.
        let check = |seq_len: u32, flops: u64, bytes: u64| {
            let n = u64::from(seq_len);
            let cost = seed(seq_len).cost();
            assert_eq!(cost.forward_flops, 896 * n * n);
            assert_eq!((cost.forward_flops, cost.forward_bytes), (flops, bytes));
            assert_eq!(cost.backward_flops * 2, cost.forward_flops * 5);
        };
        check(2_048, 3_758_096_384, 8_454_144);
        check(4_096, 15_032_385_536, 16_908_288);
        check(8_192, 60_129_542_144, 33_816_576);
    }

    #[test]
    fn one_pattern_a_head_costs_less() {
        let all = seed(2_048);
        let one = Problem::of(all.shape(), all.patterns()).head_rule(HeadRule::OnePattern);
        // Three heads at w / r^2 = N / 4, three at N / 8, two at N / 16.
        assert_eq!(one.build().unwrap().cost().forward_flops, 320 * 2_048 * 2_048);
    }

    #[test]
    fn a_causal_mask_leaves_half_and_the_diagonal() {
        let shape = Shape { batch: 1, seq_len: 10, heads: 1, head_dim: 8 };
        let problem = Problem::of(shape, [Pattern::new(10, 1).unwrap()]);
        let causal = problem.clone().mask(Mask::Causal).build().unwrap();
        assert_eq!(causal.cost().pairs, 55);
        let ragged = problem.lengths([7]).element(Element::F32).build().unwrap();
        assert_eq!(ragged.cost().pairs, 49);
        assert_eq!(ragged.cost().forward_bytes, 4 * 10 * 8 * 4 + 10 * 4);
    }
}
