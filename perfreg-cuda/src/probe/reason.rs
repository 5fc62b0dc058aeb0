//! Why kernels cannot run here, decided from what was found.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;

use perfreg_core::probe::tell_devices;

use super::Probe;
use super::driver::{self, Driver, Refusal, Version};
use crate::error::Result;
use crate::nvrtc::Compiler;

/// The oldest driver that is worked with: the device layer calls functions that came with it.
const NEEDED: Version = Version { major: 13, minor: 0 };

/// Devices before 8.0 lack the asynchronous copies and bf16 products of the kernels.
const OLDEST_DEVICE: (u32, u32) = (8, 0);

/// Why kernels cannot run on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// There is no driver.
    NoDriver {
        /// What was tried.
        tried: String,
    },
    /// The driver knows an older CUDA than is needed.
    OldDriver {
        /// The newest CUDA that it knows.
        version: String,
    },
    /// The driver's library is not what its name says.
    IncompleteDriver {
        /// A function that it lacks.
        function: &'static str,
    },
    /// The device's file may not be opened.
    NoPermission {
        /// The file.
        file: String,
    },
    /// The driver lists no device.
    NoDevice,
    /// No device is of an architecture that the kernels are written for.
    OldDevice {
        /// The newest device.
        device: String,
        /// Its compute capability.
        capability: (u32, u32),
    },
    /// The driver refused to start.
    Refused {
        /// The function.
        call: &'static str,
        /// What it returned.
        code: i32,
    },
    /// There is no compiler of kernels.
    NoCompiler {
        /// What was tried, or what is wrong with it.
        why: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDriver { tried } => write!(f, "no CUDA driver here ({tried})"),
            Self::OldDriver { version } => {
                let Version { major, minor } = NEEDED;
                write!(f, "the driver knows CUDA {version}, and {major}.{minor} is needed")
            }
            Self::IncompleteDriver { function } => {
                write!(f, "the driver's library has no function `{function}`")
            }
            Self::NoPermission { file } => write!(f, "no permission to open {file}"),
            Self::NoDevice => f.write_str("the CUDA driver lists no device"),
            Self::OldDevice { device, capability: (major, minor) } => {
                let (needed_major, needed_minor) = OLDEST_DEVICE;
                write!(
                    f,
                    "{device} has compute capability {major}.{minor}, and {needed_major}.{needed_minor} is needed"
                )
            }
            Self::Refused { call, code } => {
                write!(f, "the CUDA driver refused {call}: code {code}")
            }
            Self::NoCompiler { why } => f.write_str(why),
        }
    }
}

/// Why kernels cannot run on this machine; `None` if they can.
///
/// It never panics, and takes what is missing for an answer. For `skip_if` of the attribute:
///
/// ```
/// if let Some(reason) = perfreg_cuda::unavailable() {
///     println!("skipped: {reason}");
/// }
/// ```
pub fn unavailable() -> Option<Reason> {
    tell_devices(env!("CARGO_PKG_NAME"), || Probe::take().to_json());
    let driver = judge(&driver::ask(), locked_file);
    driver.or_else(|| compiler_missing(&Compiler::find()))
}

/// What speaks against the compiler.
pub(super) fn compiler_missing(compiler: &Result<&'static Compiler>) -> Option<Reason> {
    let error = compiler.as_ref().err()?;
    Some(Reason::NoCompiler { why: error.to_string() })
}

/// What speaks against the driver and its devices.
pub(super) fn judge(driver: &Driver, locked: impl Fn() -> Option<String>) -> Option<Reason> {
    let (version, devices) = match driver {
        Driver::Missing(tried) => return Some(Reason::NoDriver { tried: tried.clone() }),
        Driver::Incomplete(function) => return Some(Reason::IncompleteDriver { function }),
        Driver::Found { version, devices, .. } => (*version, devices),
    };
    if version < NEEDED {
        let version = format!("{}.{}", version.major, version.minor);
        return Some(Reason::OldDriver { version });
    }
    match devices {
        Err(refusal) => {
            Some(locked().map_or_else(|| refused(*refusal), |file| Reason::NoPermission { file }))
        }
        Ok(devices) => match devices.iter().max_by_key(|device| device.capability) {
            None => Some(Reason::NoDevice),
            Some(newest) => (newest.capability < OLDEST_DEVICE).then(|| Reason::OldDevice {
                device: newest.name.clone(),
                capability: newest.capability,
            }),
        },
    }
}

fn refused(refusal: Refusal) -> Reason {
    /// `CUDA_ERROR_NO_DEVICE`.
    const NO_DEVICE: i32 = 100;
    if refusal.code == NO_DEVICE {
        Reason::NoDevice
    } else {
        Reason::Refused { call: refusal.call, code: refusal.code }
    }
}

/// A device file that exists and may not be opened. The driver itself does not tell: it says that
/// there is no device.
pub(super) fn locked_file() -> Option<String> {
    let files = ["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"];
    let locked = files.into_iter().find(|file| {
        let opened = OpenOptions::new().read(true).write(true).open(file);
        opened.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    });
    locked.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::driver::{Device, Driver, Refusal, Version};
    use super::judge;

    #[test]
    fn what_is_wrong_first_is_the_reason() {
        let check = |driver: Driver, locked: Option<&str>, expected: &str| {
            let found = judge(&driver, || locked.map(str::to_owned));
            let found = found.map_or("available".to_owned(), |reason| reason.to_string());
            assert_eq!(found, expected);
        };
        let found = |version: (u32, u32), devices| Driver::Found {
            path: "libcuda.so.1".into(),
            version: Version { major: version.0, minor: version.1 },
            devices,
        };
        let device = |capability| Device { name: "Card".to_owned(), capability };
        let refused = |code| Err(Refusal { call: "cuInit", code });
        check(
            Driver::Missing("tried libcuda.so.1".to_owned()),
            Some("/dev/nvidiactl"),
            "no CUDA driver here (tried libcuda.so.1)",
        );
        check(Driver::Incomplete("cuInit"), None, "the driver's library has no function `cuInit`");
        check(found((12, 8), refused(100)), None, "the driver knows CUDA 12.8, and 13.0 is needed");
        check(found((13, 0), refused(100)), None, "the CUDA driver lists no device");
        check(
            found((13, 0), refused(100)),
            Some("/dev/nvidiactl"),
            "no permission to open /dev/nvidiactl",
        );
        check(found((13, 0), refused(803)), None, "the CUDA driver refused cuInit: code 803");
        check(found((13, 0), Ok(vec![])), None, "the CUDA driver lists no device");
        check(
            found((13, 0), Ok(vec![device((7, 5)), device((6, 1))])),
            None,
            "Card has compute capability 7.5, and 8.0 is needed",
        );
        check(found((14, 1), Ok(vec![device((6, 1)), device((9, 0))])), None, "available");
    }
}
