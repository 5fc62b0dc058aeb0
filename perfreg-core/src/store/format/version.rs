//! Which version a text is of.

use serde::Deserialize;

use crate::error::Error;
use crate::store::baseline::HostEntry;
use crate::store::format::{baseline_1, baseline_2};

/// What the names of all versions begin with.
const FAMILY: &str = "perfreg-baseline/";

/// True if `text` names a version of the form, whatever else it is.
pub(crate) fn is_named_in(text: &str) -> bool {
    text.contains(FAMILY)
}

/// The entries of a file of any version.
///
/// # Errors
/// If the text is of an unknown version, or not in order.
pub(crate) fn parse(text: &str) -> Result<Vec<HostEntry>, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        schema: String,
    }
    let file: Versioned = serde_json::from_str(text).map_err(|e| Error::data(e.to_string()))?;
    match file.schema.as_str() {
        baseline_2::SCHEMA => baseline_2::parse(text),
        baseline_1::SCHEMA => baseline_1::parse(text),
        other => Err(Error::data(format!(
            "has schema `{other}`, and this version of perfreg reads `{}` and `{}`",
            baseline_1::SCHEMA,
            baseline_2::SCHEMA
        ))),
    }
}
