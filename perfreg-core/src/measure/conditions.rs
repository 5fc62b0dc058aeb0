//! What Linux tells of power, heat and clock governors, in files under a root: `/` outside of tests.
//!
//! Every reading is optional: virtual machines have none of these files, other systems neither.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::{Governor, Power};

/// What the machine under `root` runs on; `None` if it has no power supply that says so.
///
/// Many plugs claim to be online, USB ones even while they feed something else, so a battery that is
/// running down outweighs them.
pub(crate) fn power(root: &Path) -> Option<Power> {
    let supplies: Vec<PathBuf> = entries(&root.join("sys/class/power_supply"))
        // The battery of a mouse is not the machine's.
        .filter(|supply| word(&supply.join("scope")).as_deref() != Some("Device"))
        .collect();
    let any = |kinds: &[&str], file: &str, expected: &str| {
        supplies.iter().any(|supply| {
            word(&supply.join("type")).is_some_and(|kind| kinds.contains(&kind.as_str()))
                && word(&supply.join(file)).as_deref() == Some(expected)
        })
    };
    if any(&["Mains", "UPS"], "online", "1") {
        return Some(Power::Mains);
    }
    if any(&["Battery"], "status", "Discharging") {
        return Some(Power::Battery);
    }
    let known = ["Charging", "Full", "Not charging"];
    let rests = known.iter().any(|status| any(&["Battery"], "status", status));
    (rests || any(&["USB", "Wireless"], "online", "1")).then_some(Power::Mains)
}

/// Who chooses the clock frequency under `root`.
pub(crate) fn governor(root: &Path) -> Option<Governor> {
    let mut all = cpus(root).filter_map(|cpu| word(&cpu.join("cpufreq/scaling_governor")));
    let first = all.next()?;
    if all.any(|other| other != first) {
        return Some(Governor::Mixed);
    }
    Some(match first.as_str() {
        "performance" => Governor::Performance,
        "powersave" => Governor::Powersave,
        "schedutil" => Governor::Schedutil,
        "ondemand" => Governor::Ondemand,
        "conservative" => Governor::Conservative,
        "userspace" => Governor::Userspace,
        _ => Governor::Other,
    })
}

/// How much the CPU holds itself back because of heat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Throttle {
    /// How often it has done so since the start of the system, summed over cores and packages.
    times: Option<u64>,
    /// By how many steps it does so now, where that is all that the system tells.
    steps: Option<u64>,
}

impl Throttle {
    /// What the system under `root` says.
    pub(crate) fn of(root: &Path) -> Self {
        let counts = |cpu: PathBuf| {
            let files = ["core_throttle_count", "package_throttle_count"];
            files.map(|file| number(&cpu.join("thermal_throttle").join(file)))
        };
        let times = sum(cpus(root).flat_map(counts).flatten());
        let cools_a_cpu = |device: &PathBuf| {
            word(&device.join("type"))
                .is_some_and(|kind| kind == "Processor" || kind.contains("cpufreq"))
        };
        let devices = || {
            entries(&root.join("sys/class/thermal"))
                .filter(|path| name(path).starts_with("cooling_device"))
                .filter(cools_a_cpu)
        };
        let steps = times
            .is_none()
            .then(|| sum(devices().filter_map(|device| number(&device.join("cur_state")))));
        Self { times, steps: steps.flatten() }
    }

    /// How much it was between `earlier` and now.
    pub(crate) fn since(self, earlier: Self) -> Option<u64> {
        let times = self.times.zip(earlier.times).map(|(now, then)| now.saturating_sub(then));
        times.or_else(|| self.steps.zip(earlier.steps).map(|(now, then)| now.max(then)))
    }
}

/// The folders of the CPUs.
fn cpus(root: &Path) -> impl Iterator<Item = PathBuf> {
    entries(&root.join("sys/devices/system/cpu")).filter(|path| cpu_number(path).is_some())
}

/// The number of the CPU that a folder such as `cpu7` is of.
pub(super) fn cpu_number(path: &Path) -> Option<usize> {
    name(path).strip_prefix("cpu")?.parse().ok()
}

/// What lies in a folder, in the order of the names.
pub(super) fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let found = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = found.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter()
}

/// The text of a file of one line.
pub(super) fn word(path: &Path) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The number in a file.
pub(super) fn number(path: &Path) -> Option<u64> {
    word(path)?.parse().ok()
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// `None` if there are no numbers.
fn sum(numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.reduce(u64::saturating_add)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{Throttle, governor, power};
    use crate::model::{Governor, Power};

    /// A root with these files in it.
    pub(in crate::measure) fn root(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }
        folder
    }

    /// Supplies, each as `type status-or-online` and its scope if it has one.
    fn check_power(supplies: &[&str], expected: Option<Power>) {
        let mut files = Vec::new();
        for (at, supply) in supplies.iter().enumerate() {
            let folder = format!("sys/class/power_supply/S{at}");
            let words: Vec<&str> = supply.split('|').collect();
            let file = if words[0] == "Battery" { "status" } else { "online" };
            files.push((format!("{folder}/type"), words[0]));
            files.push((format!("{folder}/{file}"), words[1]));
            files.extend(words.get(2).map(|scope| (format!("{folder}/scope"), *scope)));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert_eq!(power(root(&files).path()), expected, "{supplies:?}");
    }

    #[test]
    fn a_machine_runs_on_mains_or_on_its_battery() {
        check_power(&[], None);
        check_power(&["Mains|1", "Battery|Charging"], Some(Power::Mains));
        check_power(&["Mains|0", "Battery|Discharging"], Some(Power::Battery));
        check_power(&["Battery|Full"], Some(Power::Mains));
        check_power(&["Battery|Unknown"], None);
        // A weak charger is none that runs out.
        check_power(&["Mains|1", "Battery|Discharging"], Some(Power::Mains));
        check_power(&["USB|1", "Battery|Discharging"], Some(Power::Battery));
        check_power(&["USB|1", "Battery|Unknown"], Some(Power::Mains));
        // A desktop with a wireless mouse.
        check_power(&["Battery|Discharging|Device"], None);
    }

    #[test]
    fn governors_are_one_or_mixed() {
        let check = |names: &[&str], expected: Option<Governor>| {
            let path = |cpu| format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor");
            let files: Vec<_> =
                names.iter().enumerate().map(|(cpu, name)| (path(cpu), *name)).collect();
            let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            assert_eq!(governor(root(&files).path()), expected, "{names:?}");
        };
        check(&[], None);
        check(&["powersave", "powersave"], Some(Governor::Powersave));
        check(&["performance", "powersave"], Some(Governor::Mixed));
        check(&["quiet"], Some(Governor::Other));
        // The folder of governors in general is not a CPU's.
        let general = [("sys/devices/system/cpu/cpufreq/scaling_governor", "performance")];
        assert_eq!(governor(root(&general).path()), None);
    }

    #[test]
    fn throttling_is_what_counters_gain_or_the_state_of_a_device() {
        let counted = |core: &str, package: &str| {
            let folder = "sys/devices/system/cpu/cpu1/thermal_throttle";
            let core_file = format!("{folder}/core_throttle_count");
            let package_file = format!("{folder}/package_throttle_count");
            // A device says nothing that counters do not say better.
            let files: [(&str, &str); 4] = [
                (&core_file, core),
                (&package_file, package),
                ("sys/class/thermal/cooling_device0/type", "Processor"),
                ("sys/class/thermal/cooling_device0/cur_state", "3"),
            ];
            Throttle::of(root(&files).path())
        };
        let device = |kind: &str, state: &str| {
            let files = [
                ("sys/class/thermal/cooling_device0/type", kind),
                ("sys/class/thermal/cooling_device0/cur_state", state),
            ];
            Throttle::of(root(&files).path())
        };
        let check = |then: Throttle, now: Throttle, expected: Option<u64>| {
            assert_eq!(now.since(then), expected, "{then:?} {now:?}");
        };
        check(counted("4", "9"), counted("4", "9"), Some(0));
        check(counted("4", "9"), counted("5", "11"), Some(3));
        check(device("Processor", "0"), device("Processor", "0"), Some(0));
        check(device("cpufreq-cpu0", "2"), device("cpufreq-cpu0", "0"), Some(2));
        check(device("Fan", "2"), device("Fan", "2"), None);
        check(Throttle::default(), counted("4", "9"), None);
    }
}
