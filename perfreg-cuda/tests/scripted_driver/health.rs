//! What a device says of its health, scripted.
//!
//! Compiled on its own into a library called `libnvidia-ml.so.1`. `SCRIPTED_THROTTLED` has it slow
//! itself down, and `SCRIPTED_DRIVER` is its driver's version.
#![crate_type = "cdylib"]

use std::ffi::{CStr, c_char, c_int, c_uint, c_ulonglong, c_void};

type Ptr = *mut c_void;

/// `NVML_ERROR_NOT_FOUND`.
const NOT_FOUND: c_int = 6;

macro_rules! call {
    ($name:ident($($argument:ident: $kind:ty),*) $body:block) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            unsafe { $body }
            0
        }
    };
}

call!(nvmlInit_v2() {});
call!(nvmlShutdown() {});
call!(nvmlSystemGetDriverVersion(to: *mut c_char, length: c_uint) {
    let version = std::env::var("SCRIPTED_DRIVER").unwrap_or("580.1".to_owned());
    assert!(version.len() < length as usize);
    std::ptr::copy_nonoverlapping(version.as_ptr().cast(), to, version.len());
    *to.add(version.len()) = 0;
});
call!(nvmlDeviceGetClockInfo(_device: Ptr, _kind: c_uint, to: *mut c_uint) { *to = 1_500; });
call!(nvmlDeviceGetMaxClockInfo(_device: Ptr, kind: c_uint, to: *mut c_uint) {
    *to = if kind == 1 { 1_980 } else { 3_201 };
});
call!(nvmlDeviceGetTemperature(_device: Ptr, _sensor: c_uint, to: *mut c_uint) { *to = 41; });
call!(nvmlDeviceGetPowerUsage(_device: Ptr, to: *mut c_uint) { *to = 123_000; });
call!(nvmlDeviceGetTotalEnergyConsumption(_device: Ptr, to: *mut c_ulonglong) { *to = 7_000; });
call!(nvmlDeviceGetEccMode(_device: Ptr, now: *mut c_uint, then: *mut c_uint) {
    (*now, *then) = (1, 1);
});
call!(nvmlDeviceGetMigMode(_device: Ptr, now: *mut c_uint, then: *mut c_uint) {
    (*now, *then) = (0, 0);
});
call!(nvmlDeviceGetCurrentClocksThrottleReasons(_device: Ptr, to: *mut c_ulonglong) {
    // A power cap, or idle.
    *to = if std::env::var_os("SCRIPTED_THROTTLED").is_some() { 4 } else { 1 };
});

/// The scripted device, and no other, has a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmlDeviceGetHandleByUUID(uuid: *const c_char, to: *mut Ptr) -> c_int {
    let uuid = unsafe { CStr::from_ptr(uuid) };
    if uuid != c"GPU-abababab-abab-abab-abab-abababababab" {
        return NOT_FOUND;
    }
    unsafe { *to = 1 as Ptr };
    0
}
