//! The name of an annotated test.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which test: the package, the test target within it and the path within that.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct TestId {
    /// The cargo package.
    pub package: String,
    /// The crate name of the test target: `perf` for `tests/perf.rs`, the library's own name for
    /// its unit tests.
    pub target: String,
    /// The path of the test as libtest prints it: the modules without the crate, then the function.
    pub test: String,
}

impl TestId {
    /// `module_path` is what `module_path!()` says at the test, `function` its name.
    pub fn new(package: &str, module_path: &str, function: &str) -> Self {
        let (target, test) = match module_path.split_once("::") {
            Some((target, modules)) => (target, format!("{modules}::{function}")),
            None => (module_path, function.to_owned()),
        };
        Self { package: package.to_owned(), target: target.to_owned(), test }
    }
}

impl fmt::Display for TestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.target, self.test)
    }
}
