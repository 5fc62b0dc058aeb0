//! What a device says of its health, scripted.
//!
//! Compiled on its own into a library called `libnvidia-ml.so.1`. `SCRIPTED_THROTTLED` has it slow
//! itself down, and `SCRIPTED_DRIVER` is its driver's version. `SCRIPTED_LACKS` names functions that it does
//! not support, and `SCRIPTED_COUNTERS` says what its counters do: they are `still`, or `wrap`.

use std::ffi::{CStr, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

type Ptr = *mut c_void;

/// `NVML_ERROR_NOT_FOUND`.
const NOT_FOUND: c_int = 6;

/// `NVML_ERROR_NOT_SUPPORTED`.
const NOT_SUPPORTED: c_int = 3;

fn lacks(name: &str) -> bool {
    std::env::var("SCRIPTED_LACKS").is_ok_and(|lacks| lacks.split(',').any(|one| one == name))
}

/// What a counter says that makes a step each time that it is read, and wraps after 50.
fn counter(read: &AtomicU64) -> u64 {
    let steps = read.fetch_add(1, SeqCst);
    match std::env::var("SCRIPTED_COUNTERS").as_deref() {
        Ok("still") => 0,
        Ok("wrap") => steps % 50,
        _ => steps,
    }
}

macro_rules! call {
    ($name:ident($($argument:ident: $kind:ty),*) $body:block) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            if lacks(stringify!($name)) {
                return NOT_SUPPORTED;
            }
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
call!(nvmlDeviceGetTotalEnergyConsumption(_device: Ptr, to: *mut c_ulonglong) {
    static READ: AtomicU64 = AtomicU64::new(0);
    *to = 7_000 + 260 * counter(&READ);
});
call!(nvmlDeviceGetViolationStatus(_device: Ptr, policy: c_uint, to: *mut c_ulonglong) {
    // For its power it is a quarter of the time too slow, for its heat never.
    static READ: [AtomicU64; 2] = [AtomicU64::new(49), AtomicU64::new(49)];
    let steps = counter(&READ[policy as usize]);
    to.write(1_000_000 * steps);
    to.add(1).write(if policy == 0 { 250_000_000 * steps } else { 0 });
});
call!(nvmlDeviceGetUtilizationRates(_device: Ptr, to: *mut c_uint) {
    to.write(97);
    to.add(1).write(31);
});
call!(nvmlGpmQueryDeviceSupport(_device: Ptr, to: *mut c_uint) {
    to.add(1).write(u32::from(!lacks("monitoring")));
});
call!(nvmlGpmSampleAlloc(to: *mut Ptr) { *to = Box::into_raw(Box::new(0_u8)).cast(); });
call!(nvmlGpmSampleFree(sample: Ptr) { drop(Box::from_raw(sample.cast::<u8>())); });
call!(nvmlGpmSampleGet(_device: Ptr, sample: Ptr) { *sample.cast::<u8>() += 1; });

#[repr(C)]
pub struct Monitored {
    which: c_uint,
    code: c_int,
    value: f64,
    _names: [Ptr; 3],
}

#[repr(C)]
pub struct Wanted {
    _version: c_uint,
    count: c_uint,
    samples: [Ptr; 2],
    first: Monitored,
}

call!(nvmlGpmMetricsGet(wanted: *mut Wanted) {
    let [before, after] = (*wanted).samples;
    assert!(before != after && *after.cast::<u8>() == 1, "not two samples");
    let first = &raw mut (*wanted).first;
    for at in 0..(*wanted).count as usize {
        let one = &mut *first.add(at);
        // The matrix units (5), and the memory's bandwidth (10).
        (one.code, one.value) = match one.which {
            5 => (0, 62.5),
            10 => (if lacks("bandwidth") { NOT_SUPPORTED } else { 0 }, 38.0),
            other => panic!("{other} is not scripted"),
        };
    }
});
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
