//! CPU time on Windows: the cycles that the system counts for a thread, at the pace of the wall.
//!
//! `GetThreadTimes` moves once in 15 ms, which is longer than a launch's samples. The cycle counts are
//! exact. On x86 they are of the time stamp counter, which runs at one frequency whatever the core
//! does, so one comparison with the wall turns them into time. Other architectures count the core's
//! own cycles, which are no time; there, and where the system counts none, the wall has to stand in.
//!
//! Unsafe lives here because the counts are read by C calls.
#![cfg_attr(windows, expect(unsafe_code, reason = "QueryThreadCycleTime is a C function"))]

#[cfg(windows)]
pub(super) use system::{are_counted, process_cpu_ns, thread_cpu_ns};

/// How long a cycle takes in nanoseconds, by rounds of cycles and nanoseconds of the wall.
///
/// Whatever interrupts a round adds to its wall time alone, so the least is the best. `None` if no
/// round counted anything.
fn ns_per_cycle(rounds: impl Iterator<Item = (u64, f64)>) -> Option<f64> {
    let rates = rounds.filter(|(cycles, _)| *cycles > 0).map(|(cycles, ns)| ns / cycles as f64);
    rates.reduce(f64::min)
}

#[cfg(windows)]
mod system {
    use std::ffi::c_void;
    use std::hint::spin_loop;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    use super::ns_per_cycle;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetCurrentThread() -> *mut c_void;
        fn GetCurrentProcess() -> *mut c_void;
        fn QueryThreadCycleTime(thread: *mut c_void, cycles: *mut u64) -> i32;
        fn QueryProcessCycleTime(process: *mut c_void, cycles: *mut u64) -> i32;
    }

    /// Whether there are counts, and what they mean is known.
    pub(in crate::measure) fn are_counted() -> bool {
        rate().is_some()
    }

    pub(in crate::measure) fn thread_cpu_ns() -> Option<f64> {
        Some(rate()? * thread_cycles()? as f64)
    }

    pub(in crate::measure) fn process_cpu_ns() -> Option<f64> {
        let mut cycles = 0;
        // SAFETY: the handle is the calling process's own, and `cycles` outlives the call.
        let done = unsafe { QueryProcessCycleTime(GetCurrentProcess(), &raw mut cycles) };
        Some(rate()? * (done != 0).then_some(cycles)? as f64)
    }

    fn thread_cycles() -> Option<u64> {
        let mut cycles = 0;
        // SAFETY: the handle is the calling thread's own, and `cycles` outlives the call.
        let done = unsafe { QueryThreadCycleTime(GetCurrentThread(), &raw mut cycles) };
        (done != 0).then_some(cycles)
    }

    /// Nanoseconds a cycle, found out once a process.
    fn rate() -> Option<f64> {
        /// Long against the wall clock's resolution of 0.1 µs, short against a time slice.
        const ROUND: Duration = Duration::from_millis(2);
        const ROUNDS: u32 = 5;
        static RATE: OnceLock<Option<f64>> = OnceLock::new();
        if !cfg!(any(target_arch = "x86_64", target_arch = "x86")) {
            return None;
        }
        let round = |_| {
            // The wall is read outside the cycles, so that it is never the shorter one.
            let begun = Instant::now();
            let before = thread_cycles()?;
            while begun.elapsed() < ROUND {
                spin_loop();
            }
            let cycles = thread_cycles()? - before;
            Some((cycles, begun.elapsed().as_nanos() as f64))
        };
        *RATE.get_or_init(|| ns_per_cycle((0..ROUNDS).map_while(round)))
    }
}

#[cfg(test)]
mod tests {
    use super::ns_per_cycle;

    #[test]
    fn the_least_disturbed_round_tells_the_rate() {
        let check = |rounds: &[(u64, f64)], expected: Option<f64>| {
            assert_eq!(ns_per_cycle(rounds.iter().copied()), expected, "{rounds:?}");
        };
        check(&[(4_000, 1_000.0), (4_000, 1_600.0), (4_000, 1_001.0)], Some(0.25));
        check(&[(0, 1_000.0), (2_000, 1_000.0)], Some(0.5));
        check(&[(0, 1_000.0)], None);
        check(&[], None);
    }

    #[test]
    #[cfg(windows)]
    fn waiting_costs_no_cycles() {
        use super::{are_counted, thread_cpu_ns};
        let before = thread_cpu_ns();
        std::thread::sleep(std::time::Duration::from_millis(50));
        match (before, thread_cpu_ns()) {
            (Some(before), Some(after)) => assert!(after - before < 25e6, "{before} {after}"),
            (None, None) => assert!(!are_counted()),
            other => panic!("counted now and then: {other:?}"),
        }
    }
}
