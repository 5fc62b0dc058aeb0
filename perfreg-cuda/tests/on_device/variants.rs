//! Every variant of attention on random numbers, held to the definition in `f64`.

use std::fmt;

use perfreg_cuda::attention::{
    Backward, BackwardTensors, Element, Forward, ForwardTensors, HeadRule, Implementation, Kernel,
    Mask, Mixing, Pattern, Problem, Shape,
};
use perfreg_cuda::device::{Stream, Tensor};
use perfreg_cuda::{Gpu, Result};
use serde::Serialize;

use super::tensors::{Tensors, decode, encode, largest_difference, relative_error};

/// Off by more than this a log-sum-exp is wrong.
pub(crate) const LSE_TOLERANCE: f64 = 1e-5;

/// A variant that was run.
#[derive(Serialize)]
pub(crate) struct Checked {
    /// The kernels that did it, by name.
    pub(crate) kernels: Vec<String>,
    /// The problem, in words.
    pub(crate) problem: String,
    pub(crate) seed: u64,
    /// The norm of the output's error as a share of the output's, or of the worst gradient's; no number
    /// if one was computed.
    pub(crate) output_error: f64,
    /// How much the output's may be.
    pub(crate) tolerance: f64,
    /// The largest error of a log-sum-exp.
    pub(crate) lse_error: f64,
}

impl Checked {
    /// Whether it computes what the definition says. What is no number is no less than anything.
    pub(crate) fn is_right(&self) -> bool {
        self.output_error <= self.tolerance && self.lse_error <= LSE_TOLERANCE
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernels, problem, seed, output_error, lse_error, .. } = self;
        let kernels = kernels.join(", ");
        write!(f, "{kernels}: off by {output_error:.1e}, log-sum-exp by {lse_error:.1e}: ")?;
        write!(f, "seed {seed}, {problem}")
    }
}

/// How a type is computed, and how far off it may be.
pub(crate) fn tolerance(element: Element) -> (Implementation, f64) {
    match element {
        Element::Bf16 => (Implementation::Portable, 3e-3),
        Element::F16 => (Implementation::Portable, 4e-4),
        Element::F32 => (Implementation::Naive, 1e-5),
    }
}

/// Every rule, mask and row size; shapes that fit tiles and shapes that do not.
pub(crate) fn problems(element: Element) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in HeadRule::ALL {
        for mask in [Mask::Full, Mask::Causal] {
            for head_dim in [64, 128] {
                let even = Shape { batch: 1, seq_len: 1_024, heads: 4, head_dim };
                let odd = Shape { batch: 2, seq_len: 777, heads: 6, head_dim };
                let patterns =
                    |patterns: [(u32, u32); 3]| patterns.map(|(w, r)| Pattern::new(w, r).unwrap());
                let finish = |builder: perfreg_cuda::attention::ProblemBuilder| {
                    builder.head_rule(rule).mask(mask).element(element).build().unwrap()
                };
                let dilated = patterns([(256, 1), (512, 2), (1_024, 4)]);
                problems.push(finish(Problem::of(even, dilated)));
                let uneven = patterns([(100, 1), (250, 2), (9_999, 3)]);
                problems.push(finish(Problem::of(odd, uneven).lengths([777, 301])));
            }
        }
    }
    problems
}

/// Small, and everything divides everything.
fn small_problem(element: Element) -> Problem {
    let shape = Shape { batch: 1, seq_len: 128, heads: 2, head_dim: 64 };
    let patterns = [(64, 1), (128, 2)].map(|(w, r)| Pattern::new(w, r).unwrap());
    Problem::of(shape, patterns).element(element).build().unwrap()
}

/// Those that take no time.
pub(crate) fn small_problems(element: Element) -> Vec<Problem> {
    vec![small_problem(element), ragged_problem(element)]
}

/// As small, and nothing divides anything.
fn ragged_problem(element: Element) -> Problem {
    let shape = Shape { batch: 2, seq_len: 90, heads: 3, head_dim: 128 };
    let patterns = [(20, 1), (50, 3)].map(|(w, r)| Pattern::new(w, r).unwrap());
    let builder = Problem::of(shape, patterns).lengths([90, 41]).mask(Mask::Causal);
    builder.element(element).build().unwrap()
}

/// Sequences so many that the planner takes its largest tiles; none of f32, which has one size alone.
pub(crate) fn wide_problems(element: Element) -> Vec<Problem> {
    let mut problems = Vec::new();
    if element == Element::F32 {
        return problems;
    }
    for mask in [Mask::Full, Mask::Causal] {
        for head_dim in [64, 128] {
            let shape = Shape { batch: 4, seq_len: 1_024, heads: 8, head_dim };
            let patterns = [(512, 1), (1_024, 2)].map(|(w, r)| Pattern::new(w, r).unwrap());
            let builder = Problem::of(shape, patterns).mask(mask).element(element);
            problems.push(builder.build().unwrap());
        }
    }
    problems
}

/// The numbers on the device.
fn filled(gpu: &Gpu, stream: &Stream, problem: &Problem, numbers: &[f64]) -> Result<Tensor> {
    let mut tensor = gpu.tensor(stream, problem)?;
    tensor.upload(stream, &encode(problem.element(), numbers))?;
    Ok(tensor)
}

/// Runs the variant that is planned for the problem, on numbers drawn from the seed.
pub(crate) fn check(gpu: &Gpu, problem: &Problem, seed: u64) -> Result<Checked> {
    let stream = gpu.stream()?;
    let (implementation, tolerance) = tolerance(problem.element());
    let tensors = Tensors::random(problem, seed);
    let queries = &filled(gpu, &stream, problem, &tensors.queries)?;
    let keys = &filled(gpu, &stream, problem, &tensors.keys)?;
    let values = &filled(gpu, &stream, problem, &tensors.values)?;
    let (mut output, mut lse) = (gpu.tensor(&stream, problem)?, gpu.lse_tensor(&stream, problem)?);
    let forward = Forward::new(gpu, problem, implementation)?;
    let (to, lse_to) = (&mut output, &mut lse);
    forward
        .launch(&stream, &mut ForwardTensors { queries, keys, values, output: to, lse: lse_to })?;
    let expected = tensors.expected(problem);
    let output = decode(problem.element(), &output.download(&stream)?);
    let lse = decode(Element::F32, &lse.download(&stream)?);
    Ok(Checked {
        kernels: vec![forward.plan().kernel().to_string()],
        problem: format!("{problem:?}"),
        seed,
        output_error: relative_error(&output, &expected.output),
        tolerance,
        lse_error: largest_difference(&lse, &expected.lse),
    })
}

/// Runs the gradients' kernels on numbers drawn from the seed.
pub(crate) fn check_gradients(
    gpu: &Gpu,
    problem: &Problem,
    mixing: Mixing,
    seed: u64,
) -> Result<Checked> {
    let stream = gpu.stream()?;
    let tensors = Tensors::random(problem, seed);
    let queries = &filled(gpu, &stream, problem, &tensors.queries)?;
    let keys = &filled(gpu, &stream, problem, &tensors.keys)?;
    let values = &filled(gpu, &stream, problem, &tensors.values)?;
    let upstream = &filled(gpu, &stream, problem, &tensors.upstream)?;
    let (mut output, mut lse) = (gpu.tensor(&stream, problem)?, gpu.lse_tensor(&stream, problem)?);
    let mut forward = ForwardTensors { queries, keys, values, output: &mut output, lse: &mut lse };
    Forward::new(gpu, problem, Implementation::Naive)?.launch(&stream, &mut forward)?;
    let gradient = || gpu.tensor(&stream, problem);
    let (mut of_queries, mut of_keys, mut of_values) = (gradient()?, gradient()?, gradient()?);
    Backward::new(gpu, problem, mixing)?.launch(
        &stream,
        &mut BackwardTensors {
            queries,
            keys,
            values,
            output: &output,
            lse: &lse,
            upstream,
            query_gradients: &mut of_queries,
            key_gradients: &mut of_keys,
            value_gradients: &mut of_values,
        },
    )?;
    let expected = tensors.expected_gradients(problem, mixing);
    let pairs =
        [(of_queries, expected.queries), (of_keys, expected.keys), (of_values, expected.values)];
    let mut worst = 0.0;
    for (found, expected) in pairs {
        let found = decode(Element::F32, &found.download(&stream)?);
        let error = relative_error(&found, &expected);
        // `max` would drop what is no number.
        worst = if error <= worst { worst } else { error };
    }
    let (head_dim, mask) = (problem.shape().head_dim, problem.mask());
    let passes = [
        Kernel::NaiveBackwardQueries { head_dim, mask, mixing },
        Kernel::NaiveBackwardKeys { head_dim, mask, mixing },
    ];
    Ok(Checked {
        kernels: passes.iter().map(ToString::to_string).collect(),
        problem: format!("{problem:?}"),
        seed,
        output_error: worst,
        tolerance: tolerance(Element::F32).1,
        lse_error: 0.0,
    })
}
