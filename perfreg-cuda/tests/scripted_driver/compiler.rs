//! A compiler of kernels that compiles nothing, for tests of what happens around it.
//!
//! Compiled on its own into a library called `libnvrtc.so.13`.

use std::ffi::{c_char, c_int, c_void};

type Ptr = *mut c_void;

/// What stands for machine code.
const CODE: &[u8] = b"machine code\0";

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvrtcVersion(major: *mut c_int, minor: *mut c_int) -> c_int {
    unsafe { (*major, *minor) = (13, 0) };
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvrtcCreateProgram(
    to: *mut Ptr,
    _: Ptr,
    _: Ptr,
    _: c_int,
    _: Ptr,
    _: Ptr,
) -> c_int {
    unsafe { *to = 1 as Ptr };
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvrtcDestroyProgram(_: *mut Ptr) -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvrtcCompileProgram(_: Ptr, _: c_int, _: Ptr) -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvrtcGetErrorString(_: c_int) -> *const c_char {
    c"refused".as_ptr()
}

macro_rules! product {
    ($size:ident, $get:ident) => {
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $size(_: Ptr, to: *mut usize) -> c_int {
            unsafe { *to = CODE.len() };
            0
        }

        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(_: Ptr, to: *mut u8) -> c_int {
            unsafe { std::ptr::copy_nonoverlapping(CODE.as_ptr(), to, CODE.len()) };
            0
        }
    };
}

product!(nvrtcGetProgramLogSize, nvrtcGetProgramLog);
product!(nvrtcGetPTXSize, nvrtcGetPTX);
product!(nvrtcGetCUBINSize, nvrtcGetCUBIN);
