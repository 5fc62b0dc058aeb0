//! Compiling a kernel for an architecture.

use std::ffi::CString;
use std::fmt;
use std::path::Path;

use once_cell::sync::OnceCell;

use super::api::{Api, Handle, Product, Text};
use crate::error::{Error, Result};

/// NVRTC, opened once for the process.
pub struct Compiler {
    api: Api,
    version: (u32, u32),
}

/// What a kernel is compiled for, such as `sm_90a` (machine code) or `compute_80` (PTX).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
#[non_exhaustive]
pub enum Architecture {
    /// PTX that any device since 8.0 can be given.
    Ptx80,
    /// A100.
    Sm80,
    /// RTX 30.
    Sm86,
    /// RTX 40, L4, L40.
    Sm89,
    /// H100, H200.
    Sm90a,
    /// B200.
    Sm100a,
    /// RTX 50.
    Sm120a,
}

impl Architecture {
    /// Those with machine code of their own, oldest first.
    pub const MACHINES: [Self; 6] =
        [Self::Sm80, Self::Sm86, Self::Sm89, Self::Sm90a, Self::Sm100a, Self::Sm120a];

    /// The name as the compiler's option has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ptx80 => "compute_80",
            Self::Sm80 => "sm_80",
            Self::Sm86 => "sm_86",
            Self::Sm89 => "sm_89",
            Self::Sm90a => "sm_90a",
            Self::Sm100a => "sm_100a",
            Self::Sm120a => "sm_120a",
        }
    }

    /// What to compile for on a device of this compute capability: its own, or the newest whose
    /// machine code it runs; `None` for devices older than 8.0.
    pub const fn of_capability(major: u32, minor: u32) -> Option<Self> {
        match (major, minor) {
            (8, 0..=5) => Some(Self::Sm80),
            (8, 6..=8) => Some(Self::Sm86),
            (8, _) => Some(Self::Sm89),
            // Machine code for 9.0a, 10.0a and 12.0a runs on exactly these.
            (9, 0) => Some(Self::Sm90a),
            (10, 0) => Some(Self::Sm100a),
            (12, 0) => Some(Self::Sm120a),
            (9.., _) => Some(Self::Ptx80),
            _ => None,
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file of source text, which is read from memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceFile<'a> {
    /// The name in messages and in `#include`.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

impl SourceFile<'_> {
    fn as_c(&self) -> Result<Text> {
        Ok(Text { name: c_string("name", self.name)?, text: c_string("source", self.text)? })
    }
}

/// A constant that specialises a kernel: `-DNAME=value`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Definition {
    /// The name in the source.
    pub name: &'static str,
    /// Its value.
    pub value: u32,
}

/// What came out of the compiler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// Machine code, an ELF file; empty if only PTX was asked for.
    pub cubin: Vec<u8>,
    /// The PTX, or nothing where the compiler keeps it to itself.
    pub ptx: String,
    /// Warnings and the assembler's report of resources.
    pub log: String,
}

impl Compiler {
    /// Finds NVRTC by `PERFREG_NVRTC` (a file or its folder) or in the usual places.
    ///
    /// What was found is kept; a failure is not, so that a later call may succeed.
    ///
    /// # Errors
    /// [`Error::is_unavailable`] if there is none, with what was tried.
    pub fn find() -> Result<&'static Self> {
        static FOUND: OnceCell<Compiler> = OnceCell::new();
        FOUND.get_or_try_init(|| {
            let api = Api::find()?;
            let version = api.version()?;
            Ok(Self { api, version })
        })
    }

    /// Major and minor version, such as 13 and 0.
    pub fn version(&self) -> (u32, u32) {
        self.version
    }

    /// The path or name that the library was opened by.
    pub fn path(&self) -> &Path {
        &self.api.path
    }

    /// The version to the last digit, such as `13.0.88`: what machine code depends on.
    ///
    /// # Errors
    /// [`Error::is_compilation`] if the compiler does not even compile nothing.
    pub fn build(&self) -> Result<String> {
        let nothing = SourceFile { name: "nothing.cu", text: "__global__ void nothing() {}" };
        let ptx = self.compile(nothing, &[], Architecture::Ptx80, &[])?.ptx;
        // A comment on top: `// Cuda compilation tools, release 13.0, V13.0.88`.
        let line = ptx.lines().find(|line| line.contains("compilation tools"));
        let version = line.and_then(|line| line.rsplit_once(", V")).map(|(_, version)| version);
        let version = version.ok_or_else(|| Error::compilation("the PTX names no compiler"))?;
        Ok(version.trim().to_owned())
    }

    /// Compiles a source that includes nothing but these headers.
    ///
    /// # Errors
    /// [`Error::is_compilation`] with the compiler's messages.
    pub fn compile(
        &self,
        source: SourceFile<'_>,
        headers: &[SourceFile<'_>],
        architecture: Architecture,
        definitions: &[Definition],
    ) -> Result<Compiled> {
        let mut options = vec![
            format!("--gpu-architecture={architecture}"),
            "--std=c++17".to_owned(),
            "--ptxas-options=-v".to_owned(),
        ];
        options.extend(definitions.iter().map(|d| format!("-D{}={}", d.name, d.value)));
        let options = options.iter().map(|option| c_string("options", option));
        let options = options.collect::<Result<Vec<_>>>()?;
        let headers = headers.iter().map(SourceFile::as_c).collect::<Result<Vec<_>>>()?;
        let handle = Handle::new(&self.api, &source.as_c()?, &headers)?;
        handle.compile(&options)?;
        Ok(Compiled {
            cubin: handle.product(Product::Cubin)?,
            ptx: text(&handle.product(Product::Ptx)?),
            log: text(&handle.product(Product::Log)?),
        })
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler")
            .field("path", &self.api.path)
            .field("version", &self.version)
            .finish()
    }
}

fn c_string(argument: &str, text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::argument(argument, "it contains a NUL character"))
}

/// The library's strings end with a NUL, which is no part of the text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::Architecture;

    #[test]
    fn a_device_gets_machine_code_that_it_runs() {
        let check = |capability: (u32, u32), expected: Option<&str>| {
            let found = Architecture::of_capability(capability.0, capability.1);
            assert_eq!(found.map(Architecture::name), expected, "{capability:?}");
        };
        check((7, 5), None);
        check((8, 0), Some("sm_80"));
        check((8, 6), Some("sm_86"));
        check((8, 7), Some("sm_86"));
        check((8, 9), Some("sm_89"));
        check((9, 0), Some("sm_90a"));
        check((10, 0), Some("sm_100a"));
        // Its machine code is of its own family, so it gets what its driver compiles.
        check((10, 3), Some("compute_80"));
        check((12, 0), Some("sm_120a"));
        check((12, 1), Some("compute_80"));
    }
}
