//! Text as PostgreSQL can hold it: any but with a zero in it, which names of tests may have.

use std::borrow::Cow;

/// What stands before an escaped character.
const ESCAPE: char = '\u{1}';

/// `text` without a zero.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return text.into();
    }
    text.replace(ESCAPE, "\u{1}1").replace('\0', "\u{1}0").into()
}

/// What was [`escaped`].
pub(super) fn unescaped(text: String) -> String {
    if !text.contains(ESCAPE) {
        return text;
    }
    text.replace("\u{1}0", "\0").replace("\u{1}1", "\u{1}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_comes_back(text in "[\0\u{1}01a]*") {
            let held = escaped(&text).into_owned();
            prop_assert!(!held.contains('\0'));
            prop_assert_eq!(unescaped(held), text);
        }
    }
}
