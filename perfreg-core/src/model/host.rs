//! What must agree for two times to be comparable.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The machine, as far as it decides how fast code runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HostKey {
    /// Operating system and architecture, such as `linux-x86_64`.
    pub platform: String,
    /// The CPU model as the system names it.
    pub cpu: String,
    /// Cores that this process may use; 0 where an imported file does not say.
    pub cores: u32,
    /// Limits of the control group, such as `cpu 150 %`, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<String>,
    /// The GPU, for tests that use one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuKey>,
}

/// The accelerator that a test used, as far as it decides how fast kernels run.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct GpuKey {
    /// The product's name.
    pub name: String,
    /// The driver's version.
    pub driver: String,
    /// The compute capability, such as `9.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// The highest clocks of the multiprocessors and of the memory, such as `1980/3201 MHz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<String>,
    /// Whether memory errors are corrected, which costs bandwidth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecc: Option<Switch>,
    /// Whether it is cut into several devices (MIG).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mig: Option<Switch>,
}

/// A setting of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// It is on.
    On,
    /// It is off.
    Off,
}

impl GpuKey {
    /// A product with a driver, of which nothing else is known.
    pub fn new(name: &str, driver: &str) -> Self {
        let (name, driver) = (name.to_owned(), driver.to_owned());
        Self { name, driver, capability: None, clocks: None, ecc: None, mig: None }
    }
}

impl fmt::Display for GpuKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(capability) = &self.capability {
            write!(f, " {capability}")?;
        }
        write!(f, " (driver {}", self.driver)?;
        if let Some(clocks) = &self.clocks {
            write!(f, ", {clocks}")?;
        }
        for (name, switch) in [("ECC", self.ecc), ("MIG", self.mig)] {
            match switch {
                Some(Switch::On) => write!(f, ", {name} on")?,
                Some(Switch::Off) => write!(f, ", {name} off")?,
                None => {}
            }
        }
        f.write_str(")")
    }
}

impl HostKey {
    /// A key from its parts.
    pub fn new(platform: &str, cpu: &str, cores: u32, limits: Option<String>) -> Self {
        Self { platform: platform.to_owned(), cpu: cpu.to_owned(), cores, limits, gpu: None }
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.platform, self.cpu)?;
        match self.cores {
            0 => {}
            1 => f.write_str(", 1 core")?,
            cores => write!(f, ", {cores} cores")?,
        }
        if let Some(limits) = &self.limits {
            write!(f, ", {limits}")?;
        }
        if let Some(gpu) = &self.gpu {
            write!(f, ", {gpu}")?;
        }
        Ok(())
    }
}

/// What compiled the code; another toolchain makes other code.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Toolchain {
    /// The compiler's version, such as `1.95.0`.
    pub rustc: String,
    /// The cargo profile, such as `release`.
    pub profile: String,
    /// The features that the command line asked for, as it wrote them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub features: String,
    /// The seed, if the run was a deterministic one: those are compared with each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rustc {}, {}", self.rustc, self.profile)?;
        if !self.features.is_empty() {
            write!(f, ", features {}", self.features)?;
        }
        if let Some(seed) = self.seed {
            write!(f, ", deterministic with seed {seed}")?;
        }
        Ok(())
    }
}
