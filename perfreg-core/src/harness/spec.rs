//! What the macro hands to the harness, and what a generated test fails with.

use std::fmt;

/// An annotated test as the macro saw it.
#[derive(Clone, Copy, Debug)]
pub struct TestSpec {
    /// `env!("CARGO_PKG_NAME")`
    pub package: &'static str,
    /// `env!("CARGO_MANIFEST_DIR")`
    pub manifest_dir: &'static str,
    /// `module_path!()`
    pub module_path: &'static str,
    /// The function's name as libtest prints it.
    pub function: &'static str,
    /// `file!()`
    pub file: &'static str,
    /// The record in the link section; named here so that the linker keeps it.
    pub registration: &'static [u8],
    /// Sums the numbers below its argument, compiled as the test is: it tells whether that is
    /// optimised.
    pub spin: fn(u64) -> u64,
    /// The annotated function's signature, as its tokens.
    pub signature: &'static str,
    /// The attribute's options.
    pub options: Options,
}

impl TestSpec {
    /// The line of the attribute, as the record in the link section has it.
    pub(crate) fn line(&self) -> Option<u32> {
        line_of(self.registration)
    }
}

fn line_of(registration: &[u8]) -> Option<u32> {
    const SEPARATOR: u8 = 0x1f;
    // After the schema, the module, the function, the package and the file.
    let field = registration.split(|byte| *byte == SEPARATOR).nth(5)?;
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// The options of the attribute; `None` where it is silent.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// `baseline = "gt/x.json"`
    pub baseline: Option<&'static str>,
    /// `threshold = "3%"`, as a fraction: 0.03.
    pub threshold: Option<f64>,
    /// `reason = "…"`
    pub reason: Option<&'static str>,
    /// `metrics = [wall_time, "accuracy"]`
    pub metrics: Option<&'static [&'static str]>,
    /// `launches = 12`
    pub launches: Option<u32>,
    /// `samples = 50`
    pub samples: Option<u32>,
    /// `budget = "2s"`, in nanoseconds.
    pub budget_ns: Option<u64>,
    /// `limits = ["under 50 ms" => "a frame lasts 60 ms"]`: each with its reason.
    pub limits: &'static [(&'static str, &'static str)],
}

/// Why a generated test fails. libtest prints the `Debug` form, which is the text itself.
pub struct Failure(String);

impl Failure {
    /// A failure that says `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn the_line_stands_in_the_registration() {
        let check = |registration: &str, expected| {
            assert_eq!(line_of(registration.as_bytes()), expected, "{registration:?}");
        };
        let begin = "\u{1e}perfreg-test/1\u{1f}perf\u{1f}sort\u{1f}app\u{1f}tests/perf.rs";
        check(&format!("{begin}\u{1f}12\u{1f}gt/x.json\u{1f}\n"), Some(12));
        check(&format!("{begin}\u{1f}x\u{1f}\u{1f}\n"), None);
        check(begin, None);
        check("", None);
    }
}
