//! Whether the machine was too busy for a clock to be believed.

use crate::judge::paced::{LaunchValue, at_its_pace};
use crate::model::{Health, Power};
use crate::stats::{median, robust_deviation};

/// What a neighbour can do to a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockKind {
    /// Runs only while the thread does.
    Cpu,
    /// Runs always.
    Wall,
}

/// Why these launches were too disturbed to convict by this clock; `None` if they were not.
///
/// A battery and heat change the clock frequency, which reaches every clock. Otherwise the low
/// quantile of CPU time stays put with every core busy, so only what the hypervisor takes disturbs
/// it. Wall time holds everything that others did.
pub fn disturbance(launches: &[Health], clock: ClockKind, cores: u32) -> Option<String> {
    const STEAL: f64 = 0.05;
    const WAITING: f64 = 0.10;
    if let Some(frequency) = frequency_changed(launches) {
        return Some(frequency);
    }
    let typical = |of: fn(&Health) -> Option<f64>| {
        let values: Vec<f64> = launches.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| median(&values))
    };
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let steal = typical(|h| h.steal).filter(|steal| *steal > STEAL);
    if let Some(steal) = steal {
        return Some(format!("the hypervisor took {} of the CPU time", percent(steal)));
    }
    if clock == ClockKind::Cpu {
        return None;
    }
    let waiting = typical(|h| Some(h.run_delay_ns? / (h.thread_cpu_ns + h.run_delay_ns?).max(1.0)));
    if let Some(waiting) = waiting.filter(|share| *share > WAITING) {
        return Some(format!("the thread waited for a CPU {} of the time", percent(waiting)));
    }
    overload(launches, cores)
}

/// Why neighbours may be the reason for more CPU time; `None` if they hardly can.
///
/// What computes keeps its time, at the CPU's pace, beside any neighbour that the pace does not show.
/// What waits for memory shares caches and memory with all of them, and varies from launch to launch.
pub fn shared_memory(launches: &[Health], values: &[LaunchValue], cores: u32) -> Option<String> {
    /// Robust standard deviation between launches at their pace, above which it does not just compute.
    const SPREAD: f64 = 0.01;
    let overload = overload(launches, cores)?;
    let logs: Vec<f64> =
        values.iter().map(at_its_pace).filter(|value| *value > 0.0).map(f64::ln).collect();
    let spread = if logs.is_empty() { 0.0 } else { robust_deviation(&logs) };
    (spread > SPREAD).then(|| {
        format!(
            "{overload}, and launches vary by {:.1} % at the CPU's pace, as what shares memory with \
             neighbours does",
            spread * 100.0
        )
    })
}

/// Far more work than cores, as the system counts it.
fn overload(launches: &[Health], cores: u32) -> Option<String> {
    const LOAD_PER_CORE: f64 = 1.5;
    let loads: Vec<f64> = launches.iter().filter_map(|health| health.load).collect();
    let load = (!loads.is_empty()).then(|| median(&loads))?;
    (load > LOAD_PER_CORE * f64::from(cores))
        .then(|| format!("the load average was {load:.1} on {cores} cores"))
}

/// One launch is enough: the others ran on a machine that was about to slow down, or just had.
fn frequency_changed(launches: &[Health]) -> Option<String> {
    let count = |is: fn(&Health) -> bool| launches.iter().filter(|health| is(health)).count();
    let of_all = |count: usize| format!("{count} of {} launches", launches.len());
    let on_battery = count(|health| health.power == Some(Power::Battery));
    if on_battery > 0 {
        return Some(format!("{} ran on battery, which lowers the clock", of_all(on_battery)));
    }
    let hot = count(|health| health.throttled.is_some_and(|times| times > 0));
    (hot > 0).then(|| format!("the CPU throttled itself for heat in {}", of_all(hot)))
}

#[cfg(test)]
mod tests {
    use super::{ClockKind, LaunchValue, disturbance, shared_memory};
    use crate::model::{Health, Pace, Power};

    #[test]
    fn cpu_time_bears_neighbours_and_wall_time_does_not() {
        let check = |delay: f64, steal: f64, load: f64, cpu: bool, wall: bool| {
            let health = Health {
                wall_ns: 1000.0,
                thread_cpu_ns: 900.0,
                process_cpu_ns: 900.0,
                run_delay_ns: Some(delay),
                steal: Some(steal),
                load: Some(load),
                ..Health::default()
            };
            let disturbed = |clock| disturbance(&[health; 5], clock, 2).is_some();
            assert_eq!((disturbed(ClockKind::Cpu), disturbed(ClockKind::Wall)), (cpu, wall));
        };
        check(0.0, 0.0, 0.5, false, false);
        check(500.0, 0.0, 0.5, false, true);
        check(0.0, 0.2, 0.5, true, true);
        check(0.0, 0.0, 4.0, false, true);
    }

    #[test]
    fn a_clock_that_slows_down_is_no_regression_on_any_clock() {
        let check = |power: Option<Power>, throttled: Option<u64>, expected: Option<&str>| {
            let mut launches = [Health::default(); 5];
            launches[2] = Health { power, throttled, ..Health::default() };
            for clock in [ClockKind::Cpu, ClockKind::Wall] {
                assert_eq!(disturbance(&launches, clock, 2).as_deref(), expected);
            }
        };
        check(Some(Power::Mains), Some(0), None);
        let battery = "1 of 5 launches ran on battery, which lowers the clock";
        check(Some(Power::Battery), Some(0), Some(battery));
        check(None, Some(3), Some("the CPU throttled itself for heat in 1 of 5 launches"));
    }

    #[test]
    fn memory_is_shared_with_neighbours_and_a_core_is_not() {
        let check = |load: f64, spread: f64, clock: f64, expected: bool| {
            let health = Health { load: Some(load), ..Health::default() };
            let value = |at: usize| {
                let off = |by: f64| 1.0 + by * ((at * 7 % 10) as f64 / 4.5 - 1.0);
                let pace = Pace::of_baseline(1800.0 * off(clock), 1.1);
                LaunchValue::new(100.0 * off(clock) * off(spread), Some(pace))
            };
            let values: Vec<LaunchValue> = (0..10).map(value).collect();
            let found = shared_memory(&[health; 10], &values, 2);
            assert_eq!(found.is_some(), expected, "{load} {spread} {clock}: {found:?}");
        };
        check(7.0, 0.05, 0.0, true);
        check(7.0, 0.005, 0.0, false);
        // A clock that moves is taken off.
        check(7.0, 0.005, 0.05, false);
        check(1.0, 0.05, 0.0, false);
        assert_eq!(shared_memory(&[Health::default(); 3], &[], 2), None);
    }

    #[test]
    fn a_system_that_says_nothing_is_not_held_against() {
        assert_eq!(disturbance(&[Health::default(); 3], ClockKind::Wall, 2), None);
    }
}
