//! Words such as `regressed`, as columns of text hold them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as JSON, without quotes where it is a word, such as `regressed`.
pub(super) fn text(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("plain data with string keys");
    json.trim_matches('"').to_owned()
}

/// The value that a word spells.
///
/// # Errors
/// If it spells none.
pub(super) fn spelled<T: DeserializeOwned>(word: &str) -> serde_json::Result<T> {
    serde_json::from_str(&format!("\"{word}\""))
}
