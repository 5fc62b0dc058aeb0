//! The kernels' kept PTX, executed by the interpreter, against the definition in `f64`.

use perfreg_cuda::attention::{
    ARGUMENT_BYTES, Element, HeadRule, Kernel, Mask, Mixing, Pattern, Plan, PortableTile, Problem,
    ProblemBuilder, Shape,
};

use proptest::prelude::*;

use super::kept::{kept_kernels, program};
use super::machine::{run_backward, run_forward};
use super::tensors::{Tensors, largest_difference, relative_error};

/// The relative error of 16-bit numbers that is left when all else is right.
pub(crate) const HALF: f64 = 3e-3;

/// The same of 32-bit numbers.
const SINGLE: f64 = 1e-5;

/// The largest difference of a log-sum-exp.
pub(crate) const LSE: f64 = 1e-5;

fn problem(shape: Shape, patterns: &[(u32, u32)]) -> ProblemBuilder {
    let patterns = patterns.iter().map(|(w, r)| Pattern::new(*w, *r).unwrap());
    Problem::of(shape, patterns.collect::<Vec<_>>())
}

/// Every head rule, both masks, full and ragged: shapes that fit tiles, and shapes that do not.
fn problems(element: Element, length: u32) -> Vec<Problem> {
    let even = Shape { batch: 1, seq_len: length, heads: 4, head_dim: 64 };
    let odd = Shape { batch: 2, seq_len: length / 8 * 5, heads: 6, head_dim: 64 };
    let mut problems = Vec::new();
    for rule in HeadRule::ALL {
        for mask in [Mask::Full, Mask::Causal] {
            let finish = |builder: ProblemBuilder| {
                builder.head_rule(rule).mask(mask).element(element).build().unwrap()
            };
            let dilated = [(length / 4, 1), (length / 2, 2), (length, 4)];
            problems.push(finish(problem(even, &dilated)));
            let ragged = problem(odd, &[(length / 13, 1), (length / 5, 2), (999, 3)]);
            let ragged = ragged.lengths([odd.seq_len, length / 4 + 7]);
            problems.push(finish(ragged));
        }
    }
    problems
}

#[track_caller]
fn check_forward(problem: &Problem, plan: &Plan, seed: u64, tolerance: f64) {
    let tensors = Tensors::random(problem, seed);
    let expected = tensors.expected(problem);
    let (found, counts) = run_forward(&program(plan.kernel()), problem, plan, &tensors)
        .unwrap_or_else(|fault| panic!("{fault}: {plan:?} {problem:?}"));
    let error = relative_error(&found.output, &expected.output);
    // What is no number is no less than anything.
    assert!(error <= tolerance, "relative error {error}: {plan:?} {problem:?}");
    let far = largest_difference(&found.lse, &expected.lse);
    assert!(far <= LSE, "log-sum-exp off by {far}: {plan:?} {problem:?}");
    assert_eq!(counts.tensor_flops, plan.tensor_flops(problem), "{plan:?} {problem:?}");
}

#[test]
fn portable_forward_is_what_the_definition_says() {
    for (seed, problem) in (1..).zip(problems(Element::Bf16, 256)) {
        for tile in [PortableTile::ALL[0], PortableTile::ALL[1]] {
            check_forward(&problem, &Plan::portable_with(&problem, tile).unwrap(), seed, HALF);
        }
    }
}

#[test]
fn portable_forward_has_wide_rows_and_other_types() {
    for mask in [Mask::Full, Mask::Causal] {
        let shape = Shape { batch: 1, seq_len: 200, heads: 2, head_dim: 128 };
        let wide = problem(shape, &[(64, 1), (128, 2)]).mask(mask).build().unwrap();
        for tile in [PortableTile::ALL[2], PortableTile::ALL[3]] {
            check_forward(&wide, &Plan::portable_with(&wide, tile).unwrap(), 31, HALF);
        }
    }
    let shape = Shape { batch: 1, seq_len: 200, heads: 2, head_dim: 64 };
    let f16 = problem(shape, &[(64, 1), (128, 2)]).element(Element::F16).build().unwrap();
    // Three more bits than bf16 has.
    check_forward(&f16, &Plan::portable_with(&f16, PortableTile::ALL[1]).unwrap(), 32, HALF / 8.0);
}

/// A row sees one block of the 200 that pass it, and the others leave what it has as it is.
#[test]
fn portable_forward_does_not_drift_over_blocks() {
    let shape = Shape { batch: 1, seq_len: 200, heads: 1, head_dim: 64 };
    let alone = problem(shape, &[(1, 1)]).build().unwrap();
    let plan = Plan::portable_with(&alone, PortableTile::ALL[0]).unwrap();
    let tensors = Tensors::random(&alone, 33);
    let (found, _) = run_forward(&program(plan.kernel()), &alone, &plan, &tensors).unwrap();
    let far = largest_difference(&found.lse, &tensors.expected(&alone).lse);
    assert!(far <= LSE / 10.0, "log-sum-exp off by {far}");
}

/// Any patterns, whether or not they divide each other, the sequence or the tiles.
fn any_problem() -> impl Strategy<Value = Problem> {
    let pattern = (1_u32..=6).prop_flat_map(|r| (r..=120, Just(r)));
    let patterns = prop::collection::vec(pattern, 1..=3);
    let rule = prop::sample::select(HeadRule::ALL.to_vec());
    let mask = prop::sample::select(vec![Mask::Full, Mask::Causal]);
    let sizes = (1_u32..=100, prop::sample::select(vec![3_u32, 6]), 1_u32..=100);
    (patterns, rule, mask, sizes).prop_filter_map(
        "heads divide into groups",
        |(patterns, rule, mask, (seq_len, heads, length))| {
            let shape = Shape { batch: 2, seq_len, heads, head_dim: 64 };
            let lengths = [seq_len, length.min(seq_len)];
            problem(shape, &patterns).head_rule(rule).mask(mask).lengths(lengths).build().ok()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn portable_forward_takes_any_patterns(problem in any_problem(), seed in 1_u64..1_000_000) {
        for tile in [PortableTile::ALL[0], PortableTile::ALL[1]] {
            check_forward(&problem, &Plan::portable_with(&problem, tile).unwrap(), seed, HALF);
        }
    }
}

#[test]
fn naive_forward_is_what_the_definition_says() {
    for (seed, problem) in (100..).zip(problems(Element::F32, 128)) {
        check_forward(&problem, &Plan::naive_forward(&problem).unwrap(), seed, SINGLE);
    }
    let shape = Shape { batch: 1, seq_len: 100, heads: 2, head_dim: 128 };
    let wide = problem(shape, &[(32, 1), (100, 3)]).element(Element::F32).mask(Mask::Causal);
    let wide = wide.build().unwrap();
    check_forward(&wide, &Plan::naive_forward(&wide).unwrap(), 120, SINGLE);
}

#[test]
fn naive_gradients_are_those_of_the_definition() {
    for (seed, problem) in (200..).zip(problems(Element::F32, 64)) {
        for mixing in [Mixing::Exact, Mixing::Detached] {
            let tensors = Tensors::random(&problem, seed);
            let forward = program(Plan::naive_forward(&problem).unwrap().kernel());
            let [queries, keys] = Plan::naive_backward(&problem, mixing).unwrap();
            let (queries, keys) = (program(queries.kernel()), program(keys.kernel()));
            let found = run_backward([&forward, &queries, &keys], &problem, mixing, &tensors);
            let found = found.unwrap_or_else(|fault| panic!("{fault}: {problem:?}"));
            let expected = tensors.expected_gradients(&problem, mixing);
            for (found, expected, name) in [
                (found.queries, expected.queries, "queries"),
                (found.keys, expected.keys, "keys"),
                (found.values, expected.values, "values"),
            ] {
                let error = relative_error(&found, &expected);
                assert!(error <= SINGLE, "{name} {mixing:?}: {error} {problem:?}");
            }
        }
    }
}

#[test]
fn the_argument_block_is_as_large_as_the_kernels_say() {
    for kernel in kept_kernels() {
        assert_eq!(program(kernel).argument_bytes(), ARGUMENT_BYTES, "{kernel}");
    }
}

/// Without a mask and with segments that fit, no operation is wasted; nothing is read or written
/// but what has to be.
#[test]
fn no_tensor_operation_is_wasted() {
    let shape = Shape { batch: 1, seq_len: 1_024, heads: 2, head_dim: 64 };
    let problem = problem(shape, &[(256, 1), (512, 2), (1_024, 4)]).build().unwrap();
    let plan = Plan::portable_with(&problem, PortableTile::ALL[1]).unwrap();
    let tensors = Tensors::random(&problem, 7);
    let program = program(Kernel::PortableForward {
        tile: PortableTile::ALL[1],
        mask: Mask::Full,
        element: Element::Bf16,
    });
    let (_, counts) = run_forward(&program, &problem, &plan, &tensors).unwrap();
    let cost = problem.cost();
    let wasted = counts.tensor_flops as f64 / cost.forward_flops as f64;
    assert!(wasted <= 1.05, "{wasted}");
    assert_eq!(counts.global_bytes_written, shape.elements() * 2 + shape.rows() * 4);
}
