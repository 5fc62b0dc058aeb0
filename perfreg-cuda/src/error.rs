//! The one error type of the crate: opaque, with predicates for what a caller can act on.

use std::fmt;

/// What a function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as a fragment that names the argument or the library it speaks of.
///
/// ```
/// use perfreg_cuda::attention::Pattern;
///
/// let error = Pattern::new(4, 8).unwrap_err();
/// assert!(error.is_argument());
/// assert_eq!(error.to_string(), "dilation: 8 is larger than the segment of 4 positions");
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Argument,
    Unavailable,
    Compilation,
    Data,
    Measurement,
    Driver,
    Leak,
}

impl Error {
    /// The argument of this name cannot be what was given.
    pub(crate) fn argument(name: &str, message: impl fmt::Display) -> Self {
        Self::new(Kind::Argument, format!("{name}: {message}"))
    }

    /// The machine lacks what is needed.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// A kernel did not compile.
    pub(crate) fn compilation(message: impl Into<String>) -> Self {
        Self::new(Kind::Compilation, message)
    }

    /// Bytes or text that should be of some format are not.
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// A measurement could not be made.
    pub(crate) fn measurement(message: impl Into<String>) -> Self {
        Self::new(Kind::Measurement, message)
    }

    /// The driver refused `what`, such as "copy to the device".
    pub(crate) fn driver(what: &str, code: impl fmt::Debug) -> Self {
        Self::new(Kind::Driver, format!("cannot {what}: {code:?}"))
    }

    /// A piece of work left memory allocated.
    pub(crate) fn leak(name: &str, bytes: u64, device: &str) -> Self {
        Self::new(Kind::Leak, format!("`{name}` left {bytes} bytes allocated on {device}"))
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { inner: Box::new(Inner { kind, message: message.into() }) }
    }

    /// True if an argument was wrong; the message begins with its name.
    pub fn is_argument(&self) -> bool {
        self.inner.kind == Kind::Argument
    }

    /// True if this machine lacks a library, a driver or a device.
    pub fn is_unavailable(&self) -> bool {
        self.inner.kind == Kind::Unavailable
    }

    /// True if a kernel did not compile; the message holds the compiler's.
    pub fn is_compilation(&self) -> bool {
        self.inner.kind == Kind::Compilation
    }

    /// True if a measurement failed: nearly every sample was disturbed, or there was nothing to measure.
    pub fn is_measurement(&self) -> bool {
        self.inner.kind == Kind::Measurement
    }

    /// True if the driver refused a call; the message holds its code.
    pub fn is_driver(&self) -> bool {
        self.inner.kind == Kind::Driver
    }

    /// True if work left memory allocated; the message holds its name.
    pub fn is_leak(&self) -> bool {
        self.inner.kind == Kind::Leak
    }

    /// True if something to be read was malformed.
    pub fn is_data(&self) -> bool {
        self.inner.kind == Kind::Data
    }
}

/// For work that launches kernels of its own with cudarc.
impl From<cudarc::driver::DriverError> for Error {
    fn from(error: cudarc::driver::DriverError) -> Self {
        Self::new(Kind::Driver, format!("the driver refused: {:?}", error.0))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `fn main() -> Result<(), Error>` and libtest print this one.
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
