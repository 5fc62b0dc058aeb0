use std::borrow::Cow;

use super::{Json, ParseError, Parser, orders, parse};

fn text(text: &str) -> Json<'_> {
    Json::Text(text.into())
}

#[test]
fn values_are_what_the_text_says() {
    let check = |document, expected| assert_eq!(parse(document), Ok(expected), "{document}");
    check(" null\n", Json::Null);
    check("[true, false]", Json::List(vec![Json::Bool(true), Json::Bool(false)]));
    check("[]", Json::List(vec![]));
    check("{}", Json::Object(vec![]));
    check(r#"{"a": {"b": [1]}}"#, {
        let inner = Json::Object(vec![("b".into(), Json::List(vec![Json::Number(1.0)]))]);
        Json::Object(vec![("a".into(), inner)])
    });
    check("-0.5e-2", Json::Number(-0.005));
    check("1E+2", Json::Number(100.0));
    check(r#""Zürich""#, text("Zürich"));
    check(r#""\"\\\/\b\f\n\r\tx""#, text("\"\\/\u{8}\u{c}\n\r\tx"));
    check(r#""\u00fc\uD83D\ude00!""#, text("ü😀!"));
}

#[test]
fn errors_say_where_and_what() {
    let check = |document: &str, at, expected| {
        assert_eq!(parse(document), Err(ParseError { at, expected }), "{document}");
    };
    check("", 0, "a value");
    check("[1,]", 3, "a value");
    check("[1 2]", 3, "`,` or `]`");
    check(r#"{"a" 1}"#, 5, "`:`");
    check(r#"{"a": 1 "b"}"#, 8, "`,` or `}`");
    check("{1: 2}", 1, "a key");
    check("nul", 0, "null");
    check("01", 1, "the end");
    check("-", 1, "a digit");
    check("1.", 2, "a digit");
    check("1e", 2, "a digit");
    check(r#""abc"#, 4, "the end of the string");
    check("\"a\nb\"", 2, "the end of the string");
    check(r#""\x""#, 2, "an escape");
    check(r#""\u12""#, 3, "four hexadecimal digits");
    check(r#""\ud800""#, 3, "a character, not half of a pair");
    check(r#""\ud800\u0041""#, 3, "a character, not half of a pair");
    check(&"[".repeat(200), 128, "less nesting");
}

#[test]
fn only_strings_with_escapes_are_copied() {
    let Ok(Json::List(values)) = parse(r#"["plain", "with\n"]"#) else { panic!("a list") };
    assert!(matches!(values[0], Json::Text(Cow::Borrowed("plain"))));
    assert!(matches!(values[1], Json::Text(Cow::Owned(_))));
}

#[test]
fn orders_are_json_of_the_promised_size() {
    let document = orders(100);
    assert!((18_000..28_000).contains(&document.len()), "{}", document.len());
    // The list; per order the object, 5 fields, 2 of the customer, 2 items with 3 and 2 fields.
    assert_eq!(parse(&document).unwrap().count(), 1 + 100 * (1 + 5 + 2 + 2 + 3 + 2));
    assert_eq!(document, orders(100));
}

#[test]
fn a_cut_document_fails_without_a_panic() {
    let document = orders(3);
    for len in 0..document.len() {
        assert!(Parser::new(&document, len).document().is_err(), "{len}");
    }
}
