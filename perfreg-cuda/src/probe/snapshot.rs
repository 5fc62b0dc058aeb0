//! What this machine has, in a form for machines.

use serde::Serialize;

use super::driver::{self, Driver};
use super::reason;
use crate::library::{self, Name};
use crate::nvrtc::Compiler;

/// What this machine has for running kernels. As JSON, a document with a schema.
///
/// ```
/// let probe = perfreg_cuda::probe::Probe::take();
/// assert!(probe.to_json().starts_with("{\"schema\":\"perfreg-cuda-probe/1\""));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Probe {
    schema: &'static str,
    /// Why kernels cannot run here; `None` if they can.
    pub unavailable: Option<String>,
    /// The newest CUDA that the driver knows, such as `13.0`.
    pub driver: Option<String>,
    /// The devices that the driver lists.
    pub devices: Vec<Device>,
    /// The version of the compiler, such as `13.0`.
    pub nvrtc: Option<String>,
    /// Where the compiler was found.
    pub nvrtc_path: Option<String>,
    /// Whether the library that tells of a device's health opens.
    pub nvml: bool,
}

/// A device as the driver lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Device {
    /// The name, such as `NVIDIA H200`.
    pub name: String,
    /// The compute capability, such as `9.0`.
    pub compute_capability: String,
}

impl Probe {
    /// Looks at this machine. It never fails: what is missing is left out.
    pub fn take() -> Self {
        let driver = driver::ask();
        let compiler = Compiler::find();
        let unavailable = reason::judge(&driver, reason::locked_file)
            .or_else(|| reason::compiler_missing(&compiler));
        let (version, devices) = match driver {
            Driver::Found { version, devices, .. } => {
                (Some(format!("{}.{}", version.major, version.minor)), devices.unwrap_or_default())
            }
            Driver::Missing(_) | Driver::Incomplete(_) => (None, Vec::new()),
        };
        let dotted = |(major, minor): (u32, u32)| format!("{major}.{minor}");
        Self {
            schema: "perfreg-cuda-probe/1",
            unavailable: unavailable.map(|reason| reason.to_string()),
            driver: version,
            devices: devices
                .into_iter()
                .map(|device| Device {
                    name: device.name,
                    compute_capability: dotted(device.capability),
                })
                .collect(),
            nvrtc: compiler.as_ref().ok().map(|compiler| dotted(compiler.version())),
            nvrtc_path: compiler.ok().map(|compiler| compiler.path().display().to_string()),
            nvml: library::open(Name::Nvml).is_ok(),
        }
    }

    /// The probe as one line of JSON.
    #[expect(clippy::missing_panics_doc, reason = "strings and booleans have a form in JSON")]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and booleans have a form in JSON")
    }
}
