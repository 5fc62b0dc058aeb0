//! The three clocks of a sample: wall, thread CPU and process CPU.
//!
//! Unsafe lives here because POSIX clocks are a C call.
#![cfg_attr(unix, expect(unsafe_code, reason = "clock_gettime is a C function"))]

#[cfg(windows)]
use crate::measure::cycles;

/// How long something took by each clock, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Elapsed {
    pub(crate) wall: f64,
    pub(crate) thread_cpu: f64,
    pub(crate) process_cpu: f64,
}

impl Elapsed {
    pub(crate) fn times(self, factor: f64) -> Self {
        Self {
            wall: self.wall * factor,
            thread_cpu: self.thread_cpu * factor,
            process_cpu: self.process_cpu * factor,
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            thread_cpu: self.thread_cpu + other.thread_cpu,
            process_cpu: self.process_cpu + other.process_cpu,
        }
    }
}

/// A stopwatch over the three clocks; scripted in tests.
pub(crate) trait Clock: Send {
    /// Starts the watch.
    fn start(&mut self);
    /// Reads the watch: how long since [`Clock::start`].
    fn stop(&mut self) -> Elapsed;
    /// Nanoseconds of wall time since some fixed moment, for what is not a sample.
    fn wall(&mut self) -> f64;
}

/// The clocks of this system.
pub(crate) struct SystemClock {
    origin: std::time::Instant,
    started: Reading,
}

#[derive(Clone, Copy, Default)]
struct Reading {
    wall: f64,
    thread_cpu: f64,
    process_cpu: f64,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        // The first reading may have to find out how long a cycle is.
        let _ = thread_cpu_ns();
        Self { origin: std::time::Instant::now(), started: Reading::default() }
    }

    fn wall_now(&self) -> f64 {
        self.origin.elapsed().as_nanos() as f64
    }
}

impl Clock for SystemClock {
    // The wall is read last at the start and first at the end: the CPU clocks are system calls of
    // half a microsecond, which its reading should not contain.
    #[inline(never)]
    fn start(&mut self) {
        let process_cpu = process_cpu_ns();
        let thread_cpu = thread_cpu_ns();
        let wall = self.wall_now();
        self.started = Reading { wall, thread_cpu, process_cpu };
    }

    #[inline(never)]
    fn stop(&mut self) -> Elapsed {
        let wall = self.wall_now();
        let thread_cpu = thread_cpu_ns();
        let process_cpu = process_cpu_ns();
        Elapsed {
            wall: wall - self.started.wall,
            thread_cpu: thread_cpu - self.started.thread_cpu,
            process_cpu: process_cpu - self.started.process_cpu,
        }
    }

    fn wall(&mut self) -> f64 {
        self.wall_now()
    }
}

/// The clock that neighbours hardly reach, alone: CPU time of the calling thread.
pub(crate) struct Watch {
    started: f64,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { started: 0.0 }
    }

    #[inline(never)]
    pub(crate) fn start(&mut self) {
        self.started = thread_cpu_ns();
    }

    /// Nanoseconds since [`Self::start`].
    #[inline(never)]
    pub(crate) fn stop_ns(&mut self) -> f64 {
        thread_cpu_ns() - self.started
    }
}

#[cfg(unix)]
fn thread_cpu_ns() -> f64 {
    posix_clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(unix)]
fn process_cpu_ns() -> f64 {
    posix_clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

#[cfg(unix)]
fn posix_clock(id: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the call to write to, and outlives it.
    let status = unsafe { libc::clock_gettime(id, &raw mut time) };
    assert_eq!(status, 0, "POSIX requires the CPU-time clocks that libc names");
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

#[cfg(windows)]
fn thread_cpu_ns() -> f64 {
    cycles::thread_cpu_ns().unwrap_or_else(wall_ns)
}

#[cfg(windows)]
fn process_cpu_ns() -> f64 {
    cycles::process_cpu_ns().unwrap_or_else(wall_ns)
}

#[cfg(not(any(unix, windows)))]
fn thread_cpu_ns() -> f64 {
    wall_ns()
}

#[cfg(not(any(unix, windows)))]
fn process_cpu_ns() -> f64 {
    wall_ns()
}

// Without CPU clocks the wall stands in, which makes the choice of clock come out as wall time.
#[cfg(not(unix))]
fn wall_ns() -> f64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as f64
}

/// Whether the CPU clocks are clocks of their own; elsewhere the wall stands in for them.
pub(crate) fn has_cpu_clocks() -> bool {
    #[cfg(windows)]
    return cycles::are_counted();
    #[cfg(not(windows))]
    cfg!(unix)
}

#[cfg(test)]
pub(crate) mod scripted {
    //! A clock that says what the test wrote down.

    use std::sync::{Arc, Mutex};

    use super::{Clock, Elapsed};

    /// Advances only when told to; shared between the test and the session it drives.
    #[derive(Clone, Default)]
    pub(crate) struct ScriptedClock {
        now: Arc<Mutex<Elapsed>>,
        started: Elapsed,
    }

    impl ScriptedClock {
        pub(crate) fn advance(&self, by: Elapsed) {
            let mut now = self.now.lock().unwrap();
            *now = now.plus(by);
        }

        /// Advances all clocks alike, as undisturbed single-threaded work does.
        pub(crate) fn work(&self, ns: f64) {
            self.advance(Elapsed { wall: ns, thread_cpu: ns, process_cpu: ns });
        }
    }

    impl Clock for ScriptedClock {
        fn start(&mut self) {
            self.started = *self.now.lock().unwrap();
        }

        fn stop(&mut self) -> Elapsed {
            let now = *self.now.lock().unwrap();
            Elapsed {
                wall: now.wall - self.started.wall,
                thread_cpu: now.thread_cpu - self.started.thread_cpu,
                process_cpu: now.process_cpu - self.started.process_cpu,
            }
        }

        fn wall(&mut self) -> f64 {
            self.now.lock().unwrap().wall
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, SystemClock};

    #[test]
    fn clocks_do_not_run_backwards() {
        let mut clock = SystemClock::new();
        for _ in 0..1_000 {
            clock.start();
            let elapsed = clock.stop();
            assert!(elapsed.wall >= 0.0 && elapsed.thread_cpu >= 0.0, "{elapsed:?}");
            assert!(elapsed.process_cpu >= 0.0, "{elapsed:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn waiting_costs_wall_time_but_no_cpu_time() {
        let mut clock = SystemClock::new();
        clock.start();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let elapsed = clock.stop();
        assert!(elapsed.thread_cpu < elapsed.wall / 2.0, "{elapsed:?}");
    }
}
