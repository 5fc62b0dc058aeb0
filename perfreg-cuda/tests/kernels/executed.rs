//! What the kernels execute, counted by the interpreter, as metrics that any change moves.

use perfreg_core::{Bencher, Direction, Unit, perf_regression};
use perfreg_cuda::attention::{
    Element, HeadRule, Mask, Pattern, Plan, PortableTile, Problem, Shape,
};
use perfreg_ptx::Counts;

use super::kept::program;
use super::machine::run_forward;
use super::tensors::Tensors;

/// The specified suite's patterns: segments of a quarter, a half and all, dilations 1, 2 and 4.
fn suite(seq_len: u32, heads: u32, element: Element) -> Problem {
    let shape = Shape { batch: 1, seq_len, heads, head_dim: 64 };
    let patterns = [(seq_len / 4, 1), (seq_len / 2, 2), (seq_len, 4)];
    let patterns = patterns.map(|(w, r)| Pattern::new(w, r).unwrap());
    Problem::of(shape, patterns).element(element).build().unwrap()
}

fn with(problem: &Problem, rule: HeadRule, mask: Mask) -> Problem {
    let patterns = problem.patterns();
    let builder = Problem::of(problem.shape(), patterns).element(problem.element());
    builder.head_rule(rule).mask(mask).build().unwrap()
}

fn record(b: &Bencher, problem: &Problem, counts: Counts) {
    let record = |name, value: u64, unit| {
        b.record(name, value as f64, unit, Direction::LowerIsBetter);
    };
    record("executed_instructions", counts.instructions, Unit::Count);
    record("tensor_flops", counts.tensor_flops, Unit::Count);
    record("exponentials", counts.exponentials, Unit::Count);
    record("global_bytes_read", counts.global_bytes_read, Unit::Bytes);
    record("global_bytes_written", counts.global_bytes_written, Unit::Bytes);
    record("matrix_loads", counts.matrix_loads, Unit::Count);
    record("barriers", counts.barriers, Unit::Count);
    let needed = problem.cost().forward_flops as f64;
    let share = counts.tensor_flops as f64 / needed;
    b.record("tensor_flops_per_needed", share, Unit::Dimensionless, Direction::LowerIsBetter);
}

#[perf_regression(
    baseline = "gt/executed.json",
    args = [
        "b1_s1024_h2_d64" => (HeadRule::Modulo, Mask::Full),
        "b1_s1024_h2_d64_causal" => (HeadRule::Modulo, Mask::Causal),
        "b1_s1024_h4_d64_one_pattern" => (HeadRule::OnePattern, Mask::Full),
    ],
    launches = 3,
)]
fn portable_forward(b: Bencher, (rule, mask): (HeadRule, Mask)) {
    let heads = if rule == HeadRule::OnePattern { 4 } else { 2 };
    let problem = with(&suite(1_024, heads, Element::Bf16), rule, mask);
    let plan = Plan::portable_with(&problem, PortableTile::ALL[1]).unwrap();
    let tensors = Tensors::random(&problem, 7);
    let (_, counts) = run_forward(&program(plan.kernel()), &problem, &plan, &tensors).unwrap();
    record(&b, &problem, counts);
}

#[perf_regression(
    baseline = "gt/executed.json",
    args = ["b1_s256_h2_d64" => Mask::Full, "b1_s256_h2_d64_causal" => Mask::Causal],
    launches = 3,
)]
fn naive_forward(b: Bencher, mask: Mask) {
    let problem = with(&suite(256, 2, Element::F32), HeadRule::Modulo, mask);
    let plan = Plan::naive_forward(&problem).unwrap();
    let tensors = Tensors::random(&problem, 7);
    let (_, counts) = run_forward(&program(plan.kernel()), &problem, &plan, &tensors).unwrap();
    record(&b, &problem, counts);
}
