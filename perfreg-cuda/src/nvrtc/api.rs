//! The functions of the compiler's library, found one by one so that an old library is an error.
//!
//! Bindings that load everything at once panic when a function is missing, and the usual safe
//! wrappers hand out PTX only, which drivers older than the compiler refuse.
#![expect(unsafe_code, reason = "calls C functions through pointers")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::ptr;

use crate::error::{Error, Result};
use crate::library::{self, Name, Opened};

type Program = *mut c_void;
type Create = unsafe extern "C" fn(
    *mut Program,
    *const c_char,
    *const c_char,
    c_int,
    *const *const c_char,
    *const *const c_char,
) -> c_int;
type Compile = unsafe extern "C" fn(Program, c_int, *const *const c_char) -> c_int;
type Size = unsafe extern "C" fn(Program, *mut usize) -> c_int;
type Fill = unsafe extern "C" fn(Program, *mut c_char) -> c_int;

/// The library's functions, as its documentation declares them.
pub(super) struct Api {
    pub(super) path: PathBuf,
    version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int,
    create: Create,
    destroy: unsafe extern "C" fn(*mut Program) -> c_int,
    compile: Compile,
    log: (Size, Fill),
    ptx: (Size, Fill),
    cubin: (Size, Fill),
    explain: unsafe extern "C" fn(c_int) -> *const c_char,
}

/// A file of source text.
pub(super) struct Text {
    pub(super) name: CString,
    pub(super) text: CString,
}

/// What a program can be asked for.
#[derive(Clone, Copy)]
pub(super) enum Product {
    Log,
    Ptx,
    Cubin,
}

impl Api {
    /// Finds the library and all of its functions.
    pub(super) fn find() -> Result<Self> {
        let opened = library::open(Name::Nvrtc).map_err(|missing| {
            Error::unavailable(format!("no NVRTC, the compiler of kernels ({missing})"))
        })?;
        Self::of(&opened).map_err(|function| {
            let path = opened.path.display();
            Error::unavailable(format!("{path}: it has no function `{function}`; it is too old"))
        })
    }

    fn of(opened: &Opened) -> std::result::Result<Self, &'static str> {
        // SAFETY: the types are those of `nvrtc.h`, unchanged since CUDA 11.
        unsafe {
            Ok(Self {
                path: opened.path.clone(),
                version: opened.function("nvrtcVersion")?,
                create: opened.function("nvrtcCreateProgram")?,
                destroy: opened.function("nvrtcDestroyProgram")?,
                compile: opened.function("nvrtcCompileProgram")?,
                log: (
                    opened.function("nvrtcGetProgramLogSize")?,
                    opened.function("nvrtcGetProgramLog")?,
                ),
                ptx: (opened.function("nvrtcGetPTXSize")?, opened.function("nvrtcGetPTX")?),
                cubin: (opened.function("nvrtcGetCUBINSize")?, opened.function("nvrtcGetCUBIN")?),
                explain: opened.function("nvrtcGetErrorString")?,
            })
        }
    }

    /// Major and minor version.
    pub(super) fn version(&self) -> Result<(u32, u32)> {
        let (mut major, mut minor) = (0, 0);
        // SAFETY: both pointers are to live integers.
        self.check("nvrtcVersion", unsafe { (self.version)(&mut major, &mut minor) })?;
        Ok((major.unsigned_abs(), minor.unsigned_abs()))
    }

    fn check(&self, call: &str, code: c_int) -> Result<()> {
        if code == 0 { Ok(()) } else { Err(Error::compilation(self.explained(call, code))) }
    }

    fn explained(&self, call: &str, code: c_int) -> String {
        // SAFETY: the function takes any code and returns a static string.
        let text = unsafe { CStr::from_ptr((self.explain)(code)) };
        format!("{call}: {}", text.to_string_lossy())
    }
}

/// A program of the library's, destroyed when dropped.
pub(super) struct Handle<'a> {
    api: &'a Api,
    program: Program,
}

impl<'a> Handle<'a> {
    /// A program of this source; names stand in its messages and in its `#include`s.
    pub(super) fn new(api: &'a Api, source: &Text, headers: &[Text]) -> Result<Self> {
        let mut program = ptr::null_mut();
        let (name, text) = (source.name.as_ptr(), source.text.as_ptr());
        let names: Vec<_> = headers.iter().map(|header| header.name.as_ptr()).collect();
        let texts: Vec<_> = headers.iter().map(|header| header.text.as_ptr()).collect();
        let count = c_int::try_from(headers.len()).expect("a handful of headers");
        // SAFETY: the strings end with NUL and are copied; there are as many headers as are said.
        let code = unsafe {
            (api.create)(&mut program, text, name, count, texts.as_ptr(), names.as_ptr())
        };
        api.check("nvrtcCreateProgram", code)?;
        Ok(Self { api, program })
    }

    /// Compiles; an error holds the log.
    pub(super) fn compile(&self, options: &[CString]) -> Result<()> {
        let pointers: Vec<_> = options.iter().map(|option| option.as_ptr()).collect();
        let count = c_int::try_from(pointers.len()).expect("a handful of options");
        // SAFETY: the program lives, and so do as many options as are said.
        let code = unsafe { (self.api.compile)(self.program, count, pointers.as_ptr()) };
        if code == 0 {
            return Ok(());
        }
        let log = self.product(Product::Log).unwrap_or_default();
        let explained = self.api.explained("nvrtcCompileProgram", code);
        Err(Error::compilation(format!(
            "{explained}\n{}",
            String::from_utf8_lossy(&log).trim_matches(['\0', '\n'])
        )))
    }

    /// What the compilation made; empty if it made none.
    pub(super) fn product(&self, product: Product) -> Result<Vec<u8>> {
        let (size, fill) = match product {
            Product::Log => self.api.log,
            Product::Ptx => self.api.ptx,
            Product::Cubin => self.api.cubin,
        };
        let mut bytes = 0;
        // SAFETY: the program lives; the size is a live integer.
        let code = unsafe { size(self.program, &mut bytes) };
        self.api.check("the size of what was compiled", code)?;
        let mut buffer = vec![0_u8; bytes];
        if bytes > 0 {
            // SAFETY: the buffer has the size that the library asked for.
            let code = unsafe { fill(self.program, buffer.as_mut_ptr().cast()) };
            self.api.check("what was compiled", code)?;
        }
        Ok(buffer)
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        // SAFETY: made by the library and destroyed once. A failure leaks some memory.
        unsafe { (self.api.destroy)(&mut self.program) };
    }
}
