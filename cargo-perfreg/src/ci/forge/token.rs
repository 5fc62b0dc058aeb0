//! What a forge knows us by.

use std::fmt;

/// A secret: it goes into a header, and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// The token in `text`; none if it could not stand in a header.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// What stands in a header that names the sort of a token first.
    pub(super) fn bearer(&self) -> Self {
        Self(format!("Bearer {}", self.0))
    }

    /// The secret itself, for the header.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::parse(" secret\n").unwrap();
        assert_eq!(token.secret(), "secret");
        assert_eq!(format!("{token:?} {:?}", Some(&token)), "*** Some(***)");
        assert_eq!(Token::parse(""), None);
        assert_eq!(Token::parse("two words"), None);
        assert_eq!(Token::parse("a\r\nX-Evil: b"), None);
    }
}
