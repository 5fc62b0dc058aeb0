//! Opening a library: the only place that asks the system's loader.
//!
//! Unsafe lives here because loading a library runs its initialisers.
#![expect(unsafe_code, reason = "dlopen and dlsym")]

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use libloading::Library;

use super::candidates::{Name, Surroundings, candidates};

/// A library that stays loaded until the process ends: NVIDIA's start threads that outlive a close.
pub(crate) struct Opened {
    library: &'static Library,
    /// The path or name it was opened by.
    pub(crate) path: PathBuf,
}

impl Opened {
    /// The function of this name, or the name.
    ///
    /// # Safety
    /// `F` is the type that the library's documentation gives the function.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &'static str) -> Result<F, &'static str> {
        // SAFETY: the caller vouches for the type; the library is never closed, so the copied
        // pointer stays valid.
        unsafe { self.library.get::<F>(name.as_bytes()) }.map(|symbol| *symbol).map_err(|_| name)
    }
}

/// What was tried in vain, with the loader's answer to what exists but does not load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Missing {
    tried: Vec<PathBuf>,
    refused: Option<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refused) = &self.refused {
            return f.write_str(refused);
        }
        let tried: Vec<_> = self.tried.iter().map(|path| path.display().to_string()).collect();
        write!(f, "tried {}", tried.join(", "))
    }
}

/// Opens the first candidate that loads.
pub(crate) fn open(name: Name) -> Result<Opened, Missing> {
    let tried = candidates(name, &Here);
    let mut refused = None;
    for path in &tried {
        if path.is_dir() {
            continue;
        }
        load_companions(name, path);
        // SAFETY: the candidates are NVIDIA's libraries, whose initialisers have no conditions.
        match unsafe { Library::new(path) } {
            Ok(library) => {
                let library = Box::leak(Box::new(library));
                return Ok(Opened { library, path: path.clone() });
            }
            Err(error) if path.is_file() => {
                // The loader's own words are the cause of libloading's error.
                let words = std::error::Error::source(&error).map(ToString::to_string);
                refused.get_or_insert(words.unwrap_or_else(|| error.to_string()));
            }
            Err(_) => {}
        }
    }
    Err(Missing { tried, refused })
}

/// The compiler opens a library of its own by name alone, which fails where its folder is not on the
/// loader's path; a library of that name that is loaded already is found.
fn load_companions(name: Name, path: &Path) {
    let (Name::Nvrtc, Some(folder)) = (name, path.parent()) else {
        return;
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("libnvrtc-builtins.so") {
            // SAFETY: it has no initialisers with conditions. Without it a compilation says so.
            let library = unsafe { Library::new(entry.path()) };
            library.map(std::mem::forget).unwrap_or_default();
        }
    }
}

/// This process's environment and this machine's folders.
struct Here;

impl Surroundings for Here {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    fn folders(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }
}
