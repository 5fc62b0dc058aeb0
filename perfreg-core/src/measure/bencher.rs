//! What a test is handed to say which part of it is measured.

use std::fmt;
use std::hint::black_box;
use std::mem::needs_drop;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::error::Error;
use crate::measure::plan::{Inputs, Plan};
use crate::measure::session::{Measured, Session};
use crate::measure::with_inputs::BencherWithInputs;
use crate::model::{Direction, GpuKey, Metric, Samples, Series, Throughput, Unit};

/// What to do with the work that a test hands over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Run it once, to see that it works.
    Smoke,
    /// Measure it.
    Measure(Plan),
}

/// What came out of a test's calls on its [`Bencher`].
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) measured: Option<Measured>,
    pub(crate) recorded: Vec<Series>,
    pub(crate) throughput: Option<Throughput>,
    pub(crate) gpu: Option<GpuKey>,
    pub(crate) used: Use,
    pub(crate) error: Option<Error>,
}

/// Whether the test called any of the methods that make it a measurement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Use {
    #[default]
    Never,
    /// A measurement began and has not ended: its future was dropped, or a check stopped it.
    Begun,
    Called,
}

/// Measures the part of a test that is handed to one of its `bench*` methods.
///
/// It is taken by value and each `bench*` method consumes it: a test measures one thing. Set-up
/// before the call and checks after it are not timed.
///
/// ```no_run
/// use perfreg_core::{Bencher, Throughput, perf_regression};
///
/// #[perf_regression(baseline = "gt/checksum.json")]
/// fn checksum(b: Bencher) {
///     let page = vec![7_u8; 64 * 1024];
///     b.throughput(Throughput::Bytes(page.len() as u64))
///         .bench(|| page.iter().map(|byte| u64::from(*byte)).sum::<u64>());
/// }
/// ```
#[must_use = "a test that never calls a `bench` method measures nothing"]
pub struct Bencher {
    mode: Mode,
    recording: Arc<Mutex<Recording>>,
}

impl fmt::Debug for Bencher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bencher").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Bencher {
    /// A bencher and the place where its results appear.
    pub(crate) fn new(mode: Mode) -> (Self, Arc<Mutex<Recording>>) {
        let recording = Arc::new(Mutex::new(Recording::default()));
        (Self { mode, recording: Arc::clone(&recording) }, recording)
    }

    /// Says what one iteration processes, so that reports show a rate beside the time.
    pub fn throughput(self, throughput: Throughput) -> Self {
        self.recording().throughput = Some(throughput);
        self
    }

    /// Says which GPU the work runs on, which makes it part of the host: its times are compared with
    /// those of an equal GPU, driver and clocks alone.
    ///
    /// For crates that measure on a device; a test uses one GPU.
    pub fn on_gpu(&self, gpu: GpuKey) {
        self.recording().gpu = Some(gpu);
    }

    /// Whether samples are wanted; else the test runs once, to see that it works.
    ///
    /// For crates that measure what has a clock of its own, such as a GPU, and hand the samples to
    /// [`Bencher::record_samples`].
    pub fn is_measuring(&self) -> bool {
        matches!(self.mode, Mode::Measure(_))
    }

    /// Records one value of a metric of the test's own, such as an accuracy or a hit rate.
    ///
    /// A value that is not finite makes the test fail, and so does the name of a metric that perfreg
    /// measures itself, such as `wall_time` or `peak_bytes`.
    pub fn record(&self, name: &str, value: f64, unit: Unit, direction: Direction) {
        self.record_samples(name, vec![value], unit, direction);
    }

    /// Records samples of a metric that something else measured, such as a GPU's clock.
    ///
    /// Samples that are empty or not finite make the test fail, and so does the name of a metric that
    /// perfreg measures itself.
    pub fn record_samples(&self, name: &str, samples: Vec<f64>, unit: Unit, direction: Direction) {
        let mut recording = self.recording();
        if recording.used == Use::Never {
            recording.used = Use::Called;
        }
        match recorded(Metric::new(name, unit, direction), samples) {
            Ok(series) => recording.recorded.push(series),
            Err(error) => {
                recording.error.get_or_insert(error);
            }
        }
    }

    /// Gives every iteration an input of its own, built outside the timed region.
    pub fn with_inputs<I, G: FnMut() -> I>(self, generate: G) -> BencherWithInputs<G> {
        BencherWithInputs::new(self, generate)
    }

    /// Measures `work`; its outputs are dropped outside the timed region.
    ///
    /// They are kept until their sample ends, some 0.2 ms: outputs of many kilobytes push each other
    /// out of the caches, so return what is small where the size does not matter.
    pub fn bench<O>(self, mut work: impl FnMut() -> O) {
        self.run(Inputs::None, |session, iterations| {
            if needs_drop::<O>() {
                let mut outputs = Vec::with_capacity(iterations);
                session.start();
                for _ in 0..iterations {
                    outputs.push(work());
                }
                session.stop();
                drop(black_box(outputs));
            } else {
                session.start();
                for _ in 0..iterations {
                    black_box(work());
                }
                session.stop();
            }
        });
    }

    /// Measures `work` and shows every output to `check` outside the timed region.
    ///
    /// # Errors
    /// The first error of `check`; measuring stops there.
    pub fn bench_checked<O, E>(
        self,
        mut work: impl FnMut() -> O,
        mut check: impl FnMut(&O) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut found = Ok(());
        self.run_while(Inputs::None, |session, iterations| {
            let mut outputs = Vec::with_capacity(iterations);
            session.start();
            for _ in 0..iterations {
                outputs.push(work());
            }
            session.stop();
            found = black_box(outputs).iter().try_for_each(&mut check);
            found.is_ok()
        });
        found
    }

    /// Measures the futures that `work` makes, awaited one after the other.
    ///
    /// ```no_run
    /// # async fn lookup(key: &str) -> u32 { key.len() as u32 }
    /// use perfreg_core::{Bencher, perf_regression};
    ///
    /// #[perf_regression(baseline = "gt/lookup.json")]
    /// async fn warm_lookup(b: Bencher) {
    ///     lookup("key").await;
    ///     b.bench_async(|| lookup("key")).await;
    /// }
    /// ```
    pub async fn bench_async<O, F: Future<Output = O>>(self, mut work: impl FnMut() -> F) {
        let Some(mut session) = self.session(Inputs::None) else {
            black_box(work().await);
            return;
        };
        while let Some(iterations) = session.next_batch() {
            let mut outputs = Vec::with_capacity(iterations);
            session.start();
            for _ in 0..iterations {
                outputs.push(work().await);
            }
            session.stop();
            drop(black_box(outputs));
        }
        self.finish(session);
    }

    /// Measures work that times itself: each call returns how long the part that counts took.
    ///
    /// It is judged as wall time, taken as given: nothing is known of the CPU time in it.
    pub fn bench_timed(self, mut work: impl FnMut() -> Duration) {
        self.recording().used = Use::Begun;
        let Mode::Measure(plan) = self.mode else {
            black_box(work());
            self.recording().used = Use::Called;
            return;
        };
        let mut session = Session::self_timed(plan);
        while let Some(iterations) = session.next_batch() {
            session.start();
            let took: Duration = (0..iterations).map(|_| work()).sum();
            session.stop_with(took.as_nanos() as f64);
        }
        self.finish(session);
    }

    pub(super) fn run(self, inputs: Inputs, mut batch: impl FnMut(&mut dyn Stopwatch, usize)) {
        self.run_while(inputs, |stopwatch, iterations| {
            batch(stopwatch, iterations);
            true
        });
    }

    /// Runs batches until the session is over or one of them says to stop.
    fn run_while(self, inputs: Inputs, mut batch: impl FnMut(&mut dyn Stopwatch, usize) -> bool) {
        let Some(mut session) = self.session(inputs) else {
            batch(&mut NoStopwatch, 1);
            return;
        };
        while let Some(iterations) = session.next_batch() {
            if !batch(&mut session, iterations) {
                return;
            }
        }
        self.finish(session);
    }

    fn finish(&self, session: Session) {
        let measured = session.finish();
        let mut recording = self.recording();
        recording.measured = Some(measured);
        recording.used = Use::Called;
    }

    /// The session to measure with; `None` for a smoke run.
    fn session(&self, inputs: Inputs) -> Option<Session> {
        let (used, session) = match self.mode {
            Mode::Smoke => (Use::Called, None),
            Mode::Measure(plan) => (Use::Begun, Some(Session::new(plan, inputs))),
        };
        self.recording().used = used;
        session
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().expect("no code of the user's runs while the recording is held")
    }
}

/// Times a batch, or pretends to.
pub(super) trait Stopwatch {
    fn start(&mut self);
    fn stop(&mut self);
}

fn recorded(metric: Metric, samples: Vec<f64>) -> Result<Series, Error> {
    let name = &metric.name;
    if metric.is_reserved() {
        let what = format!("metric `{name}` is one that perfreg measures; record another name");
        return Err(Error::usage(what));
    }
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Error::usage(format!("{name:?} is no name of a metric")));
    }
    match Samples::new(samples) {
        Ok(samples) => Ok(Series { metric, samples }),
        Err(error) => Err(Error::measurement(format!("metric `{name}` was recorded with {error}"))),
    }
}

impl Stopwatch for Session {
    fn start(&mut self) {
        Session::start(self);
    }
    fn stop(&mut self) {
        Session::stop(self);
    }
}

struct NoStopwatch;

impl Stopwatch for NoStopwatch {
    fn start(&mut self) {}
    fn stop(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{Bencher, Mode, Plan, Use};
    use crate::model::{Direction, Unit};

    fn quick() -> Mode {
        Mode::Measure(Plan::for_budget(3e6, 10, Some(3)))
    }

    #[test]
    fn a_bencher_tells_whether_samples_are_wanted() {
        assert!(!Bencher::new(Mode::Smoke).0.is_measuring());
        assert!(Bencher::new(quick()).0.is_measuring());
    }

    #[test]
    fn a_smoke_run_runs_once() {
        let (bencher, recording) = Bencher::new(Mode::Smoke);
        let mut calls = 0;
        bencher.bench(|| calls += 1);
        assert_eq!(calls, 1);
        assert_eq!(recording.lock().unwrap().used, Use::Called);
    }

    #[test]
    fn every_output_is_dropped_once() {
        use std::cell::Cell;
        struct Counted<'a>(&'a Cell<i64>);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.set(self.0.get() - 1);
            }
        }
        let alive = Cell::new(0);
        let make = || {
            alive.set(alive.get() + 1);
            Counted(&alive)
        };
        Bencher::new(quick()).0.bench(make);
        assert_eq!(alive.get(), 0);
        Bencher::new(quick()).0.with_inputs(make).bench_values(|value| value);
        assert_eq!(alive.get(), 0);
        Bencher::new(quick()).0.with_inputs(make).bench_refs(|_| make());
        assert_eq!(alive.get(), 0);
    }

    #[test]
    fn a_failed_check_stops_the_measuring() {
        let mut calls = 0;
        let (bencher, recording) = Bencher::new(quick());
        let found = bencher.bench_checked(
            || {
                calls += 1;
                calls
            },
            |n| if *n > 4 { Err("five") } else { Ok(()) },
        );
        assert_eq!(found, Err("five"));
        assert!(recording.lock().unwrap().measured.is_none());
    }

    #[test]
    fn a_bad_record_is_kept_as_an_error() {
        let (bencher, recording) = Bencher::new(Mode::Smoke);
        bencher.record("accuracy", f64::NAN, Unit::Dimensionless, Direction::HigherIsBetter);
        let error = recording.lock().unwrap().error.take().unwrap();
        assert!(error.to_string().contains("metric `accuracy`"), "{error}");
    }

    #[test]
    fn the_names_of_perfregs_own_metrics_are_taken() {
        let check = |name: &str| {
            let (bencher, recording) = Bencher::new(Mode::Smoke);
            bencher.record(name, 1.0, Unit::Bytes, Direction::LowerIsBetter);
            let recording = recording.lock().unwrap();
            assert!(recording.recorded.is_empty());
            let error = recording.error.as_ref().unwrap();
            assert!(error.to_string().contains(name.trim()), "{error}");
        };
        for name in ["time", "wall_time", "process_cpu_time", "peak_bytes", "allocations", "\n"] {
            check(name);
        }
    }

    #[test]
    fn a_record_does_not_make_up_for_a_measurement_without_end() {
        let (bencher, recording) = Bencher::new(quick());
        bencher.record("accuracy", 1.0, Unit::Dimensionless, Direction::HigherIsBetter);
        let never = bencher.bench_checked(|| 1, |_| Err("no"));
        assert_eq!(never, Err("no"));
        assert_eq!(recording.lock().unwrap().used, Use::Begun);
    }

    #[test]
    fn work_that_times_itself_has_no_cpu_time() {
        use std::time::{Duration, Instant};
        let (bencher, recording) = Bencher::new(quick());
        let begun = Instant::now();
        // Long set-up around a short part that counts: few iterations, or it would take hours.
        bencher.bench_timed(|| {
            std::thread::sleep(Duration::from_micros(500));
            Duration::from_nanos(100)
        });
        assert!(begun.elapsed() < Duration::from_secs(10));
        let recording = recording.lock().unwrap();
        let measured = recording.measured.as_ref().unwrap();
        let names: Vec<&str> = measured.series.iter().map(|s| s.metric.name.as_str()).collect();
        assert_eq!(names[0], "wall_time");
        assert!(!names.contains(&"thread_cpu_time"));
        assert!(measured.series[0].samples.as_slice().iter().all(|ns| *ns == 100.0));
    }
}
