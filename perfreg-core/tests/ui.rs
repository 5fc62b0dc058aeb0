//! What the attribute refuses, and with which words.

#[test]
fn errors_of_the_attribute() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
