//! Temporary.
use crate::model::{Direction, Throughput, Unit};
use std::time::Duration;
/// Temporary.
#[derive(Debug)]
pub struct Bencher;
/// Temporary.
#[derive(Debug)]
pub struct BencherWithInputs<G>(G);
/// Temporary.
#[derive(Debug)]
pub struct AllocCounter;
impl Bencher {
    pub(crate) fn new() -> Self {
        Bencher
    }
    /// T.
    pub fn throughput(self, _t: Throughput) -> Self {
        self
    }
    /// T.
    pub fn record(&self, _name: &str, _value: f64, _unit: Unit, _direction: Direction) {}
    /// T.
    pub fn with_inputs<I, G: FnMut() -> I>(self, generate: G) -> BencherWithInputs<G> {
        BencherWithInputs(generate)
    }
    /// T.
    pub fn bench<O>(self, mut f: impl FnMut() -> O) {
        std::hint::black_box(f());
    }
    /// T: like bench, but `check` looks at every output outside the timed region, and the first error ends the run
    pub fn bench_checked<O, E>(
        self,
        mut f: impl FnMut() -> O,
        mut check: impl FnMut(&O) -> Result<(), E>,
    ) -> Result<(), E> {
        check(&f())
    }
    /// T.
    pub async fn bench_async<O, F: Future<Output = O>>(self, mut f: impl FnMut() -> F) {
        std::hint::black_box(f().await);
    }
    /// T.
    pub fn bench_timed(self, mut f: impl FnMut() -> Duration) {
        f();
    }
}
impl<I, G: FnMut() -> I> BencherWithInputs<G> {
    /// T.
    pub fn bench_values<O>(mut self, mut f: impl FnMut(I) -> O) {
        f((self.0)());
    }
    /// T.
    pub fn bench_refs<O>(mut self, mut f: impl FnMut(&mut I) -> O) {
        f(&mut (self.0)());
    }
}
