//! A worker and all that it starts, as one group that ends together.
//!
//! Unsafe lives here because signals to a group are C calls.
#![cfg_attr(unix, expect(unsafe_code, reason = "kill, getpgrp and _exit are C functions"))]

use std::process::{Child, Command};

/// What a process ends with whose parent is gone.
const ORPHANED: i32 = 86;

/// Lets `command` start a group of its own, which [`kill`] and [`end_own`] end.
#[cfg(unix)]
pub(crate) fn lead(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

#[cfg(not(unix))]
pub(crate) fn lead(command: &mut Command) -> &mut Command {
    command
}

/// Kills the child, which leads a group, and the rest of the group.
#[cfg(unix)]
pub(crate) fn kill(child: &mut Child) -> std::io::Result<()> {
    // A child that was not waited for keeps its number, so the group cannot be another's.
    if child.try_wait()?.is_none()
        && let Ok(group) = i32::try_from(child.id())
    {
        // SAFETY: the call takes two integers and touches no memory of ours.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
    child.kill()
}

#[cfg(not(unix))]
pub(crate) fn kill(child: &mut Child) -> std::io::Result<()> {
    child.kill()
}

/// Ends this process at once, and what it started if it leads a group.
///
/// Nothing is unwound and no exit handler runs: the main thread is in the middle of its work.
#[cfg(unix)]
pub(crate) fn end_own() -> ! {
    // SAFETY: both calls take no argument and cannot fail.
    let leads = unsafe { libc::getpgrp() == libc::getpid() };
    if leads {
        // SAFETY: the call takes two integers and touches no memory of ours; 0 is the own group.
        unsafe { libc::kill(0, libc::SIGKILL) };
    }
    // SAFETY: the call does not return, and runs none of our code.
    unsafe { libc::_exit(ORPHANED) }
}

#[cfg(not(unix))]
pub(crate) fn end_own() -> ! {
    std::process::exit(ORPHANED)
}
