//! Dilated attention, forward, on the CPU: the reference that a fast version is checked against.
//!
//! Attention lets every position of a sequence look at every other one, which costs the square of
//! its length. Dilated attention (arXiv 2307.02486) looks at few: a [`Pattern`] cuts the
//! sequence into segments and takes part in each with every `dilation`-th position only. Head `h`
//! begins at offset `h mod dilation`, so that the heads together see everything.
//!
//! Several patterns are mixed by the denominators `s_i` of their softmaxes: the output of a
//! position is the sum over the patterns of `O_i * s_i / (s_1 + s_2 + …)`, where `s_i` is 0 if the
//! position has no part in pattern `i`. That is the same as one softmax over the keys of all
//! patterns together.

use std::hint::black_box;

use crate::random::Random;
use crate::slowdown::{self, Work};

/// The sizes of a problem. Rows of `dim` numbers lie in the order batch, position, head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Sequences that have nothing to do with each other.
    pub batch: usize,
    /// Positions in a sequence.
    pub seq: usize,
    /// Heads, each with rows of its own.
    pub heads: usize,
    /// Numbers in a row.
    pub dim: usize,
}

impl Shape {
    /// One sequence of this length, 2 heads of 64 numbers.
    pub const fn small(seq: usize) -> Self {
        Self { batch: 1, seq, heads: 2, dim: 64 }
    }

    const fn rows(self) -> usize {
        self.batch * self.seq * self.heads
    }

    const fn row(self, (batch, position, head): (usize, usize, usize)) -> usize {
        (batch * self.seq + position) * self.heads + head
    }
}

/// Who looks at whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// The positions of a segment; the last segment may be shorter. At least 1.
    pub segment: usize,
    /// Every which position takes part. At least 1.
    pub dilation: usize,
}

impl Pattern {
    /// Three patterns as in the paper: the wider, the sparser.
    pub const GEOMETRIC: [Self; 3] = [Self::new(32, 1), Self::new(64, 2), Self::new(128, 4)];

    /// The pattern of these two numbers.
    pub const fn new(segment: usize, dilation: usize) -> Self {
        Self { segment, dilation }
    }

    /// The positions that take part in the segment that begins at `start`, for a head.
    fn members(self, start: usize, seq: usize, head: usize) -> impl Iterator<Item = usize> + Clone {
        let end = seq.min(start + self.segment);
        (start + head % self.dilation..end).step_by(self.dilation)
    }
}

/// The queries, keys and values of a problem.
#[derive(Clone, Debug)]
pub struct Inputs {
    shape: Shape,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Inputs {
    /// Numbers between -1 and 1, the same ones each time.
    pub fn random(shape: Shape) -> Self {
        let mut random = Random::new(0xa77e);
        let mut tensor = || (0..shape.rows() * shape.dim).map(|_| random.signed_unit()).collect();
        Self { shape, queries: tensor(), keys: tensor(), values: tensor() }
    }
}

/// The attention of every position, laid out as the inputs are; 0 where no pattern takes part.
pub fn dilated_attention(inputs: &Inputs, patterns: &[Pattern]) -> Vec<f32> {
    let seq = inputs.shape.seq;
    slowdown::again(Work::Attention, seq, |part| {
        black_box(attend(inputs, patterns, part));
    });
    attend(inputs, patterns, seq)
}

/// The attention of the first `asking` positions of each sequence.
fn attend(inputs: &Inputs, patterns: &[Pattern], asking: usize) -> Vec<f32> {
    let shape = Shape { seq: asking, ..inputs.shape };
    let partials: Vec<_> = patterns.iter().map(|p| Partial::of(*p, inputs, shape)).collect();
    let mut output = vec![0.0; shape.rows() * shape.dim];
    for (row, mixed) in output.chunks_exact_mut(shape.dim).enumerate() {
        mix(&partials, row, mixed);
    }
    output
}

/// The outcome of one pattern.
struct Partial {
    output: Vec<f32>,
    /// By row, the logarithm of the softmax's denominator: the denominator itself may overflow.
    log_denominators: Vec<f32>,
}

impl Partial {
    fn of(pattern: Pattern, inputs: &Inputs, shape: Shape) -> Self {
        let seq = inputs.shape.seq;
        let mut partial = Self {
            output: vec![0.0; shape.rows() * shape.dim],
            log_denominators: vec![f32::NEG_INFINITY; shape.rows()],
        };
        let mut weights = Vec::with_capacity(pattern.segment.min(seq));
        for (batch, head) in (0..shape.batch).flat_map(|b| (0..shape.heads).map(move |h| (b, h))) {
            for start in (0..seq).step_by(pattern.segment) {
                let members = pattern.members(start, seq, head);
                let keys = members.clone().map(|key| inputs.shape.row((batch, key, head)));
                for position in members.take_while(|position| *position < shape.seq) {
                    let query = inputs.shape.row((batch, position, head));
                    let row = shape.row((batch, position, head));
                    let output = row_mut(&mut partial.output, row, shape.dim);
                    partial.log_denominators[row] =
                        softmax_row(inputs, query, keys.clone(), &mut weights, output);
                }
            }
        }
        partial
    }
}

/// Adds to `output` the softmax-weighted mean of the keys' values; returns the log-denominator.
fn softmax_row(
    inputs: &Inputs,
    query: usize,
    keys: impl Iterator<Item = usize> + Clone,
    weights: &mut Vec<f32>,
    output: &mut [f32],
) -> f32 {
    let dim = inputs.shape.dim;
    let scale = 1.0 / (dim as f32).sqrt();
    let query = row(&inputs.queries, query, dim);
    weights.clear();
    weights.extend(keys.clone().map(|key| scale * dot(query, row(&inputs.keys, key, dim))));
    // Taking off the largest keeps the exponentials from overflowing, and cancels out.
    let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for weight in &mut *weights {
        *weight = (*weight - largest).exp();
    }
    let denominator: f32 = weights.iter().sum();
    for (key, weight) in keys.zip(&*weights) {
        add_scaled(output, weight / denominator, row(&inputs.values, key, dim));
    }
    largest + denominator.ln()
}

/// Adds to `mixed` the patterns' outputs of a row, each by its share of the denominators.
fn mix(partials: &[Partial], row_number: usize, mixed: &mut [f32]) {
    let logs = partials.iter().map(|partial| partial.log_denominators[row_number]);
    let largest = logs.clone().fold(f32::NEG_INFINITY, f32::max);
    if largest == f32::NEG_INFINITY {
        return;
    }
    let total: f32 = logs.clone().map(|log| (log - largest).exp()).sum();
    for (partial, log) in partials.iter().zip(logs) {
        let share = (log - largest).exp() / total;
        add_scaled(mixed, share, row(&partial.output, row_number, mixed.len()));
    }
}

fn row(tensor: &[f32], row: usize, dim: usize) -> &[f32] {
    &tensor[row * dim..][..dim]
}

fn row_mut(tensor: &mut [f32], row: usize, dim: usize) -> &mut [f32] {
    &mut tensor[row * dim..][..dim]
}

/// The dot product, summed in eight lanes: one sum after the other could not use vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_lanes, a_rest) = a.as_chunks::<8>();
    let (b_lanes, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

fn add_scaled(output: &mut [f32], factor: f32, row: &[f32]) {
    for (output, number) in output.iter_mut().zip(row) {
        *output += factor * number;
    }
}

#[cfg(test)]
mod tests {
    use super::{Inputs, Pattern, Shape, attend, dilated_attention, row};

    const ODD: Shape = Shape { batch: 2, seq: 45, heads: 3, dim: 10 };

    /// One softmax per position, in `f64`, over the keys that `keys_of(position, head)` names.
    fn check(inputs: &Inputs, patterns: &[Pattern], keys_of: impl Fn(usize, usize) -> Vec<usize>) {
        let Shape { batch, seq, heads, dim } = inputs.shape;
        let found = dilated_attention(inputs, patterns);
        for at in 0..batch * seq * heads {
            let (sequence, position, head) = (at / heads / seq, at / heads % seq, at % heads);
            let mut expected = vec![0.0; dim];
            let mut denominator = 0.0;
            for key in keys_of(position, head) {
                let key = inputs.shape.row((sequence, key, head));
                let pairs = row(&inputs.queries, at, dim).iter().zip(row(&inputs.keys, key, dim));
                let score: f64 = pairs.map(|(q, k)| f64::from(*q) * f64::from(*k)).sum();
                let weight = (score / (dim as f64).sqrt()).exp();
                denominator += weight;
                for (sum, value) in expected.iter_mut().zip(row(&inputs.values, key, dim)) {
                    *sum += weight * f64::from(*value);
                }
            }
            for (found, sum) in row(&found, at, dim).iter().zip(expected) {
                let expected = if denominator > 0.0 { sum / denominator } else { 0.0 };
                assert!((f64::from(*found) - expected).abs() < 1e-5, "row {at}");
            }
        }
    }

    #[test]
    fn one_pattern_over_everything_is_plain_attention() {
        for shape in [ODD, Shape::small(64)] {
            let all = Pattern::new(shape.seq, 1);
            check(&Inputs::random(shape), &[all], |_, _| (0..shape.seq).collect());
        }
    }

    #[test]
    fn mixed_patterns_are_one_softmax_over_all_their_keys() {
        let seq = ODD.seq;
        // Neither the segments nor the dilations divide anything evenly.
        let patterns = [Pattern::new(8, 1), Pattern::new(20, 3), Pattern::new(99, 7)];
        check(&Inputs::random(ODD), &patterns, |position, head| {
            let keys = patterns.iter().map(|pattern| {
                let start = position / pattern.segment * pattern.segment;
                let members: Vec<_> = pattern.members(start, seq, head).collect();
                if members.contains(&position) { members } else { vec![] }
            });
            keys.flatten().collect()
        });
    }

    #[test]
    fn a_head_begins_at_its_number_modulo_the_dilation() {
        let members = |head| Pattern::new(6, 3).members(6, 11, head).collect::<Vec<_>>();
        assert_eq!(members(0), [6, 9]);
        assert_eq!(members(2), [8]);
        assert_eq!(members(4), [7, 10]);
    }

    #[test]
    fn a_position_in_no_pattern_gets_nothing() {
        let output = dilated_attention(&Inputs::random(ODD), &[Pattern::new(9, 9)]);
        assert!(row(&output, ODD.row((0, 1, 0)), ODD.dim).iter().all(|number| *number == 0.0));
        assert!(row(&output, ODD.row((0, 0, 0)), ODD.dim).iter().any(|number| *number != 0.0));
    }

    #[test]
    fn the_first_positions_alone_get_the_same() {
        let inputs = Inputs::random(Shape { batch: 1, ..ODD });
        let all = attend(&inputs, &Pattern::GEOMETRIC, ODD.seq);
        let some = attend(&inputs, &Pattern::GEOMETRIC, 10);
        assert_eq!(some[..], all[..some.len()]);
    }
}
