//! The name of a document: the SHA-256 of its bytes.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The digest of a document, as 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Digest(String);

impl Digest {
    /// Digits that people are shown, and may give.
    const SHORT: usize = 12;

    /// The digest of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The digest that `text` spells; none if it spells none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        (text.len() == 64 && text.chars().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// All digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The first digits.
    pub(crate) fn short(&self) -> &str {
        &self.0[..Self::SHORT]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn digests_are_spelled_one_way() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(Digest::parse(empty), Some(Digest::of(b"")));
        assert_eq!(Digest::parse(&empty.to_uppercase()), None);
        assert_eq!(Digest::parse(&empty[1..]), None);
        assert_eq!(Digest::of(b"").short(), "e3b0c44298fc");
    }
}
