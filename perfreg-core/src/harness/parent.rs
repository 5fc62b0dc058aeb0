//! Whether the cargo that started this test is still there.
//!
//! A test whose cargo was killed measures for nobody, and in the way of whoever comes next. Only cargo
//! and nextest, which set `CARGO`, stay for as long as their tests run; a shell may go.

use crate::error::Error;

/// Remembers who started this process: the earlier it is asked, the less can have happened before.
#[cfg(unix)]
pub(crate) fn remember() {
    let _ = first();
}

/// # Errors
/// If whoever started this process is gone, and was to stay.
#[cfg(unix)]
pub(crate) fn require() -> Result<(), Error> {
    let now = std::os::unix::process::parent_id();
    let is_gone = now != first() || (now == INIT && !is_cargo(now));
    if is_gone && std::env::var_os("CARGO").is_some() {
        return Err(Error::measurement("the cargo that started this test is gone"));
    }
    Ok(())
}

/// Who takes in the children of processes that are gone.
#[cfg(unix)]
const INIT: u32 = 1;

#[cfg(unix)]
fn first() -> u32 {
    static FIRST: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *FIRST.get_or_init(std::os::unix::process::parent_id)
}

/// In a container it may be cargo itself that everything descends from.
#[cfg(unix)]
fn is_cargo(process: u32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    name.is_ok_and(|name| name.starts_with("cargo"))
}

#[cfg(not(unix))]
pub(crate) fn remember() {}

#[cfg(not(unix))]
pub(crate) fn require() -> Result<(), Error> {
    Ok(())
}
