//! A driver whose device is the interpreter: what it is given is computed, and nothing is timed.
//!
//! An example, for only those may be C libraries that need other crates; `tests/on_device/emulated.rs` has it
//! found as `libcuda.so.1`. Its compute capability is one that has no machine code of its own, so that it is
//! given PTX.
#![cfg(target_os = "linux")]
#![expect(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    clippy::missing_panics_doc,
    clippy::missing_safety_doc,
    missing_docs,
    clippy::unwrap_used,
    reason = "functions as NVIDIA documents them, for tests"
)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::{Mutex, OnceLock};

use perfreg_ptx::{Launch, Memory, Program};

type Ptr = *mut c_void;

/// `CUDA_ERROR_INVALID_VALUE`, `CUDA_ERROR_LAUNCH_FAILED` and `CUDA_ERROR_NOT_FOUND`.
const INVALID: c_int = 1;
const FAILED: c_int = 719;
const NOT_FOUND: c_int = 500;

/// The device: its memory and what was loaded.
#[derive(Default)]
struct Device {
    memory: Memory,
    /// Buffers that are not freed, with their bytes.
    buffers: BTreeMap<u64, usize>,
    /// The PTX of modules.
    modules: Vec<String>,
    functions: Vec<Program>,
}

fn device() -> std::sync::MutexGuard<'static, Device> {
    static DEVICE: OnceLock<Mutex<Device>> = OnceLock::new();
    DEVICE.get_or_init(Mutex::default).lock().unwrap()
}

macro_rules! call {
    ($name:ident($($argument:ident: $kind:ty),*) $body:block) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $kind),*) -> c_int {
            $body
            0
        }
    };
}

call!(cuDriverGetVersion(to: *mut c_int) { *to = 13_000; });
call!(cuInit(_flags: c_uint) {});
call!(cuDeviceGetCount(to: *mut c_int) { *to = 1; });
call!(cuDeviceGet(to: *mut c_int, ordinal: c_int) { *to = ordinal; });
call!(cuDeviceGetName(to: *mut c_char, _length: c_int, _device: c_int) {
    std::ptr::copy_nonoverlapping(c"Emulated".as_ptr(), to, 9);
});
call!(cuDeviceGetAttribute(to: *mut c_int, which: c_int, _device: c_int) {
    // Compute capability 10.7, and as many multiprocessors and as much shared memory as an H200 has.
    *to = match which { 75 => 10, 76 => 7, 16 => 132, 97 => 232_448, 115 => 1, _ => 0 };
});
call!(cuDeviceGetUuid_v2(to: *mut u8, _device: c_int) { to.write_bytes(0xcd, 16); });
call!(cuDeviceGetDefaultMemPool(to: *mut Ptr, _device: c_int) { *to = std::ptr::null_mut(); });
call!(cuDevicePrimaryCtxRetain(to: *mut Ptr, _device: c_int) { *to = 1 as Ptr; });
call!(cuDevicePrimaryCtxRelease_v2(_device: c_int) {});
call!(cuCtxSetCurrent(_context: Ptr) {});
call!(cuCtxGetCurrent(to: *mut Ptr) { *to = std::ptr::null_mut(); });
call!(cuCtxSynchronize() {});
call!(cuGetErrorString(_code: c_int, to: *mut *const c_char) { *to = c"refused".as_ptr(); });
call!(cuStreamCreate(to: *mut Ptr, _flags: c_uint) { *to = 1 as Ptr; });
call!(cuStreamDestroy_v2(_stream: Ptr) {});
call!(cuStreamSynchronize(_stream: Ptr) {});
call!(cuModuleUnload(_module: Ptr) {});
call!(cuFuncSetAttribute(_function: Ptr, _which: c_int, _value: c_int) {});
call!(cuMemPoolSetAttribute(_pool: Ptr, _which: c_int, _to: *mut u64) {});
call!(cuMemPoolGetAttribute(_pool: Ptr, _which: c_int, to: *mut u64) {
    *to = device().buffers.values().sum::<usize>() as u64;
});
call!(cuMemAllocAsync(to: *mut u64, bytes: usize, _stream: Ptr) {
    let mut device = device();
    *to = device.memory.allocate(vec![0; bytes]);
    device.buffers.insert(*to, bytes);
});
call!(cuMemFreeAsync(at: u64, _stream: Ptr) {
    assert!(device().buffers.remove(&at).is_some(), "freed twice");
});
call!(cuMemsetD8Async(at: u64, byte: u8, bytes: usize, _stream: Ptr) {
    device().memory.region_mut(at)[..bytes].fill(byte);
});
call!(cuMemcpyHtoDAsync_v2(to: u64, from: *const u8, bytes: usize, _stream: Ptr) {
    let from = std::slice::from_raw_parts(from, bytes);
    device().memory.region_mut(to)[..bytes].copy_from_slice(from);
});
call!(cuMemcpyDtoHAsync_v2(to: *mut u8, from: u64, bytes: usize, _stream: Ptr) {
    let to = std::slice::from_raw_parts_mut(to, bytes);
    to.copy_from_slice(&device().memory.region(from)[..bytes]);
});
call!(cuModuleLoadData(to: *mut Ptr, image: *const c_char) {
    let ptx = CStr::from_ptr(image).to_str().unwrap().to_owned();
    let mut device = device();
    device.modules.push(ptx);
    *to = device.modules.len() as Ptr;
});

/// NVIDIA's compiler looks for more than is documented.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetExportTable(_to: *mut Ptr, _table: Ptr) -> c_int {
    NOT_FOUND
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleGetFunction(
    to: *mut Ptr,
    module: Ptr,
    name: *const c_char,
) -> c_int {
    let mut device = device();
    let name = CStr::from_ptr(name).to_str().unwrap();
    let program = match Program::parse(&device.modules[module as usize - 1], name) {
        Ok(program) => program,
        Err(fault) => {
            eprintln!("{name}: {fault}");
            return INVALID;
        }
    };
    device.functions.push(program);
    *to = device.functions.len() as Ptr;
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuLaunchKernel(
    function: Ptr,
    x: c_uint,
    y: c_uint,
    z: c_uint,
    threads: c_uint,
    _threads_y: c_uint,
    _threads_z: c_uint,
    shared: c_uint,
    _stream: Ptr,
    arguments: *mut *const u8,
    _extra: *mut Ptr,
) -> c_int {
    let mut device = device();
    let Device { memory, functions, .. } = &mut *device;
    let program = &functions[function as usize - 1];
    // The kernels take one block of arguments, as large as they say.
    let arguments = std::slice::from_raw_parts(*arguments, program.argument_bytes());
    let launch = Launch { grid: [x, y, z], threads, shared_bytes: shared as usize, arguments };
    match program.run(memory, &launch) {
        Ok(_) => 0,
        Err(fault) => {
            eprintln!("{fault}");
            FAILED
        }
    }
}
