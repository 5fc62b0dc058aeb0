//! What the code that `#[perf_regression]` generates may name. Not part of the public API: it can
//! change with any release, together with the macro.

use std::fmt;

pub use perfreg_macros::perf_regression_of_facade;

pub use crate::harness::{Failure, Options, TestSpec, block_on, run};
pub use crate::measure::Bencher;

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
