//! The kernels under tango.

use perfreg_evaluation_others::kernels;
use tango_bench::{Benchmark, benchmark_fn, tango_benchmarks};

fn all() -> Vec<Benchmark> {
    let benchmark = |(name, set_up): (&str, kernels::SetUp)| {
        benchmark_fn(name, move |bencher| {
            let mut work = set_up();
            bencher.iter(move || work())
        })
    };
    kernels::ALL.into_iter().map(benchmark).collect()
}

tango_benchmarks!(all());
