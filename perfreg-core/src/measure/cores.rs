//! Which cores are of which kind, and keeping a worker on one of them.
//!
//! A launch that the scheduler puts on an efficiency core may be half as fast as the next one, which
//! no statistics can tell from a change of the code.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::measure::affinity;
use crate::measure::conditions::{cpu_number, entries, number, word};
use crate::model::Placement;

/// Numbers of logical CPUs.
pub(crate) type Cpus = BTreeSet<usize>;

/// What the system says of its cores.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Kinds {
    Alike,
    /// Two at least, the fastest first.
    Several(Vec<Cpus>),
    Untold,
}

/// Keeps this thread, and those that it starts from now on, on cores of one kind.
///
/// Never on a core that it may not use already.
pub(crate) fn keep_to_one_kind() -> Placement {
    place(&kinds(Path::new("/")), affinity::allowed, affinity::keep_to)
}

fn place(
    kinds: &Kinds,
    allowed: impl FnOnce() -> Option<Cpus>,
    keep_to: impl FnOnce(&Cpus) -> io::Result<()>,
) -> Placement {
    let kinds = match kinds {
        Kinds::Alike => return Placement::Alike,
        Kinds::Untold => return Placement::Unknown,
        Kinds::Several(kinds) => kinds,
    };
    let Some(allowed) = allowed() else { return Placement::Refused };
    match choose(kinds, &allowed) {
        None => Placement::Unknown,
        Some((chosen, placement)) if chosen == allowed || keep_to(&chosen).is_ok() => placement,
        Some(_) => Placement::Refused,
    }
}

/// The fastest kind that may be used, as far as it may; `None` if that is of no known kind.
///
/// A kind of a single core comes last: work on several threads would take turns on it.
fn choose(kinds: &[Cpus], allowed: &Cpus) -> Option<(Cpus, Placement)> {
    let (several, single): (Vec<_>, Vec<_>) =
        kinds.iter().enumerate().partition(|(_, kind)| kind.len() > 1);
    let usable = several.into_iter().chain(single).find_map(|(at, kind)| {
        let common: Cpus = kind.intersection(allowed).copied().collect();
        (!common.is_empty()).then_some((at, common))
    });
    usable.map(|(at, cpus)| {
        let slowest = at + 1 == kinds.len();
        (cpus, if slowest { Placement::Efficiency } else { Placement::Performance })
    })
}

/// What the system under `root` says: Intel's two kinds by their performance counters, others by
/// their capacities.
fn kinds(root: &Path) -> Kinds {
    let counted = |device: &str| {
        let text = word(&root.join("sys/devices").join(device).join("cpus"))?;
        cpu_list(&text).filter(|cpus| !cpus.is_empty())
    };
    if let (Some(performance), Some(efficiency)) = (counted("cpu_core"), counted("cpu_atom")) {
        return Kinds::Several(vec![performance, efficiency]);
    }
    let capacities: Vec<(u64, usize)> = entries(&root.join("sys/devices/system/cpu"))
        .filter_map(|path| Some((number(&path.join("cpu_capacity"))?, cpu_number(&path)?)))
        .collect();
    match by_capacity(capacities) {
        kinds if kinds.len() > 1 => Kinds::Several(kinds),
        // What a hypervisor says of its virtual cores tells nothing of those beneath.
        kinds if kinds.len() == 1 && !is_virtual(root) => Kinds::Alike,
        _ => Kinds::Untold,
    }
}

/// CPUs of about the same capacity together, those of the highest first.
fn by_capacity(mut capacities: Vec<(u64, usize)>) -> Vec<Cpus> {
    /// Cores of one kind differ by some percent where each is rated for itself.
    const SAME: f64 = 0.95;
    capacities.sort_unstable_by(|one, other| other.cmp(one));
    let mut kinds: Vec<(u64, Cpus)> = Vec::new();
    for (capacity, cpu) in capacities {
        match kinds.last_mut() {
            Some((highest, cpus)) if capacity as f64 >= SAME * *highest as f64 => {
                cpus.insert(cpu);
            }
            _ => kinds.push((capacity, Cpus::from([cpu]))),
        }
    }
    kinds.into_iter().map(|(_, cpus)| cpus).collect()
}

fn is_virtual(root: &Path) -> bool {
    let text = fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default();
    let flags = text.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

/// A list such as `0-3,8`.
fn cpu_list(text: &str) -> Option<Cpus> {
    /// More than any system has; a range beyond it is a typing error of the reader's.
    const MOST: usize = 1 << 16;
    let mut cpus = Cpus::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let last: usize = last.parse().ok().filter(|last| *last < MOST)?;
        cpus.extend(first.parse::<usize>().ok()?..=last);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;

    use super::{Cpus, Kinds, cpu_list, kinds, place};
    use crate::measure::conditions::tests::root;
    use crate::model::Placement;

    fn cpus(list: &str) -> Cpus {
        cpu_list(list).unwrap()
    }

    #[test]
    fn lists_of_cpus() {
        let check = |text: &str, expected: Option<&[usize]>| {
            let found = cpu_list(text).map(|cpus| cpus.into_iter().collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{text:?}");
        };
        check("0-3,8\n", Some(&[0, 1, 2, 3, 8]));
        check("5", Some(&[5]));
        check("", Some(&[]));
        check("0-x", None);
        check("0-99999999999", None);
    }

    /// A root whose CPUs have these capacities.
    fn of_capacities(capacities: &[&str], cpuinfo: &str) -> Kinds {
        let path = |cpu| format!("sys/devices/system/cpu/cpu{cpu}/cpu_capacity");
        let paths: Vec<_> = (0..capacities.len()).map(path).collect();
        let mut files = vec![("proc/cpuinfo", cpuinfo)];
        files.extend(paths.iter().map(String::as_str).zip(capacities.iter().copied()));
        kinds(root(&files).path())
    }

    fn several(lists: &[&str]) -> Kinds {
        Kinds::Several(lists.iter().map(|list| cpus(list)).collect())
    }

    #[test]
    fn kinds_are_told_by_counters_or_capacities() {
        let intel = [("sys/devices/cpu_core/cpus", "0-7"), ("sys/devices/cpu_atom/cpus", "8-11")];
        assert_eq!(kinds(root(&intel).path()), several(&["0-7", "8-11"]));
        assert_eq!(kinds(root(&intel[..1]).path()), Kinds::Untold);
        assert_eq!(kinds(root(&[]).path()), Kinds::Untold);
        let check = |capacities: &[&str], expected: Kinds| {
            assert_eq!(of_capacities(capacities, "flags : fpu"), expected, "{capacities:?}");
        };
        check(&["446", "446", "1024", "1024"], several(&["2-3", "0-1"]));
        check(&["1024", "1009", "1024"], Kinds::Alike);
        check(&["300", "871", "871", "1024"], several(&["3", "1-2", "0"]));
        check(&["1024", "nonsense"], Kinds::Alike);
        let virtual_cpu = "processor : 0\nflags\t: fpu hypervisor sse";
        assert_eq!(of_capacities(&["1024", "1024"], virtual_cpu), Kinds::Untold);
        assert_eq!(of_capacities(&["1024", "500"], virtual_cpu), several(&["0", "1"]));
    }

    /// Where a worker ends up that may use `allowed`, and what it asked the system for.
    fn check(kinds: &[&str], allowed: &str, expected: Placement, asked: Option<&str>) {
        let asks = RefCell::new(None);
        let keep_to = |cpus: &Cpus| {
            *asks.borrow_mut() = Some(cpus.clone());
            Ok(())
        };
        let found = place(&several(kinds), || Some(cpus(allowed)), keep_to);
        assert_eq!((found, asks.into_inner()), (expected, asked.map(cpus)), "{kinds:?} {allowed}");
    }

    #[test]
    fn a_worker_stays_on_one_kind_and_within_what_it_may_use() {
        use Placement::{Efficiency, Performance, Unknown};
        check(&["0-7", "8-11"], "0-11", Performance, Some("0-7"));
        check(&["0-7", "8-11"], "6-9", Performance, Some("6-7"));
        // There is nothing to ask for.
        check(&["0-7", "8-11"], "2-3", Performance, None);
        check(&["0-7", "8-11"], "9-10", Efficiency, None);
        check(&["0-7", "8-11"], "12", Unknown, None);
        // One core is not enough for work on several threads, unless there is no other.
        check(&["7", "4-6", "0-3"], "0-7", Performance, Some("4-6"));
        check(&["7", "4-6", "0-3"], "0-3,7", Efficiency, Some("0-3"));
        check(&["7", "4-6", "0-3"], "7", Performance, None);
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        let kinds = several(&["0-7", "8-11"]);
        let refuses = |_: &Cpus| Err(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(place(&kinds, || Some(cpus("0-11")), refuses), Placement::Refused);
        assert_eq!(place(&kinds, || None, |_| Ok(())), Placement::Refused);
        assert_eq!(place(&Kinds::Alike, || None, refuses), Placement::Alike);
        assert_eq!(place(&Kinds::Untold, || None, refuses), Placement::Unknown);
    }
}
