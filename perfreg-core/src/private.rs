//! What the code that `#[perf_regression]` generates may name. Not part of the public API: it can
//! change with any release, together with the macro.

use std::fmt;
use std::marker::PhantomData;

pub use perfreg_macros::perf_regression_of_facade;

pub use crate::harness::{Failure, Options, TestSpec, assert_faster, block_on, run};
pub use crate::measure::Bencher;

/// The name of a case that the attribute gives no name: the argument's text.
pub fn case_name(argument: &impl fmt::Display) -> String {
    argument.to_string()
}

/// What `skip_if` returned, as text.
pub fn skip_reason(reason: Option<impl fmt::Display>) -> Option<String> {
    reason.map(|reason| reason.to_string())
}

/// What an annotated function returns, as a type.
///
/// `(&Returned::<T>::TYPE).bench(…)` picks [`ReturnsResult`] if `T` is a `Result` and [`ReturnsAny`]
/// otherwise, whatever the type is called in the source: an error must never pass as a value. The
/// choice falls at compile time, so that a function without errors does not pay for the check.
#[derive(Debug)]
pub struct Returned<T>(PhantomData<fn() -> T>);

impl<T> Returned<T> {
    /// The type.
    pub const TYPE: Self = Self(PhantomData);
}

/// Functions that return a result: an error fails the test.
pub trait ReturnsResult<T, E> {
    /// `Err` with the error's text if the value is one.
    ///
    /// # Errors
    /// If the value is an error.
    fn check(&self, value: &Result<T, E>) -> Result<(), Failure>
    where
        E: fmt::Debug;

    /// Measures the function.
    ///
    /// # Errors
    /// The first error that it returns.
    fn bench(&self, bencher: Bencher, unit: impl FnMut() -> Result<T, E>) -> Result<(), Failure>
    where
        E: fmt::Debug,
    {
        bencher.bench_checked(unit, |output| self.check(output))
    }

    /// Measures the function of one argument, which is cloned outside the timed region.
    ///
    /// # Errors
    /// The first error that it returns.
    fn bench_argument<I: Clone>(
        &self,
        bencher: Bencher,
        argument: I,
        mut unit: impl FnMut(I) -> Result<T, E>,
    ) -> Result<(), Failure>
    where
        E: fmt::Debug,
    {
        let mut outcome = Ok(());
        bencher.with_inputs(|| argument.clone()).bench_values(|input| {
            let output = unit(input);
            if output.is_err() && outcome.is_ok() {
                outcome = self.check(&output);
            }
            output
        });
        outcome
    }
}

// The bound is on the methods: an error that cannot be printed must not fall to `ReturnsAny`.
impl<T, E> ReturnsResult<T, E> for Returned<Result<T, E>> {
    fn check(&self, value: &Result<T, E>) -> Result<(), Failure>
    where
        E: fmt::Debug,
    {
        match value {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::new(format!("the test returned an error: {error:?}"))),
        }
    }
}

/// Functions that return anything else.
pub trait ReturnsAny<T> {
    /// Always `Ok`.
    ///
    /// # Errors
    /// Never.
    fn check(&self, _value: &T) -> Result<(), Failure> {
        Ok(())
    }

    /// Measures the function.
    ///
    /// # Errors
    /// Never.
    fn bench(&self, bencher: Bencher, unit: impl FnMut() -> T) -> Result<(), Failure> {
        bencher.bench(unit);
        Ok(())
    }

    /// Measures the function of one argument, which is cloned outside the timed region.
    ///
    /// # Errors
    /// Never.
    fn bench_argument<I: Clone>(
        &self,
        bencher: Bencher,
        argument: I,
        unit: impl FnMut(I) -> T,
    ) -> Result<(), Failure> {
        bencher.with_inputs(|| argument.clone()).bench_values(unit);
        Ok(())
    }
}

impl<T> ReturnsAny<T> for &Returned<T> {}

/// Asserts that the first piece of work is faster than the second, by a factor.
///
/// Both run in one test, in turns of some 0.2 ms each, and the interval of their ratio is printed.
/// The assertion holds if the 99 % interval lies at or above the factor, which is 1 unless it is
/// given. The median of the ratios and its interval assume no distribution.
///
/// Without optimisation each side runs once and nothing is compared, as in every other performance
/// test.
///
/// ```
/// # use std::hint::black_box;
/// let words: Vec<String> = (0..100).map(|i| i.to_string()).collect();
/// perfreg_core::assert_faster!(|| words.join(""), || {
///     let mut all = String::new();
///     for word in black_box(&words) {
///         all = format!("{all}{word}");
///     }
///     all
/// }, by >= 1.5);
/// ```
///
/// # Panics
/// If it is not faster by so much, or not surely so.
#[macro_export]
macro_rules! assert_faster {
    ($new:expr, $old:expr $(,)?) => {
        $crate::assert_faster!($new, $old, by >= 1.0)
    };
    ($new:expr, $old:expr, by >= $factor:expr $(,)?) => {
        $crate::private::assert_faster(
            $new,
            $old,
            $factor,
            (::core::stringify!($new), ::core::stringify!($old)),
            |rounds| {
                let (mut sum, mut i) = (0_u64, 0_u64);
                while i < rounds {
                    sum = sum.wrapping_add(i);
                    i = i.wrapping_add(1);
                }
                sum
            },
        )
    };
}
