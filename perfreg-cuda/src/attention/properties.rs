//! What holds of dilated attention whatever the numbers, checked on the reference.

use proptest::prelude::*;

use super::pattern::{HeadRule, Mask, Pattern};
use super::problem::{Problem, Shape};
use super::reference::{Inputs, Output, forward};
use super::testing::Tensors;

/// Any problem, small enough to compute by hand.
fn any_problem() -> impl Strategy<Value = Problem> {
    let pattern = (1_u32..=5).prop_flat_map(|r| (r..=24, Just(r)));
    let patterns = prop::collection::vec(pattern, 1..=4);
    let rule = prop::sample::select(HeadRule::ALL.to_vec());
    let mask = prop::sample::select(vec![Mask::Full, Mask::Causal]);
    // 60 heads would divide into groups for every dilation; fewer keep the test short.
    (patterns, rule, mask, (1_u32..=2, 1_u32..=20, 4_u32..=12), any::<bool>()).prop_filter_map(
        "heads divide into groups",
        |(patterns, rule, mask, (batch, seq_len, heads), ragged)| {
            let shape = Shape { batch, seq_len, heads, head_dim: 2 };
            let patterns = patterns.into_iter().map(|(w, r)| Pattern::new(w, r).unwrap());
            let builder = Problem::of(shape, patterns.collect::<Vec<_>>()).head_rule(rule);
            let lengths = (0..batch).map(|at| (seq_len / (at + 1)).max(1));
            let builder =
                if ragged { builder.lengths(lengths.collect::<Vec<_>>()) } else { builder };
            builder.mask(mask).build().ok()
        },
    )
}

/// One softmax over the keys of all patterns together, a key once for each pattern that has it.
fn union_softmax(problem: &Problem, inputs: Inputs<'_>) -> Output {
    let shape = problem.shape();
    let dim = shape.head_dim as usize;
    let mut found = Output {
        output: vec![0.0; inputs.queries.len()],
        lse: vec![f64::NEG_INFINITY; inputs.queries.len() / dim],
    };
    for (batch, head, length) in problem.sequences() {
        for position in 0..length {
            let query = shape.row(batch, position, head);
            let (mut total, mut sum) = (0.0, vec![0.0; dim]);
            for index in 0..problem.patterns().len() {
                for members in problem.segments(index, head, length) {
                    let seen = |key: &u32| problem.mask() == Mask::Full || *key <= position;
                    let keys = members.positions().filter(|_| members.contains(position));
                    for key in keys.filter(seen) {
                        let key = shape.row(batch, key, head);
                        let score: f64 = (0..dim)
                            .map(|d| inputs.queries[query * dim + d] * inputs.keys[key * dim + d])
                            .sum();
                        let weight = (f64::from(problem.scale()) * score).exp();
                        total += weight;
                        for (d, sum) in sum.iter_mut().enumerate() {
                            *sum += weight * inputs.values[key * dim + d];
                        }
                    }
                }
            }
            if total > 0.0 {
                found.lse[shape.lse_index(batch, position, head)] = total.ln();
                for (d, sum) in sum.into_iter().enumerate() {
                    found.output[query * dim + d] = sum / total;
                }
            }
        }
    }
    found
}

fn assert_close(found: &[f64], expected: &[f64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        // Both minus infinity: equal, and their difference is no number.
        prop_assert!(found == expected || (found - expected).abs() < 1e-12, "{found} {expected}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn mixing_by_denominators_is_one_softmax_over_all_keys(problem in any_problem(), seed in 1_u64..) {
        let tensors = Tensors::random(&problem, seed);
        let found = forward(&problem, tensors.inputs()).unwrap();
        let expected = union_softmax(&problem, tensors.inputs());
        assert_close(&found.output, &expected.output)?;
        assert_close(&found.lse, &expected.lse)?;
    }

    #[test]
    fn the_order_of_patterns_does_not_matter(problem in any_problem(), seed in 1_u64..) {
        prop_assume!(problem.head_rule() != HeadRule::OnePattern);
        let tensors = Tensors::random(&problem, seed);
        let mut patterns = problem.patterns().to_vec();
        patterns.reverse();
        let mut reversed = Problem::of(problem.shape(), patterns)
            .head_rule(problem.head_rule())
            .mask(problem.mask());
        if let Some(lengths) = problem.lengths() {
            reversed = reversed.lengths(lengths);
        }
        let found = forward(&reversed.build().unwrap(), tensors.inputs()).unwrap();
        let expected = forward(&problem, tensors.inputs()).unwrap();
        assert_close(&found.output, &expected.output)?;
        assert_close(&found.lse, &expected.lse)?;
    }

    #[test]
    fn the_order_of_keys_does_not_matter_without_a_mask(problem in any_problem(), seed in 1_u64..) {
        // One segment of every position: all see all, so keys may change places with their values.
        let shape = Shape { batch: 1, ..problem.shape() };
        let plain = Problem::of(shape, [Pattern::new(shape.seq_len, 1).unwrap()]).build().unwrap();
        let mut tensors = Tensors::random(&plain, seed);
        let before = forward(&plain, tensors.inputs()).unwrap();
        let row = (shape.heads * shape.head_dim) as usize;
        for which in [1, 2] {
            tensors.tensor_mut(which).rotate_left(row * (shape.seq_len / 3) as usize);
        }
        let after = forward(&plain, tensors.inputs()).unwrap();
        assert_close(&after.output, &before.output)?;
        assert_close(&after.lse, &before.lse)?;
    }

    #[test]
    fn the_same_value_everywhere_comes_out(problem in any_problem(), seed in 1_u64..) {
        let mut tensors = Tensors::random(&problem, seed);
        tensors.tensor_mut(2).fill(3.0);
        let found = forward(&problem, tensors.inputs()).unwrap();
        let shape = problem.shape();
        for (batch, head, length) in problem.sequences() {
            for position in 0..shape.seq_len {
                let row = shape.row(batch, position, head);
                let part = found.lse[shape.lse_index(batch, position, head)] > f64::NEG_INFINITY;
                prop_assert!(!part || position < length);
                let expected = if part { 3.0 } else { 0.0 };
                let dim = shape.head_dim as usize;
                assert_close(&found.output[row * dim..][..dim], &vec![expected; dim])?;
            }
        }
    }

    #[test]
    fn a_pattern_given_twice_adds_the_logarithm_of_two(problem in any_problem(), seed in 1_u64..) {
        prop_assume!(problem.head_rule() != HeadRule::OnePattern);
        let tensors = Tensors::random(&problem, seed);
        let twice = [problem.patterns(), problem.patterns()].concat();
        let mut twice = Problem::of(problem.shape(), twice)
            .head_rule(problem.head_rule())
            .mask(problem.mask());
        if let Some(lengths) = problem.lengths() {
            twice = twice.lengths(lengths);
        }
        let found = forward(&twice.build().unwrap(), tensors.inputs()).unwrap();
        let expected = forward(&problem, tensors.inputs()).unwrap();
        assert_close(&found.output, &expected.output)?;
        let more: Vec<_> = expected.lse.iter().map(|lse| lse + std::f64::consts::LN_2).collect();
        assert_close(&found.lse, &more)?;
    }
}
