//! A driver without a device, for tests: memory is the host's, work takes time by a script, and every
//! call that matters is written to the file named by `SCRIPTED_LOG`.
//!
//! Compiled on its own into a library called `libcuda.so.1`. `SCRIPTED_REFUSE` names a function that
//! returns an error, as `name=code`; `SCRIPTED_MHZ` is the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};

/// Nanoseconds since the beginning.
static NOW: AtomicU64 = AtomicU64::new(1_000_000);
/// Buffers, streams, events, modules and graphs that exist.
static ALIVE: AtomicI64 = AtomicI64::new(0);
/// Names of functions, found by their number.
static FUNCTIONS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// The streams' word to wait for, and what it has to be.
static HELD: Mutex<Option<(u64, u32)>> = Mutex::new(None);
/// Functions that were launched: as long as they were not, they are not loaded.
static LOADED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
/// What a capture holds: how long it takes; nothing if none is under way.
static CAPTURED: Mutex<Option<u64>> = Mutex::new(None);

/// The clock of the multiprocessors.
fn megahertz() -> u64 {
    std::env::var("SCRIPTED_MHZ").map_or(1_500, |megahertz| megahertz.parse().unwrap())
}

/// How long each kernel takes; the work, 60,000 cycles.
fn nanoseconds(name: &str) -> u64 {
    match name {
        "nothing" => 2_000,
        "read_clocks" => 1_000,
        "wait_between_clocks" => 300_000,
        _ => 60_000_000 / megahertz(),
    }
}

fn log(line: &str) {
    let Some(path) = std::env::var_os("SCRIPTED_LOG") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // At once: other threads write between two pieces.
    file.unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The code that this call returns.
fn code(call: &str) -> c_int {
    let refused = std::env::var("SCRIPTED_REFUSE").unwrap_or_default();
    match refused.split_once('=') {
        Some((name, code)) if name == call => code.parse().unwrap(),
        _ => 0,
    }
}

macro_rules! call {
    ($name:ident($($argument:ident: $kind:ty),*) $body:block) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            let code = code(stringify!($name));
            if code == 0 { unsafe { $body } }
            code
        }
    };
}

type Ptr = *mut c_void;

fn make(to: *mut Ptr) {
    ALIVE.fetch_add(1, SeqCst);
    unsafe { *to = Box::into_raw(Box::new(0_u64)).cast() };
}

fn end(_: Ptr) {
    log(&format!("alive {}", ALIVE.fetch_sub(1, SeqCst) - 1));
}

call!(cuDriverGetVersion(to: *mut c_int) { *to = 13_000; });
call!(cuInit(_flags: c_uint) {});
/// NVIDIA's compiler looks for more than is documented, and takes `CUDA_ERROR_NOT_FOUND` for an answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetExportTable(_to: *mut Ptr, _table: Ptr) -> c_int {
    500
}
call!(cuDeviceGetCount(to: *mut c_int) {
    *to = std::env::var("SCRIPTED_DEVICES").map_or(1, |devices| devices.parse().unwrap());
});
call!(cuDeviceGet(to: *mut c_int, ordinal: c_int) { *to = ordinal; });
call!(cuDeviceGetName(to: *mut c_char, _length: c_int, _device: c_int) {
    std::ptr::copy_nonoverlapping(c"Scripted".as_ptr(), to, 9);
});
call!(cuDeviceGetAttribute(to: *mut c_int, which: c_int, _device: c_int) {
    *to = match which { 75 => 9, 76 => 0, 16 => 132, 38 => 4_096, 97 => 232_448, 115 => 1, _ => 0 };
});
call!(cuDeviceGetUuid_v2(to: *mut u8, device: c_int) { to.write_bytes(0xab + device as u8, 16); });
call!(cuDeviceGetDefaultMemPool(to: *mut Ptr, _device: c_int) { *to = std::ptr::null_mut(); });
call!(cuDevicePrimaryCtxRetain(to: *mut Ptr, _device: c_int) { make(to); });
call!(cuDevicePrimaryCtxRelease_v2(_device: c_int) { end(std::ptr::null_mut()); });
call!(cuCtxSetCurrent(_context: Ptr) {});
call!(cuCtxGetCurrent(to: *mut Ptr) { *to = std::ptr::null_mut(); });
call!(cuCtxSynchronize() {});
call!(cuGetErrorString(_code: c_int, to: *mut *const c_char) { *to = c"refused".as_ptr(); });

/// Bytes in the largest piece of memory that is free.
const LARGEST: usize = 100 << 20;

/// Buffers, by their address.
static BUFFERS: Mutex<BTreeMap<u64, usize>> = Mutex::new(BTreeMap::new());
/// The most bytes in buffers since the last reset, and ever.
static PEAKS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

fn used() -> usize {
    let used = BUFFERS.lock().unwrap().values().sum();
    for peak in &PEAKS {
        peak.fetch_max(used, SeqCst);
    }
    used
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAllocAsync(to: *mut u64, bytes: usize, _stream: Ptr) -> c_int {
    let refused = code("cuMemAllocAsync");
    if refused != 0 || bytes > LARGEST {
        return if refused == 0 { 2 } else { refused };
    }
    ALIVE.fetch_add(1, SeqCst);
    let at = Vec::<u128>::with_capacity(bytes.div_ceil(16)).leak().as_mut_ptr() as u64;
    BUFFERS.lock().unwrap().insert(at, bytes);
    used();
    unsafe { *to = at };
    0
}
call!(cuMemFreeAsync(at: u64, _stream: Ptr) {
    assert!(BUFFERS.lock().unwrap().remove(&at).is_some(), "freed twice");
    end(std::ptr::null_mut());
});
call!(cuMemGetInfo_v2(free: *mut usize, total: *mut usize) { (*free, *total) = (1 << 30, 2 << 30); });
call!(cuMemHostAlloc(to: *mut Ptr, _bytes: usize, _flags: c_uint) { make(to); });
call!(cuMemFreeHost(_at: Ptr) { end(std::ptr::null_mut()); });
call!(cuMemHostGetDevicePointer_v2(to: *mut u64, at: Ptr, _flags: c_uint) { *to = at as u64; });
call!(cuMemsetD8Async(at: u64, byte: u8, bytes: usize, _stream: Ptr) {
    log(&format!("set {bytes} bytes to {byte}"));
    (at as *mut u8).write_bytes(byte, bytes);
    if let Some(captured) = CAPTURED.lock().unwrap().as_mut() {
        *captured += 1_000;
    }
});
call!(cuMemcpyHtoDAsync_v2(to: u64, from: *const u8, bytes: usize, _stream: Ptr) {
    std::ptr::copy_nonoverlapping(from, to as *mut u8, bytes);
});
call!(cuMemcpyDtoHAsync_v2(to: *mut u8, from: u64, bytes: usize, _stream: Ptr) {
    std::ptr::copy_nonoverlapping(from as *const u8, to, bytes);
});
call!(cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, _stream: Ptr) {
    log(&format!("copy {bytes} bytes on the device"));
    std::ptr::copy_nonoverlapping(from as *const u8, to as *mut u8, bytes);
    match CAPTURED.lock().unwrap().as_mut() {
        Some(captured) => *captured += 10_000,
        None => _ = NOW.fetch_add(10_000, SeqCst),
    }
});
call!(cuMemPoolGetAttribute(_pool: Ptr, which: c_int, to: *mut u64) {
    let used = used();
    // What was reserved once stays so, in pieces of 32 MiB.
    let reserved = PEAKS[1].load(SeqCst).next_multiple_of(32 << 20);
    *to = match which { 5 | 6 => reserved, 7 => used, _ => PEAKS[0].load(SeqCst) } as u64;
});
call!(cuMemPoolSetAttribute(_pool: Ptr, which: c_int, to: *mut u64) {
    log(&format!("pool attribute {which} = {}", *to));
    PEAKS[0].store(0, SeqCst);
});

call!(cuStreamCreate(to: *mut Ptr, _flags: c_uint) { make(to); });
call!(cuStreamDestroy_v2(stream: Ptr) { end(stream); });
/// Whether a stream waits for its word.
fn is_held() -> bool {
    let held = *HELD.lock().unwrap();
    // The word is freed when nobody is held any more.
    let waits = held.is_some_and(|(at, value)| unsafe { *(at as *const u32) < value });
    if !waits {
        *HELD.lock().unwrap() = None;
    }
    waits
}

/// Waiting is what a capture does not allow; it ends it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamSynchronize(_stream: Ptr) -> c_int {
    assert!(!is_held(), "it would wait for ever");
    if CAPTURED.lock().unwrap().take().is_some() { 900 } else { 0 }
}
call!(cuStreamWaitValue32_v2(_stream: Ptr, at: u64, value: u32, flags: c_uint) {
    log(&format!("hold until {value} by {flags}"));
    assert!(*(at as *const u32) < value, "it would not wait");
    *HELD.lock().unwrap() = Some((at, value));
});
call!(cuStreamBeginCapture_v2(_stream: Ptr, _mode: c_int) { *CAPTURED.lock().unwrap() = Some(0); });

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuStreamEndCapture(_stream: Ptr, to: *mut Ptr) -> c_int {
    let captured = CAPTURED.lock().unwrap().take();
    let Some(captured) = captured else { return 901 };
    log(&format!("captured {captured} ns"));
    ALIVE.fetch_add(1, SeqCst);
    unsafe { *to = Box::into_raw(Box::new(captured)).cast() };
    0
}
call!(cuGraphInstantiateWithFlags(to: *mut Ptr, graph: Ptr, _flags: u64) {
    ALIVE.fetch_add(1, SeqCst);
    *to = Box::into_raw(Box::new(*graph.cast::<u64>())).cast();
});
call!(cuGraphGetNodes(graph: Ptr, _nodes: *mut Ptr, count: *mut usize) {
    let some = usize::from(*graph.cast::<u64>() > 0);
    *count = some * std::env::var("SCRIPTED_NODES").map_or(1, |nodes| nodes.parse().unwrap());
});
call!(cuGraphLaunch(graph: Ptr, _stream: Ptr) { NOW.fetch_add(*graph.cast::<u64>(), SeqCst); });
call!(cuGraphExecDestroy(graph: Ptr) { end(graph); });
call!(cuGraphDestroy(graph: Ptr) { end(graph); });

call!(cuEventCreate(to: *mut Ptr, flags: c_uint) {
    log(&format!("event with flags {flags}"));
    make(to);
});
call!(cuEventDestroy_v2(event: Ptr) { end(event); });
call!(cuEventRecord(event: Ptr, _stream: Ptr) {
    log("event");
    *event.cast::<u64>() = NOW.load(SeqCst);
});
call!(cuEventSynchronize(_event: Ptr) {});
call!(cuEventElapsedTime_v2(to: *mut f32, begin: Ptr, end: Ptr) {
    *to = (*end.cast::<u64>() - *begin.cast::<u64>()) as f32 / 1e6;
});

call!(cuModuleLoadData(to: *mut Ptr, _image: Ptr) { make(to); });
call!(cuModuleUnload(module: Ptr) { end(module); });
call!(cuModuleGetFunction(to: *mut Ptr, _module: Ptr, name: *const c_char) {
    let mut functions = FUNCTIONS.lock().unwrap();
    functions.push(CStr::from_ptr(name).to_str().unwrap().to_owned());
    *to = functions.len() as Ptr;
});
call!(cuFuncSetAttribute(_function: Ptr, which: c_int, value: c_int) {
    log(&format!("function attribute {which} = {value}"));
});

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuLaunchKernel(
    function: Ptr,
    x: c_uint, y: c_uint, z: c_uint,
    threads: c_uint, _: c_uint, _: c_uint,
    shared: c_uint,
    _stream: Ptr,
    arguments: *mut Ptr,
    _extra: *mut Ptr,
) -> c_int {
    let refused = code("cuLaunchKernel");
    if refused != 0 {
        return refused;
    }
    let name = FUNCTIONS.lock().unwrap()[function as usize - 1].clone();
    // A driver loads a function when it is launched first, and may wait for all work then.
    if LOADED.lock().unwrap().insert(function as usize) && is_held() {
        log(&format!("{name} is loaded while a stream is held"));
        return 702;
    }
    log(&format!("launch {name} {x} {y} {z} threads {threads} shared {shared}"));
    if let Some(captured) = CAPTURED.lock().unwrap().as_mut() {
        *captured += nanoseconds(&name);
        return 0;
    }
    let now = NOW.fetch_add(nanoseconds(&name), SeqCst);
    let read = |at: usize, now: u64| unsafe {
        let to = (**arguments.cast::<*const *mut u64>()).add(at);
        to.write(now);
        to.add(1).write(now * megahertz() / 1_000);
    };
    match name.as_str() {
        "read_clocks" => read(0, now),
        "wait_between_clocks" => {
            read(0, now);
            read(2, now + nanoseconds(&name));
        }
        _ => {}
    }
    0
}
