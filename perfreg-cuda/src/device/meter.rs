//! The counters that a device keeps of itself, by NVML, around a stretch of work.

use nvml_wrapper::enum_wrappers::device::PerformancePolicy;
use nvml_wrapper::enums::gpm::GpmMetricId;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::gpm::gpm_metrics_get;
use nvml_wrapper::{Device, GpmSample, Nvml};

use super::health::Health;
use crate::timing::{Readings, Silence, Told, Violation, percent, share_violated};

/// The counters of one device that work has for itself.
pub(crate) struct Meter<'a> {
    nvml: &'a Nvml,
    device: Device<'a>,
}

/// Where the counters were.
pub(crate) struct Mark<'a> {
    power: Result<Violation, Silence>,
    thermal: Result<Violation, Silence>,
    monitored: Result<GpmSample<'a>, Silence>,
}

impl Health {
    /// What reads the counters.
    ///
    /// # Errors
    /// Why there is nothing to read.
    pub(crate) fn meter(&self) -> Result<Meter<'_>, Silence> {
        let nvml = self.nvml.as_ref().ok_or(Silence::NoHealth)?;
        let device = self.device().ok_or(Silence::NoHealth)?;
        // What has no MIG is not divided.
        let is_divided = device.mig_mode().is_ok_and(|mode| mode.current != 0);
        if is_divided { Err(Silence::Divided) } else { Ok(Meter { nvml, device }) }
    }
}

impl<'a> Meter<'a> {
    /// Millijoules since the driver was loaded.
    pub(crate) fn energy(&self) -> Result<u64, Silence> {
        self.device.total_energy_consumption().map_err(|error| refused(&error))
    }

    /// Where the counters are now.
    pub(crate) fn mark(&self) -> Mark<'a> {
        let violation = |policy| {
            let found = self.device.violation_status(policy).map_err(|error| refused(&error))?;
            let (at_microseconds, nanoseconds) = (found.reference_time, found.violation_time);
            Ok(Violation { at_microseconds, nanoseconds })
        };
        Mark {
            power: violation(PerformancePolicy::Power),
            thermal: violation(PerformancePolicy::Thermal),
            monitored: self.monitored(),
        }
    }

    /// What happened since `before`, beside the energy, which is known.
    pub(crate) fn since(&self, before: Mark<'a>, energy: Told) -> Readings {
        let now = self.mark();
        let busy = self.device.utilization_rates().map_err(|error| refused(&error));
        let [tensor_use, dram_use] = self.used(before.monitored, now.monitored);
        Readings {
            energy,
            power_violation: share_violated(before.power, now.power),
            thermal_violation: share_violated(before.thermal, now.thermal),
            tensor_use,
            dram_use,
            memory_busy: busy.and_then(|busy| percent(f64::from(busy.memory))),
        }
    }

    /// The state of the device's performance monitoring.
    fn monitored(&self) -> Result<GpmSample<'a>, Silence> {
        match self.device.gpm_support().map_err(|error| refused(&error))? {
            true => self.device.gpm_sample().map_err(|error| refused(&error)),
            false => Err(Silence::NotMonitored),
        }
    }

    /// How much the matrix units and the memory were used between two states.
    fn used(
        &self,
        before: Result<GpmSample<'a>, Silence>,
        now: Result<GpmSample<'a>, Silence>,
    ) -> [Told; 2] {
        let wanted = [GpmMetricId::AnyTensorUtil, GpmMetricId::DramBwUtil];
        let found = before.and_then(|before| {
            gpm_metrics_get(self.nvml, &before, &now?, &wanted).map_err(|error| refused(&error))
        });
        [0, 1].map(|at| match found.as_ref().map_err(Clone::clone)?.get(at) {
            Some(Ok(one)) => percent(one.value),
            Some(Err(error)) => Err(refused(error)),
            None => Err(Silence::NotMonitored),
        })
    }
}

fn refused(error: &NvmlError) -> Silence {
    Silence::Refused(error.to_string())
}
