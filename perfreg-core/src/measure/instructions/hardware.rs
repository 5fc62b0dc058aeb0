//! The CPU's own count of the instructions that this thread executes outside the kernel.
//!
//! Unsafe lives here because `perf_event_open` is a system call without a wrapper.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "perf_event_open is a raw system call")
)]

use std::io;

/// A counter that runs for as long as it lives.
#[derive(Debug)]
pub(crate) struct Hardware {
    #[cfg(target_os = "linux")]
    file: std::fs::File,
}

#[cfg(target_os = "linux")]
impl Hardware {
    /// A counter of this thread's instructions.
    ///
    /// # Errors
    /// As the system words it, where there is none or it may not be read.
    pub(super) fn open() -> io::Result<Self> {
        const HARDWARE: u32 = 0;
        const INSTRUCTIONS: u64 = 1;
        Self::of(HARDWARE, INSTRUCTIONS)
    }

    /// A counter of an event, by the numbers of the kernel's `perf_event.h`.
    fn of(kind: u32, config: u64) -> io::Result<Self> {
        use std::os::fd::FromRawFd;
        let attributes = Attributes { kind, config, ..Attributes::of_own_code() };
        // SAFETY: the structure is of the size that it states, and outlives the call, which only
        // reads it; the other arguments are integers.
        let opened = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                0,
                -1,
                -1,
                CLOSE_ON_EXEC,
            )
        };
        if opened < 0 {
            return Err(io::Error::last_os_error());
        }
        let descriptor = i32::try_from(opened).expect("descriptors are small");
        // SAFETY: the kernel has just given us this descriptor, and nobody else has it.
        Ok(Self { file: unsafe { std::fs::File::from_raw_fd(descriptor) } })
    }

    /// How many there were since the counter was opened; `None` if others needed the counter meanwhile.
    pub(super) fn read(&mut self) -> Option<u64> {
        use std::io::Read;
        let mut count = [0; 8];
        // A pinned counter that lost its place reads as an empty file.
        self.file.read_exact(&mut count).ok()?;
        Some(u64::from_ne_bytes(count))
    }
}

#[cfg(not(target_os = "linux"))]
impl Hardware {
    pub(super) fn open() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "perf_event_open is of Linux"))
    }

    #[expect(clippy::unused_self, reason = "on Linux it is a file")]
    pub(super) fn read(&mut self) -> Option<u64> {
        None
    }
}

#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: libc::c_ulong = 8;

/// The first version of the kernel's `perf_event_attr`, which every later one takes.
#[cfg(target_os = "linux")]
#[repr(C)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_kind: u64,
    read_format: u64,
    flags: u64,
    wake_up: u32,
    breakpoint: u32,
    more: u64,
}

#[cfg(target_os = "linux")]
impl Attributes {
    /// Pinned to its counter, and of neither the kernel nor a hypervisor.
    fn of_own_code() -> Self {
        const PINNED: u64 = 1 << 2;
        const NOT_KERNEL: u64 = 1 << 5;
        const NOT_HYPERVISOR: u64 = 1 << 6;
        Self {
            kind: 0,
            size: 64,
            config: 0,
            sample_period: 0,
            sample_kind: 0,
            read_format: 0,
            flags: PINNED | NOT_KERNEL | NOT_HYPERVISOR,
            wake_up: 0,
            breakpoint: 0,
            more: 0,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Attributes, Hardware};

    #[test]
    fn the_structure_is_as_large_as_it_says() {
        assert_eq!(size_of::<Attributes>(), Attributes::of_own_code().size as usize);
    }

    #[test]
    fn more_work_is_more_instructions() {
        let mut counter = match Hardware::open() {
            Ok(counter) => counter,
            Err(error) => return eprintln!("not run: the CPU's counter cannot be opened: {error}"),
        };
        let mut count = |rounds: u32| {
            let before = counter.read()?;
            for round in 0..rounds {
                std::hint::black_box(round);
            }
            Some(counter.read()? - before)
        };
        let (few, many) = (count(1_000), count(101_000));
        let (Some(few), Some(many)) = (few, many) else {
            return eprintln!("not run: others need the CPU's counters");
        };
        assert!(many >= few + 100_000, "{few} and {many}");
    }

    /// Where the CPU has no counter to share, the way to one is the same.
    #[test]
    fn a_counter_of_the_kernels_own_is_read_the_same_way() {
        const SOFTWARE: u32 = 1;
        const TASK_CLOCK: u64 = 1;
        let mut clock = match Hardware::of(SOFTWARE, TASK_CLOCK) {
            Ok(clock) => clock,
            Err(error) => return eprintln!("not run: perf_event_open says {error}"),
        };
        let before = clock.read().unwrap();
        std::hint::black_box((0..100_000_u64).fold(0, |sum, i| sum ^ std::hint::black_box(i)));
        assert!(clock.read().unwrap() > before);
    }
}
