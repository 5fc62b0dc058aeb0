//! What the attribute accepts, run for real: every form of a function, and surroundings that try
//! to break the generated code.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused, clippy::pedantic, elided_lifetimes_in_paths)]
#![expect(
    clippy::ignore_without_reason,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "these forms are what is tested, not what they do"
)]

use std::cell::Cell;

use perfreg_core::{AllocCounter, Bencher, Direction, Unit, perf_regression};

#[global_allocator]
static ALLOC: AllocCounter = AllocCounter::system();

// A renamed dependency, and one that is only reachable through a module of the user's.
extern crate perfreg_core as renamed;
mod tools {
    pub(crate) mod measuring {
        pub(crate) use perfreg_core::*;
    }
}

#[path = "attribute_forms/failing.rs"]
mod failing;
#[path = "attribute_forms/shadowed.rs"]
mod shadowed;
/// A file that is a module only by its attribute.
#[path = "attribute_forms/elsewhere.rs"]
mod somewhere;

#[perf_regression]
fn silent() {}

#[perf_regression(baseline = "gt/parse.json")]
fn plain() -> usize {
    "1,2,3".split(',').count()
}

#[perf_regression()]
fn with_bencher(b: Bencher) {
    let page = vec![7_u8; 1024];
    b.bench(|| page.iter().map(|byte| u32::from(*byte)).sum::<u32>());
}

#[perf_regression(args = [1_000, "large" => 100_000], threshold = "3%", reason = "it is steady")]
fn with_both(b: Bencher, len: usize) {
    b.with_inputs(|| (0..len).rev().collect::<Vec<_>>()).bench_refs(|v| v.sort_unstable());
}

#[perf_regression(args = [10, 20,])]
fn with_argument(len: u8) -> u32 {
    (0..len).map(u32::from).sum()
}

#[perf_regression(args = ["one" => vec![1.5, 2.5]])]
fn with_an_owned_argument_of_no_display(values: Vec<f64>) -> f64 {
    values.into_iter().sum()
}

#[perf_regression(args = ["a,b", "c"])]
fn with_a_reference(text: &str) -> Option<&str> {
    text.split(',').next()
}

#[perf_regression(args = ["pair" => (1, "x"), "other" => (2, "y")])]
fn with_patterns(mut b: Bencher, (number, text): (u64, &str)) {
    b = b.throughput(perfreg_core::Throughput::Bytes(number));
    b.bench(|| text.len());
}

#[perf_regression(
    baseline = "gt/all.json",
    metrics = [time, wall_time, allocations, "accuracy"],
    launches = 12,
    samples = 50,
    budget = "1.5s",
    threshold = "2.5 %",
    reason = "the noise of the parser",
    skip_if = nothing_is_missing,
    crate = ::perfreg_core,
    args = [1, 2, 3],
)]
fn with_all_options(b: Bencher, number: i64) -> Result<(), std::num::TryFromIntError> {
    let number = u32::try_from(number)?;
    b.record("accuracy", 0.9, Unit::Dimensionless, Direction::HigherIsBetter);
    b.bench(|| number.count_ones());
    Ok(())
}

fn nothing_is_missing() -> Option<String> {
    None
}

#[perf_regression]
async fn asynchronous() -> u32 {
    std::future::ready(7).await
}

#[perf_regression(args = [1, 2])]
async fn asynchronous_with_argument(number: u32) -> u32 {
    std::future::ready(number).await
}

#[perf_regression]
async fn asynchronous_with_bencher(b: Bencher) {
    b.bench_async(|| std::future::ready(7)).await;
}

#[perf_regression(args = [1, 2])]
async fn asynchronous_with_both(b: Bencher, number: u32) -> std::io::Result<()> {
    b.bench_async(|| std::future::ready(number)).await;
    Ok(())
}

thread_local!(static EXECUTED: Cell<u32> = const { Cell::new(0) });

fn executor<F: Future>(future: F) -> F::Output {
    EXECUTED.set(EXECUTED.get() + 1);
    perfreg_core::private::block_on(future)
}

#[perf_regression(executor = executor)]
async fn executed() -> u32 {
    7
}

#[perf_regression(executor = self::executor)]
async fn executed_with_bencher(b: Bencher) -> Result<(), String> {
    assert!(EXECUTED.get() > 0, "the executor was not called");
    b.bench(|| 7);
    Ok(())
}

#[perf_regression]
fn opaque() -> impl Iterator<Item = u32> {
    [1, 2, 3].into_iter()
}

#[perf_regression]
fn result() -> Result<u32, std::num::ParseIntError> {
    "7".parse()
}

#[perf_regression(args = [1, 2])]
fn result_of_argument(number: u32) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(number.to_string().parse()?)
}

#[perf_regression]
fn recursive() -> u32 {
    fn inner(n: u32) -> u32 {
        if n == 0 { 0 } else { inner(n - 1) + 1 }
    }
    inner(10)
}

#[perf_regression(args = [5])]
fn recursive_by_its_own_name(n: u32) -> u32 {
    if n == 0 { 0 } else { recursive_by_its_own_name(n - 1) + 1 }
}

/// A documented test.
#[perf_regression]
#[ignore]
fn ignored() {
    unreachable!("it is ignored");
}

#[perf_regression]
#[ignore = "for this reason"]
fn ignored_with_a_reason() {
    unreachable!("it is ignored");
}

#[perf_regression]
#[cfg(any())]
fn configured_out() {
    this_does_not_exist()
}

#[cfg_attr(all(), perf_regression(baseline = "gt/conditional.json"))]
#[cfg_attr(all(), ignore)]
fn conditional() {}

#[perf_regression]
#[inline(never)]
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "lint levels reach the body")]
fn with_other_attributes() -> u8 {
    300_u32 as u8
}

#[perf_regression]
const fn constant() -> u32 {
    7
}

#[perf_regression(crate = renamed)]
fn with_a_renamed_crate(b: renamed::Bencher) {
    b.bench(|| 7);
}

#[perf_regression(crate = crate::tools::measuring, args = [1], skip_if = super_skip)]
fn with_a_reexport(b: tools::measuring::Bencher, _number: u32) -> Result<(), ()> {
    b.bench(|| 7);
    Ok(())
}

fn super_skip() -> Option<&'static str> {
    None
}

#[perf_regression]
fn r#match() -> u32 {
    7
}

mod nested {
    pub(crate) mod r#loop {
        use perfreg_core::perf_regression;

        const LEN: usize = 10;

        #[perf_regression(args = [LEN, self::LEN + 1, super::super::outer_len()])]
        pub(crate) fn r#while(len: usize) -> usize {
            super::super::outer_len() + len
        }
    }
}

fn outer_len() -> usize {
    7
}

macro_rules! tests {
    ($module:ident, $($(#[$meta:meta])* $name:ident($ty:ty) = $value:expr, $label:literal;)*) => {
        mod $module {
            use perfreg_core::{Bencher, perf_regression};
            $(
                $(#[$meta])*
                #[perf_regression(args = [$label => $value, "twice" => 2 * $value])]
                fn $name(b: Bencher, value: $ty) {
                    b.bench(|| value);
                }
            )*
        }
    };
}

tests! {
    made_by_a_macro,
    /// Documented.
    small(u8) = 1, "a";
    #[ignore = "large"]
    large(u64) = 1 << 40, "b";
}

macro_rules! block {
    ($vis:vis $name:ident $b:ident $ty:ty, $ret:ty, $body:block, $file:literal, $percent:expr) => {
        #[perf_regression(baseline = $file, threshold = $percent)]
        $vis fn $name($b: $ty) -> $ret $body
    };
}
block!(
    pub(crate) from_fragments b Bencher,
    Result<(), String>,
    { b.bench(|| 7); Ok(()) },
    "gt/x.json",
    "5%"
);

/// The command line tool finds the tests by these records, without running the binary.
#[test]
fn the_binary_lists_its_tests() {
    let binary = std::fs::read(std::env::current_exe().expect("its path")).expect("its bytes");
    let records = [
        ["attribute", "parse_nothing", ""],
        ["attribute", "plain", "gt/parse.json"],
        ["attribute", "r#match", ""],
        ["attribute::nested::r#loop", "r#while", ""],
        ["attribute::shadowed", "collide", "gt/a.json"],
        ["attribute::made_by_a_macro", "small", ""],
    ];
    for (index, [module, function, baseline]) in records.into_iter().enumerate() {
        let start = ["\u{1e}perfreg-test/1", module, function, "perfreg-core", ""].join("\u{1f}");
        let record = binary
            .windows(start.len())
            .position(|window| window == start.as_bytes())
            .map(|at| String::from_utf8_lossy(&binary[at..][..400]).into_owned());
        // The first one is no test: the search itself must not be what it finds.
        assert_eq!(record.is_some(), index > 0, "{module}::{function}");
        let Some(record) = record else { continue };
        let fields: Vec<&str> = record.lines().next().expect("a line").split('\u{1f}').collect();
        let [_, _, _, _, file, line, of, _] = fields[..] else { panic!("{fields:?}") };
        assert!(file.contains("attribute") && line.parse::<u32>().is_ok(), "{fields:?}");
        assert_eq!(of, baseline);
    }
}
