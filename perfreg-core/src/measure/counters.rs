//! What the system knows about how disturbed this thread was. Every reading is optional.

use std::fs;
use std::path::Path;

use crate::measure::conditions::Throttle;

/// Running totals of this thread and this machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    /// Nanoseconds that this thread was ready but waited for a CPU.
    pub(crate) run_delay_ns: Option<f64>,
    pub(crate) involuntary_switches: Option<u64>,
    /// Ticks stolen by the hypervisor, and all ticks.
    pub(crate) steal: Option<(u64, u64)>,
    pub(crate) throttle: Throttle,
}

/// What was added to the counters meanwhile.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Added {
    pub(crate) run_delay_ns: Option<f64>,
    pub(crate) involuntary_switches: Option<u64>,
    /// The share of all ticks that was stolen.
    pub(crate) steal: Option<f64>,
    pub(crate) throttled: Option<u64>,
}

impl Counters {
    pub(crate) fn now() -> Self {
        Self {
            run_delay_ns: read("/proc/thread-self/schedstat")
                .and_then(|text| text.split_whitespace().nth(1)?.parse().ok()),
            involuntary_switches: read("/proc/thread-self/status")
                .and_then(|text| field(&text, "nonvoluntary_ctxt_switches:")),
            steal: read("/proc/stat").and_then(|text| steal_ticks(&text)),
            throttle: Throttle::of(Path::new("/")),
        }
    }

    /// What was added since `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Added {
        let run_delay_ns =
            self.run_delay_ns.zip(earlier.run_delay_ns).map(|(now, then)| now - then);
        let involuntary_switches = self
            .involuntary_switches
            .zip(earlier.involuntary_switches)
            .map(|(now, then)| now.saturating_sub(then));
        let steal = self.steal.zip(earlier.steal).and_then(|(now, then)| {
            let all = now.1.saturating_sub(then.1);
            (all > 0).then(|| now.0.saturating_sub(then.0) as f64 / all as f64)
        });
        let throttled = self.throttle.since(earlier.throttle);
        Added { run_delay_ns, involuntary_switches, steal, throttled }
    }
}

/// The load average over one minute.
pub(crate) fn load() -> Option<f64> {
    read("/proc/loadavg")?.split_whitespace().next()?.parse().ok()
}

/// The most memory that this process held at once, in bytes.
pub(crate) fn peak_resident() -> Option<f64> {
    let kibibytes = field(&read("/proc/self/status")?, "VmHWM:")?;
    Some(kibibytes as f64 * 1024.0)
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The number behind a name, without its unit.
fn field(text: &str, name: &str) -> Option<u64> {
    let of = |line: &str| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok();
    text.lines().find_map(of)
}

fn steal_ticks(stat: &str) -> Option<(u64, u64)> {
    let ticks: Vec<u64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .map_while(|tick| tick.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; what follows is counted in user already.
    Some((*ticks.get(7)?, ticks.iter().take(8).sum()))
}

#[cfg(test)]
mod tests {
    use super::{Added, Counters, field, peak_resident, steal_ticks};

    #[test]
    fn reads_what_linux_writes() {
        assert_eq!(steal_ticks("cpu  10 0 5 100 1 0 0 4 9 9\ncpu0 1\n"), Some((4, 120)));
        assert_eq!(steal_ticks("cpu  10 0 5\n"), None);
        assert_eq!(steal_ticks(""), None);
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t3\n";
        assert_eq!(field(status, "nonvoluntary_ctxt_switches:"), Some(3));
        assert_eq!(field("VmHWM:\t    2048 kB\n", "VmHWM:"), Some(2048));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_holds_what_it_has_written_to() {
        let before = peak_resident().unwrap();
        let page = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(peak_resident().unwrap() > before.max(page.len() as f64));
    }

    #[test]
    fn a_difference_needs_both_sides() {
        let then =
            Counters { run_delay_ns: Some(5.0), steal: Some((1, 100)), ..Counters::default() };
        let now = Counters {
            run_delay_ns: Some(9.0),
            involuntary_switches: Some(2),
            steal: Some((2, 110)),
            ..Counters::default()
        };
        let added = Added { run_delay_ns: Some(4.0), steal: Some(0.1), ..Added::default() };
        assert_eq!(now.since(&then), added);
    }
}
