//! Asking the driver, by a handful of functions that every version has.
//!
//! General bindings panic on a missing library or function; here each is an answer.
#![expect(unsafe_code, reason = "calls C functions through pointers")]

use std::ffi::{CStr, c_char, c_int, c_uint};
use std::path::PathBuf;

use crate::library::{self, Name, Opened};

/// What the driver said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Driver {
    /// There is none; the text says what was tried.
    Missing(String),
    /// It lacks a function that every driver has.
    Incomplete(&'static str),
    /// It is there.
    Found { path: PathBuf, version: Version, devices: Result<Vec<Device>, Refusal> },
}

/// The newest CUDA that a driver knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

/// A call that the driver refused, with its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) call: &'static str,
    pub(super) code: c_int,
}

/// A device as the driver lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) capability: (u32, u32),
}

/// Looks for the driver and asks it for its devices.
pub(super) fn ask() -> Driver {
    match library::open(Name::Driver) {
        Err(missing) => Driver::Missing(missing.to_string()),
        Ok(opened) => match Api::of(&opened) {
            Err(function) => Driver::Incomplete(function),
            Ok(api) => Driver::Found {
                path: opened.path.clone(),
                version: api.version(),
                devices: api.devices(),
            },
        },
    }
}

/// The functions, as `cuda.h` declares them since CUDA 2.
struct Api {
    version: unsafe extern "C" fn(*mut c_int) -> c_int,
    init: unsafe extern "C" fn(c_uint) -> c_int,
    count: unsafe extern "C" fn(*mut c_int) -> c_int,
    device: unsafe extern "C" fn(*mut c_int, c_int) -> c_int,
    name: unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int,
    attribute: unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int,
}

/// `CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR` and `…_MINOR`.
const CAPABILITY: (c_int, c_int) = (75, 76);

impl Api {
    fn of(opened: &Opened) -> Result<Self, &'static str> {
        // SAFETY: the types are those of `cuda.h`.
        unsafe {
            Ok(Self {
                version: opened.function("cuDriverGetVersion")?,
                init: opened.function("cuInit")?,
                count: opened.function("cuDeviceGetCount")?,
                device: opened.function("cuDeviceGet")?,
                name: opened.function("cuDeviceGetName")?,
                attribute: opened.function("cuDeviceGetAttribute")?,
            })
        }
    }

    /// 0.0 if the driver does not say, which is older than anything.
    fn version(&self) -> Version {
        let mut version = 0;
        // SAFETY: the pointer is to a live integer; this call needs no initialisation.
        unsafe { (self.version)(&mut version) };
        let version = version.unsigned_abs();
        Version { major: version / 1000, minor: version % 1000 / 10 }
    }

    fn devices(&self) -> Result<Vec<Device>, Refusal> {
        let mut count = 0;
        // SAFETY: the driver takes 0 as flags, and writes to a live integer.
        unsafe {
            check("cuInit", (self.init)(0))?;
            check("cuDeviceGetCount", (self.count)(&mut count))?;
        }
        (0..count).map(|ordinal| self.describe(ordinal)).collect()
    }

    fn describe(&self, ordinal: c_int) -> Result<Device, Refusal> {
        const LENGTH: usize = 256;
        let mut name = [0_u8; LENGTH];
        let (mut device, mut major, mut minor) = (0, 0, 0);
        // SAFETY: initialised; the ordinal is under the count; the buffer has the length given.
        unsafe {
            check("cuDeviceGet", (self.device)(&mut device, ordinal))?;
            let length = c_int::try_from(LENGTH).expect("256 fits");
            check("cuDeviceGetName", (self.name)(name.as_mut_ptr().cast(), length, device))?;
            let attribute = self.attribute;
            check("cuDeviceGetAttribute", attribute(&mut major, CAPABILITY.0, device))?;
            check("cuDeviceGetAttribute", attribute(&mut minor, CAPABILITY.1, device))?;
        }
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default().to_string_lossy();
        Ok(Device {
            name: name.into_owned(),
            capability: (major.unsigned_abs(), minor.unsigned_abs()),
        })
    }
}

fn check(call: &'static str, code: c_int) -> Result<(), Refusal> {
    if code == 0 { Ok(()) } else { Err(Refusal { call, code }) }
}
