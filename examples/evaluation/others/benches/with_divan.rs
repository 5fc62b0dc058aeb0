//! The kernels under divan, at its defaults.

use divan::Bencher;
use perfreg_evaluation_others::kernels;

fn main() {
    divan::main();
}

#[divan::bench]
fn hash_and_parse(bencher: Bencher<'_, '_>) {
    bencher.bench_local(kernels::hash_and_parse());
}

#[divan::bench]
fn count_words(bencher: Bencher<'_, '_>) {
    bencher.bench_local(kernels::count_words());
}

#[divan::bench]
fn strided_sum(bencher: Bencher<'_, '_>) {
    bencher.bench_local(kernels::strided_sum());
}

#[divan::bench]
fn tokens_and_lz(bencher: Bencher<'_, '_>) {
    bencher.bench_local(kernels::tokens_and_lz());
}

#[divan::bench]
fn two_threads(bencher: Bencher<'_, '_>) {
    bencher.bench_local(kernels::two_threads());
}
