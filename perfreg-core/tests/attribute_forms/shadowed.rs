//! The user's names are the user's: none of them reaches the generated code.
#![expect(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "to collide with anything"
)]

use ::std::cell::Cell;

use ::perfreg_core::{Bencher, perf_regression};

mod core {}
mod std {}
mod alloc {}
mod perfreg_core {}

struct Result;
struct Option;
struct String;
struct u8;
struct usize;
struct str;
enum Returned {}

const args: u32 = 1;
const case: u32 = 2;
const bencher: u32 = 3;
const names: u32 = 4;
const skip: u32 = 5;
const value: u32 = 6;
const SPEC: u32 = 7;
const REGISTRATION: u32 = 8;
const RECORD: u32 = 9;

fn Some() {}
fn None() {}
fn Ok() {}
fn Err() {}
fn run() {}
fn no_reason() -> ::core::option::Option<&'static ::core::primitive::str> {
    ::core::option::Option::None
}

macro_rules! concat {
    () => {};
}
macro_rules! env {
    () => {};
}
macro_rules! panic {
    () => {};
}
macro_rules! module_path {
    () => {};
}

#[perf_regression(args = [args, case, "c" => bencher], skip_if = no_reason, baseline = "gt/a.json")]
fn collide(b: Bencher, x: u32) {
    b.bench(|| x + args + case + names + skip + value + SPEC + REGISTRATION + RECORD);
}

#[perf_regression]
fn plain() -> ::core::primitive::u32 {
    let _ = (Result, Option, String, u8, usize, str);
    Some();
    None();
    Ok();
    Err();
    run();
    concat!();
    env!();
    panic!();
    module_path!();
    SPEC
}

#[perf_regression]
async fn asynchronous(b: Bencher) -> ::core::result::Result<(), Returned> {
    b.bench(|| Cell::new(1));
    ::core::result::Result::Ok(())
}

impl ::core::fmt::Debug for Returned {
    fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match *self {}
    }
}
