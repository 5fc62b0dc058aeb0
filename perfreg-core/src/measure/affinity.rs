//! Which CPUs this thread may use, and being content with fewer.
//!
//! Unsafe lives here because the affinity of a thread is set by C calls.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "sched_setaffinity is a C function"))]

use std::io;

use crate::measure::cores::Cpus;

/// The CPUs that this thread may use; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn allowed() -> Option<Cpus> {
    let mut set = empty();
    // SAFETY: `set` is as large as the call is told and outlives it; 0 means the calling thread.
    let status = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) };
    let most = usize::try_from(libc::CPU_SETSIZE).unwrap_or_default();
    // SAFETY: the call reads one bit of `set`, which has as many as `CPU_SETSIZE`.
    let has = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &set) };
    (status == 0).then(|| (0..most).filter(has).collect())
}

/// Keeps this thread, and those that it starts, on `cpus`.
///
/// # Errors
/// If the system refuses, or knows no such thing.
#[cfg(target_os = "linux")]
pub(crate) fn keep_to(cpus: &Cpus) -> io::Result<()> {
    let mut set = empty();
    let most = usize::try_from(libc::CPU_SETSIZE).unwrap_or_default();
    for cpu in cpus.iter().filter(|cpu| **cpu < most) {
        // SAFETY: the call sets one bit of `set`, which has as many as `CPU_SETSIZE`.
        unsafe { libc::CPU_SET(*cpu, &mut set) };
    }
    // SAFETY: `set` is as large as the call is told and outlives it; 0 means the calling thread.
    let status = unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(target_os = "linux")]
fn empty() -> libc::cpu_set_t {
    // SAFETY: a set of CPUs is an array of integers, for which all bits zero is a value.
    unsafe { std::mem::zeroed() }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn allowed() -> Option<Cpus> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_to(_cpus: &Cpus) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::{Cpus, allowed, keep_to};

    #[test]
    fn a_thread_can_be_content_with_one_cpu() {
        // A thread of its own: what it gives up it cannot be sure to get back.
        let ends = std::thread::spawn(|| {
            let before = allowed().unwrap();
            let last = Cpus::from([*before.last().unwrap()]);
            keep_to(&last).unwrap();
            assert_eq!(allowed().unwrap(), last);
            let inherited = std::thread::spawn(|| allowed().unwrap()).join().unwrap();
            assert_eq!(inherited, last);
            assert!(keep_to(&Cpus::new()).is_err(), "on no CPU at all");
        });
        ends.join().unwrap();
    }
}
