use perfreg_core::perf_regression;

#[perf_regression]
struct Struct;

#[perf_regression]
enum Enum {}

#[perf_regression]
union Union {
    field: u32,
}

#[perf_regression]
impl Struct {}

#[perf_regression]
pub trait Trait {}

#[perf_regression]
pub(crate) mod module {}

#[perf_regression]
static STATIC: u32 = 1;

#[perf_regression]
const CONST: u32 = 1;

#[perf_regression]
type Alias = u32;

#[perf_regression]
pub use std::fmt;

trait WithTest {
    #[perf_regression]
    fn no_body();
}

fn main() {}
