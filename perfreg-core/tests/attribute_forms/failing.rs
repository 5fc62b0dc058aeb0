//! Tests that fail or skip, called as functions to see how.
use std::cell::Cell;
use std::fmt;

use perfreg_core::{Bencher, perf_regression};

type Outcome = Result<u32, String>;

#[perf_regression]
#[ignore = "fails on purpose"]
fn plain() -> Result<u32, String> {
    Err("broken".to_owned())
}

#[perf_regression]
#[ignore = "fails on purpose"]
fn aliased() -> Outcome {
    Err("broken".to_owned())
}

#[perf_regression(args = [1, 2])]
#[ignore = "fails on purpose"]
fn of_argument(number: u32) -> Outcome {
    if number == 2 { Err("broken".to_owned()) } else { Ok(number) }
}

#[perf_regression]
#[ignore = "fails on purpose"]
fn with_bencher(b: Bencher) -> Outcome {
    b.bench(|| 7);
    Err("broken".to_owned())
}

#[perf_regression]
#[ignore = "fails on purpose"]
async fn asynchronous() -> Outcome {
    Err("broken".to_owned())
}

#[perf_regression(args = [1])]
#[ignore = "fails on purpose"]
async fn asynchronous_of_argument(number: u32) -> Outcome {
    Err(format!("broken{}", &number.to_string()[1..]))
}

#[perf_regression]
#[ignore = "fails on purpose"]
async fn asynchronous_with_bencher(b: Bencher) -> Outcome {
    b.bench(|| 7);
    Err("broken".to_owned())
}

#[test]
fn an_error_fails_the_test_in_every_form() {
    let forms = [
        plain,
        aliased,
        of_argument,
        with_bencher,
        asynchronous,
        asynchronous_of_argument,
        asynchronous_with_bencher,
    ];
    for (index, form) in forms.into_iter().enumerate() {
        let failure = form().expect_err("an error fails the test");
        assert!(failure.text().contains("broken"), "form {index}: {failure:?}");
    }
}

thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

struct Missing;

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such device")
    }
}

fn missing() -> Option<Missing> {
    CALLS.set(CALLS.get() + 1);
    Some(Missing)
}

fn device() -> u32 {
    unreachable!("a skipped test builds no argument")
}

#[perf_regression(args = [device(), "b" => device()], skip_if = missing)]
fn skipped(b: Bencher, device: u32) {
    b.bench(|| device);
}

#[test]
fn a_skipped_test_asks_once_and_builds_nothing() {
    CALLS.set(0);
    skipped().expect("a skipped test passes");
    assert_eq!(CALLS.get(), 1);
}
