//! What the code that `#[perf_regression]` generates may name. Not part of the public API: it can
//! change with any release, together with the macro.

use std::fmt;

pub use perfreg_macros::perf_regression_of_facade;

pub use crate::harness::block_on;
pub use crate::harness::run;
pub use crate::measure::Bencher;

/// An annotated test as the macro saw it.
#[derive(Clone, Copy, Debug)]
pub struct TestSpec {
    /// `env!("CARGO_PKG_NAME")`
    pub package: &'static str,
    /// `env!("CARGO_MANIFEST_DIR")`
    pub manifest_dir: &'static str,
    /// `module_path!()`
    pub module_path: &'static str,
    /// The function's name as libtest prints it.
    pub function: &'static str,
    /// `file!()`
    pub file: &'static str,
    /// The record in the link section; named here so that the linker keeps it.
    pub registration: &'static [u8],
    /// The attribute's options.
    pub options: Options,
}

/// The options of the attribute; `None` where it is silent.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// `baseline = "gt/x.json"`
    pub baseline: Option<&'static str>,
    /// `threshold = "3%"`, as a fraction: 0.03.
    pub threshold: Option<f64>,
    /// `reason = "…"`
    pub reason: Option<&'static str>,
    /// `metrics = [wall_time, "accuracy"]`
    pub metrics: Option<&'static [&'static str]>,
    /// `launches = 12`
    pub launches: Option<u32>,
    /// `samples = 50`
    pub samples: Option<u32>,
    /// `budget = "2s"`, in nanoseconds.
    pub budget_ns: Option<u64>,
}

/// Why a generated test fails. libtest prints the `Debug` form, which is the text itself.
pub struct Failure(String);

impl Failure {
    /// A failure that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a case that the attribute gives no name: the argument's text.
pub fn case_name(argument: &impl fmt::Display) -> String {
    argument.to_string()
}

/// What `skip_if` returned, as text.
pub fn skip_reason(reason: Option<impl fmt::Display>) -> Option<String> {
    reason.map(|reason| reason.to_string())
}

/// A returned value on its way to the check whether it is an error.
///
/// `(&Returned(value)).check()` picks [`CheckResult`] if the value is a `Result` with a printable
/// error and [`CheckAny`] otherwise, whatever the return type is called in the source.
#[derive(Debug)]
pub struct Returned<T>(pub T);

/// For results: an error fails the test.
pub trait CheckResult {
    /// `Err` with the error's text if the value is one.
    ///
    /// # Errors
    /// If the value is an error.
    fn check(&self) -> Result<(), Failure>;
}

impl<T, E: fmt::Debug> CheckResult for Returned<Result<T, E>> {
    fn check(&self) -> Result<(), Failure> {
        match &self.0 {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::new(format!("the test returned an error: {error:?}"))),
        }
    }
}

/// For everything else: fine.
pub trait CheckAny {
    /// Always `Ok`.
    ///
    /// # Errors
    /// Never.
    fn check(&self) -> Result<(), Failure>;
}

impl<T> CheckAny for &Returned<T> {
    fn check(&self) -> Result<(), Failure> {
        Ok(())
    }
}
