//! Dilated attention on the CPU in `f64`, written from the definition: what all kernels are held to.
//!
//! Each pattern has a softmax and a denominator of its own; the outputs are mixed by the shares of
//! the denominators. The kernels use that this equals one softmax over the keys of all patterns
//! together; here it is not used, so that it can be tested.

use super::pattern::{Mask, Progression};
use super::problem::{Problem, Shape};
use crate::error::{Error, Result};

/// Queries, keys and values of a problem, in the order batch, position, head, dimension.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The queries.
    pub queries: &'a [f64],
    /// The keys.
    pub keys: &'a [f64],
    /// The values.
    pub values: &'a [f64],
}

/// What attention computes.
#[derive(Clone, PartialEq, Debug)]
pub struct Output {
    /// In the order of the inputs; zeros where no pattern takes part and past a sequence's end.
    pub output: Vec<f64>,
    /// The natural logarithm of the sum of all patterns' denominators, in the order batch, head,
    /// position; minus infinity where the output is zeros.
    pub lse: Vec<f64>,
}

/// The attention of every position.
///
/// # Errors
/// [`Error::is_argument`] if a tensor has another size than the problem.
pub fn forward(problem: &Problem, inputs: Inputs<'_>) -> Result<Output> {
    inputs.check(problem)?;
    Ok(Mixed::new(problem, Partial::all(problem, inputs)).into_output(problem))
}

impl Inputs<'_> {
    pub(super) fn check(&self, problem: &Problem) -> Result<()> {
        check_size("queries", self.queries, problem)?;
        check_size("keys", self.keys, problem)?;
        check_size("values", self.values, problem)
    }
}

/// An argument that has to be as large as the problem's tensors.
pub(super) fn check_size(argument: &str, tensor: &[f64], problem: &Problem) -> Result<()> {
    let expected = problem.shape().elements();
    if tensor.len() as u64 == expected {
        return Ok(());
    }
    let message = format!("{} numbers where the shape has {expected}", tensor.len());
    Err(Error::argument(argument, message))
}

/// The outcome of one pattern, a row a position and head.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub(super) output: Vec<f64>,
    /// By row, the logarithm of the softmax's denominator: the denominator itself may overflow.
    pub(super) log_denominators: Vec<f64>,
}

impl Partial {
    /// The outcome of every pattern of the problem.
    pub(super) fn all(problem: &Problem, inputs: Inputs<'_>) -> Vec<Self> {
        (0..problem.patterns().len()).map(|index| Self::of(problem, index, inputs)).collect()
    }

    fn of(problem: &Problem, index: usize, inputs: Inputs<'_>) -> Self {
        let shape = problem.shape();
        let mut partial = Self {
            output: vec![0.0; inputs.queries.len()],
            log_denominators: vec![f64::NEG_INFINITY; inputs.queries.len() / dim(shape)],
        };
        for_each_query(problem, index, |query, keys| {
            let weights = Softmax::of(problem, inputs, query, keys);
            partial.log_denominators[query] = weights.log_denominator;
            let output = row_mut(&mut partial.output, query, shape);
            for (key, weight) in keys.iter().zip(&weights.weights) {
                add_scaled(output, *weight, row(inputs.values, *key, shape));
            }
        });
        partial
    }
}

/// Calls `work` with the row of every query that takes part in the pattern and the rows of the keys
/// that it sees.
pub(super) fn for_each_query(
    problem: &Problem,
    index: usize,
    mut work: impl FnMut(usize, &[usize]),
) {
    for (batch, head, length) in problem.sequences() {
        for members in problem.segments(index, head, length) {
            let rows = rows_of(problem.shape(), members, batch, head);
            for (at, query) in rows.iter().enumerate() {
                let seen = match problem.mask() {
                    Mask::Full => rows.len(),
                    Mask::Causal => at + 1,
                };
                work(*query, &rows[..seen]);
            }
        }
    }
}

fn rows_of(shape: Shape, members: Progression, batch: u32, head: u32) -> Vec<usize> {
    members.positions().map(|position| shape.row(batch, position, head)).collect()
}

/// The weights of the keys that a query sees in one pattern; their sum is 1.
pub(super) struct Softmax {
    pub(super) weights: Vec<f64>,
    log_denominator: f64,
}

impl Softmax {
    pub(super) fn of(problem: &Problem, inputs: Inputs<'_>, query: usize, keys: &[usize]) -> Self {
        let (shape, scale) = (problem.shape(), f64::from(problem.scale()));
        let query = row(inputs.queries, query, shape);
        let scores = keys.iter().map(|key| scale * dot(query, row(inputs.keys, *key, shape)));
        let mut weights: Vec<f64> = scores.collect();
        // Taking off the largest keeps the exponentials from overflowing, and cancels out.
        let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for weight in &mut weights {
            *weight = (*weight - largest).exp();
        }
        let denominator: f64 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= denominator;
        }
        Self { weights, log_denominator: largest + denominator.ln() }
    }
}

/// The patterns' outcomes with the share of each.
pub(super) struct Mixed {
    pub(super) partials: Vec<Partial>,
    /// By pattern and row, the pattern's share of the denominators; 0 where it takes no part.
    pub(super) shares: Vec<Vec<f64>>,
    /// The sum of the patterns' outputs, each by its share.
    pub(super) output: Vec<f64>,
    /// By row.
    lse: Vec<f64>,
}

impl Mixed {
    pub(super) fn new(problem: &Problem, partials: Vec<Partial>) -> Self {
        let rows = partials[0].log_denominators.len();
        let mut shares = vec![vec![0.0; rows]; partials.len()];
        let mut lse = vec![f64::NEG_INFINITY; rows];
        for (row, lse) in lse.iter_mut().enumerate() {
            let logs = partials.iter().map(|partial| partial.log_denominators[row]);
            let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
            if largest == f64::NEG_INFINITY {
                continue;
            }
            let total: f64 = logs.clone().map(|log| (log - largest).exp()).sum();
            *lse = largest + total.ln();
            for (share, log) in shares.iter_mut().zip(logs) {
                share[row] = (log - largest).exp() / total;
            }
        }
        let output = mix(problem.shape(), &partials, &shares);
        Self { partials, shares, output, lse }
    }

    fn into_output(self, problem: &Problem) -> Output {
        let shape = problem.shape();
        let mut lse = vec![f64::NEG_INFINITY; self.lse.len()];
        for (batch, head, length) in problem.sequences() {
            for position in 0..length {
                lse[shape.lse_index(batch, position, head)] =
                    self.lse[shape.row(batch, position, head)];
            }
        }
        Output { output: self.output, lse }
    }
}

/// The sum of the patterns' outputs, each by its share.
pub(super) fn mix(shape: Shape, partials: &[Partial], shares: &[Vec<f64>]) -> Vec<f64> {
    let mut output = vec![0.0; partials[0].output.len()];
    for (partial, shares) in partials.iter().zip(shares) {
        for (at, share) in shares.iter().enumerate() {
            add_scaled(row_mut(&mut output, at, shape), *share, row(&partial.output, at, shape));
        }
    }
    output
}

fn dim(shape: Shape) -> usize {
    shape.head_dim as usize
}

/// Row number `at` of a tensor.
pub(super) fn row(tensor: &[f64], at: usize, shape: Shape) -> &[f64] {
    &tensor[at * dim(shape)..][..dim(shape)]
}

/// Row number `at` of a tensor.
pub(super) fn row_mut(tensor: &mut [f64], at: usize, shape: Shape) -> &mut [f64] {
    &mut tensor[at * dim(shape)..][..dim(shape)]
}

/// The sum of the products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds `factor` times the row to `output`.
pub(super) fn add_scaled(output: &mut [f64], factor: f64, row: &[f64]) {
    for (output, number) in output.iter_mut().zip(row) {
        *output += factor * number;
    }
}
