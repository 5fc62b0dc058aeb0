//! Named cases: a kernel that is measured at several shapes.
//!
//! The name before `=>` stands in baselines and reports and stays when the value behind it changes.
//! `b1_s256_h2_d64` says: 1 sequence of 256 positions, 2 heads of 64 numbers.

#![forbid(unsafe_code)]

use std::hint::black_box;

use perfreg::{Bencher, Throughput, perf_regression};
use perfreg_examples::attention::{Inputs, Pattern, Shape, dilated_attention};

#[perf_regression(
    baseline = "gt/attention.json",
    args = ["b1_s256_h2_d64" => Shape::small(256), "b1_s512_h2_d64" => Shape::small(512)],
)]
fn dilated(b: Bencher, shape: Shape) {
    let inputs = Inputs::random(shape);
    b.throughput(Throughput::Flops(flops(shape, &Pattern::GEOMETRIC)))
        .bench(|| dilated_attention(black_box(&inputs), &Pattern::GEOMETRIC));
}

/// What the dilation is for: plain attention over everything, the case to be faster than.
#[perf_regression(
    baseline = "gt/attention.json",
    args = ["b1_s128_h2_d64" => Shape::small(128)],
)]
fn plain(b: Bencher, shape: Shape) {
    let inputs = Inputs::random(shape);
    let everything = [Pattern::new(shape.seq, 1)];
    b.throughput(Throughput::Flops(flops(shape, &everything)))
        .bench(|| dilated_attention(black_box(&inputs), &everything));
}

/// Two products of matrices: a multiplication and an addition per query, key and dimension in each.
fn flops(shape: Shape, patterns: &[Pattern]) -> u64 {
    let pairs =
        |pattern: &Pattern| shape.seq * pattern.segment / (pattern.dilation * pattern.dilation);
    let pairs: usize = patterns.iter().map(pairs).sum();
    (4 * shape.batch * shape.heads * shape.dim * pairs) as u64
}
