//! Measuring work that needs an input of its own for every iteration.

use std::fmt;
use std::hint::black_box;

use crate::measure::bencher::Bencher;
use crate::measure::plan::Inputs;
use crate::model::Throughput;

/// A [`Bencher`] that builds an input for every iteration.
#[must_use = "a test that never calls a `bench` method measures nothing"]
pub struct BencherWithInputs<G> {
    bencher: Bencher,
    generate: G,
}

impl<G> fmt::Debug for BencherWithInputs<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BencherWithInputs").field("bencher", &self.bencher).finish_non_exhaustive()
    }
}

impl<I, G: FnMut() -> I> BencherWithInputs<G> {
    pub(super) fn new(bencher: Bencher, generate: G) -> Self {
        Self { bencher, generate }
    }

    /// Says what one iteration processes.
    pub fn throughput(self, throughput: Throughput) -> Self {
        Self { bencher: self.bencher.throughput(throughput), generate: self.generate }
    }

    /// Measures `work` on inputs that it takes by value.
    pub fn bench_values<O>(mut self, mut work: impl FnMut(I) -> O) {
        self.bencher.run(Inputs::Built, |session, iterations| {
            let mut inputs: Vec<I> = (0..iterations).map(|_| (self.generate)()).collect();
            let mut outputs = Vec::with_capacity(iterations);
            session.start();
            for input in inputs.drain(..) {
                outputs.push(work(black_box(input)));
            }
            session.stop();
            drop(black_box(outputs));
        });
    }

    /// Measures `work` on inputs that it borrows; they are dropped outside the timed region.
    pub fn bench_refs<O>(mut self, mut work: impl FnMut(&mut I) -> O) {
        self.bencher.run(Inputs::Built, |session, iterations| {
            let mut inputs: Vec<I> = (0..iterations).map(|_| (self.generate)()).collect();
            let mut outputs = Vec::with_capacity(iterations);
            session.start();
            for input in &mut inputs {
                outputs.push(work(black_box(input)));
            }
            session.stop();
            drop(black_box((inputs, outputs)));
        });
    }
}
