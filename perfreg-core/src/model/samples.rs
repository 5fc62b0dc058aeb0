//! Measured values that are known to be usable.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// One or more finite values, in the order they were taken.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Takes `values` if there is at least one and every one is finite.
    ///
    /// # Errors
    /// If `values` is empty or holds a NaN or an infinity; the message names the value.
    pub fn new(values: Vec<f64>) -> Result<Self, Error> {
        if values.is_empty() {
            return Err(Error::data("no samples; at least one is needed"));
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                Err(Error::data(format!("sample {at} is {}, not a finite number", values[at])))
            }
            None => Ok(Self(values)),
        }
    }

    /// The values, in the order they were taken.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The same values, at six significant digits.
    pub(crate) fn rounded(&self) -> Self {
        let round =
            |value: &f64| format!("{value:.5e}").parse().expect("Rust reads what it writes");
        Self(self.0.iter().map(round).collect())
    }

    /// How many there are; never 0.
    #[expect(clippy::len_without_is_empty, reason = "never empty by construction")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl TryFrom<Vec<f64>> for Samples {
    type Error = Error;
    fn try_from(values: Vec<f64>) -> Result<Self, Error> {
        Self::new(values)
    }
}

impl From<Samples> for Vec<f64> {
    fn from(samples: Samples) -> Self {
        samples.0
    }
}
