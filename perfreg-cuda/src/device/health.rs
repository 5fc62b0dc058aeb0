//! What a device says of its health, by NVML. Every reading is optional.

use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use nvml_wrapper::{Device, Nvml};

use perfreg_core::model::{GpuKey, Switch};

use crate::library::{self, Name};
use crate::timing::Throttling;

/// The health of one device.
pub struct Health {
    pub(super) nvml: Option<Nvml>,
    uuid: String,
}

/// One reading; what the device does not tell is `None`.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The clock of the multiprocessors, in MHz.
    pub megahertz: Option<u32>,
    /// The highest that this clock can be, in MHz.
    pub most_megahertz: Option<u32>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// Watts.
    pub power: Option<f64>,
    /// Joules since the driver was loaded.
    pub energy: Option<f64>,
    /// Whether the device slows itself down.
    pub throttling: Throttling,
}

impl Health {
    /// The health of the device of this identity: the order in which NVML counts is not CUDA's.
    pub(super) fn of(uuid: &str) -> Self {
        let path = library::open(Name::Nvml).ok().map(|opened| opened.path);
        let nvml = path.and_then(|path| Nvml::builder().lib_path(path.as_os_str()).init().ok());
        Self { nvml, uuid: uuid.to_owned() }
    }

    /// What decides how fast kernels run on this device, besides the kernels: the product, the driver,
    /// its highest clocks and its modes, as far as it tells them.
    pub fn host_key(&self, name: &str, capability: (u32, u32)) -> GpuKey {
        let switch = |on: bool| if on { Switch::On } else { Switch::Off };
        let driver = self.nvml.as_ref().and_then(|nvml| nvml.sys_driver_version().ok());
        let mut key = GpuKey::new(name, driver.as_deref().unwrap_or("unknown"));
        key.capability = Some(format!("{}.{}", capability.0, capability.1));
        if let Some(device) = self.device() {
            let most = |clock| device.max_clock_info(clock).ok();
            let clocks = most(Clock::SM).zip(most(Clock::Memory));
            key.clocks = clocks.map(|(sm, memory)| format!("{sm}/{memory} MHz"));
            key.ecc = device.is_ecc_enabled().ok().map(|mode| switch(mode.currently_enabled));
            key.mig = device.mig_mode().ok().map(|mode| switch(mode.current != 0));
        }
        key
    }

    /// Reads what the device tells now.
    pub fn read(&self) -> Reading {
        let silent = Reading {
            megahertz: None,
            most_megahertz: None,
            temperature: None,
            power: None,
            energy: None,
            throttling: Throttling::Unknown,
        };
        let Some(device) = self.device() else {
            return silent;
        };
        Reading {
            megahertz: device.clock_info(Clock::SM).ok(),
            most_megahertz: device.max_clock_info(Clock::SM).ok(),
            temperature: device.temperature(TemperatureSensor::Gpu).ok(),
            power: device.power_usage().ok().map(|milliwatts| f64::from(milliwatts) / 1e3),
            energy: device.total_energy_consumption().ok().map(|mj| mj as f64 / 1e3),
            throttling: throttling_of(&device),
        }
    }

    /// Whether the device slows itself down now: what is asked beside every sample.
    pub fn throttling(&self) -> Throttling {
        self.device().map_or(Throttling::Unknown, |device| throttling_of(&device))
    }

    /// The device, if there is NVML and it knows it.
    pub(super) fn device(&self) -> Option<Device<'_>> {
        self.nvml.as_ref()?.device_by_uuid(self.uuid.as_str()).ok()
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

fn throttling_of(device: &Device<'_>) -> Throttling {
    device.current_throttle_reasons().map_or(Throttling::Unknown, throttling)
}

/// Of the reasons, those that change what is measured; an idle device, or clocks that someone set,
/// are none.
fn throttling(reasons: ThrottleReasons) -> Throttling {
    let harmful = ThrottleReasons::SW_POWER_CAP
        | ThrottleReasons::HW_SLOWDOWN
        | ThrottleReasons::SW_THERMAL_SLOWDOWN
        | ThrottleReasons::HW_THERMAL_SLOWDOWN
        | ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN;
    if reasons.intersects(harmful) { Throttling::Yes } else { Throttling::No }
}

#[cfg(test)]
mod tests {
    use nvml_wrapper::bitmasks::device::ThrottleReasons;

    use super::{Health, throttling};
    use crate::timing::Throttling;

    #[test]
    fn only_what_slows_down_is_throttling() {
        let check = |reasons, expected| assert_eq!(throttling(reasons), expected);
        check(ThrottleReasons::empty(), Throttling::No);
        check(ThrottleReasons::GPU_IDLE, Throttling::No);
        check(ThrottleReasons::GPU_IDLE | ThrottleReasons::SW_POWER_CAP, Throttling::Yes);
        check(ThrottleReasons::HW_THERMAL_SLOWDOWN, Throttling::Yes);
    }

    #[test]
    fn a_device_that_is_not_there_tells_nothing() {
        let reading = Health::of("GPU-none").read();
        assert_eq!((reading.megahertz, reading.throttling), (None, Throttling::Unknown));
    }
}
