//! What speaks against measuring on this machine, and what to do about it.

use std::fs;
use std::path::Path;

/// Something about the machine: what it is, what it means, and what helps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trait {
    pub(crate) name: &'static str,
    pub(crate) state: String,
    /// None where nothing has to be done.
    pub(crate) advice: Option<&'static str>,
}

/// What the files below `root` say, which is `/` but for tests; what cannot be read is left out.
pub(crate) fn traits(root: &Path) -> Vec<Trait> {
    let readers = [load, steal, governor, boost, threads, virtualised, counters, clock];
    readers.iter().filter_map(|read| read(root)).collect()
}

fn text(root: &Path, path: &str) -> Option<String> {
    Some(fs::read_to_string(root.join(path)).ok()?.trim().to_owned())
}

fn cores(root: &Path) -> usize {
    let info = text(root, "proc/cpuinfo").unwrap_or_default();
    info.lines().filter(|line| line.starts_with("processor")).count().max(1)
}

fn load(root: &Path) -> Option<Trait> {
    let text = text(root, "proc/loadavg")?;
    let load: f64 = text.split(' ').next()?.parse().ok()?;
    let cores = cores(root);
    let busy = load > 0.5 * cores as f64;
    Some(Trait {
        name: "load",
        state: format!("{load} on {cores} cores"),
        advice: busy.then_some(
            "other work runs here: CPU time hardly feels it, wall time does; measure while it is quiet",
        ),
    })
}

fn steal(root: &Path) -> Option<Trait> {
    let text = text(root, "proc/stat")?;
    let numbers: Vec<f64> =
        text.lines().next()?.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    let (stolen, all) = (*numbers.get(7)?, numbers.iter().take(8).sum::<f64>());
    let percent = 100.0 * stolen / all.max(1.0);
    Some(Trait {
        name: "steal",
        state: format!("{percent:.2} % of the time since it was started"),
        advice: (percent > 1.0).then_some(
            "the host gives this machine's time to others; another kind of runner helps",
        ),
    })
}

fn governor(root: &Path) -> Option<Trait> {
    let governor = text(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")?;
    let steady = governor == "performance";
    Some(Trait {
        name: "governor",
        state: governor,
        advice: (!steady).then_some("`cpupower frequency-set -g performance` keeps the clock up"),
    })
}

fn boost(root: &Path) -> Option<Trait> {
    let on = match text(root, "sys/devices/system/cpu/intel_pstate/no_turbo") {
        Some(no_turbo) => no_turbo == "0",
        None => text(root, "sys/devices/system/cpu/cpufreq/boost")? == "1",
    };
    Some(Trait {
        name: "boost",
        state: if on { "on" } else { "off" }.to_owned(),
        advice: on.then_some(
            "the clock depends on heat and neighbours; the pace is taken off, and boost off is steadier",
        ),
    })
}

fn threads(root: &Path) -> Option<Trait> {
    let active = text(root, "sys/devices/system/cpu/smt/active")? == "1";
    Some(Trait {
        name: "hardware threads",
        state: if active { "two a core" } else { "one a core" }.to_owned(),
        advice: active.then_some(
            "a neighbour on the same core costs half the speed; such launches are set aside",
        ),
    })
}

fn virtualised(root: &Path) -> Option<Trait> {
    let info = text(root, "proc/cpuinfo")?;
    let virtual_machine = info
        .lines()
        .find(|line| line.starts_with("flags"))?
        .split_whitespace()
        .any(|flag| flag == "hypervisor");
    Some(Trait {
        name: "machine",
        state: if virtual_machine { "virtual" } else { "not virtual" }.to_owned(),
        advice: virtual_machine
            .then_some("neighbours that cannot be seen share its cores; interleave with `diff`"),
    })
}

fn counters(root: &Path) -> Option<Trait> {
    let exist = root.join("sys/bus/event_source/devices/cpu").exists();
    let paranoid = text(root, "proc/sys/kernel/perf_event_paranoid")?;
    let allowed = paranoid.parse::<i32>().is_ok_and(|level| level <= 2);
    let (state, advice) = match (exist, allowed) {
        (true, true) => ("there, and allowed".to_owned(), None),
        (true, false) => (
            format!("there, but not allowed (perf_event_paranoid {paranoid})"),
            Some("`sysctl kernel.perf_event_paranoid=2` allows them"),
        ),
        (false, _) => (
            "none".to_owned(),
            Some("instructions cannot be counted here but by `valgrind --tool=callgrind`"),
        ),
    };
    Some(Trait { name: "counters", state, advice })
}

fn clock(root: &Path) -> Option<Trait> {
    let source = text(root, "sys/devices/system/clocksource/clocksource0/current_clocksource")?;
    let fast = ["tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page"];
    let fine = fast.contains(&source.as_str());
    Some(Trait {
        name: "clock",
        state: source,
        advice: (!fine).then_some("reading this clock is slow; `tsc` or `kvm-clock` are not"),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::traits;

    #[test]
    fn files_become_traits_with_advice() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert!(traits(root.path()).is_empty());
        write("proc/loadavg", "3.50 1 1 2/90 7\n");
        write("proc/cpuinfo", "processor : 0\nflags : fpu hypervisor\nprocessor : 1\n");
        write("proc/stat", "cpu  70 0 10 10 0 0 0 10 0 0\n");
        write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
        write("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
        write("sys/devices/system/cpu/smt/active", "0\n");
        write("proc/sys/kernel/perf_event_paranoid", "4\n");
        write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
        let check = |name: &str, state: &str, advises: bool| {
            let all = traits(root.path());
            let found = all.iter().find(|one| one.name == name).unwrap();
            assert_eq!((found.state.as_str(), found.advice.is_some()), (state, advises), "{name}");
        };
        check("load", "3.5 on 2 cores", true);
        check("steal", "10.00 % of the time since it was started", true);
        check("governor", "powersave", true);
        check("boost", "off", false);
        check("hardware threads", "one a core", false);
        check("machine", "virtual", true);
        check("counters", "none", true);
        check("clock", "hpet", true);
        fs::create_dir_all(root.path().join("sys/bus/event_source/devices/cpu")).unwrap();
        check("counters", "there, but not allowed (perf_event_paranoid 4)", true);
        write("proc/sys/kernel/perf_event_paranoid", "2\n");
        check("counters", "there, and allowed", false);
    }
}
