//! The kernels under criterion, at its defaults.

use criterion::{Criterion, criterion_group, criterion_main};
use perfreg_evaluation_others::kernels;

fn all(criterion: &mut Criterion) {
    for (name, set_up) in kernels::ALL {
        criterion.bench_function(name, |bencher| {
            let mut work = set_up();
            bencher.iter(&mut work);
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
