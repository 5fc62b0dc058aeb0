//! Where a library of NVIDIA's may lie, best guess first: pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A library that is looked for at run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    /// The driver's interface.
    Driver,
    /// The compiler of kernels.
    Nvrtc,
    /// The driver's view of a device's health.
    Nvml,
}

impl Name {
    /// The variable that says where the library is, before any guess.
    pub(crate) fn variable(self) -> Option<&'static str> {
        (self == Self::Nvrtc).then_some("PERFREG_NVRTC")
    }

    /// File names, the one with the version first: the other comes with development packages only.
    fn files(self) -> &'static [&'static str] {
        match (self, cfg!(windows)) {
            (Self::Driver, false) => &["libcuda.so.1", "libcuda.so"],
            (Self::Driver, true) => &["nvcuda.dll"],
            (Self::Nvrtc, false) => &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
            (Self::Nvrtc, true) => &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"],
            (Self::Nvml, false) => &["libnvidia-ml.so.1", "libnvidia-ml.so"],
            (Self::Nvml, true) => &["nvml.dll"],
        }
    }
}

/// What a search looks at: the environment and the folders that exist.
pub(crate) trait Surroundings {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// The folders in a folder; none if there is no such folder.
    fn folders(&self, folder: &Path) -> Vec<PathBuf>;
}

/// What to open, in this order. A name without a folder is for the system's own search.
pub(crate) fn candidates(name: Name, around: &impl Surroundings) -> Vec<PathBuf> {
    if let Some(stated) = name.variable().and_then(|variable| around.variable(variable)) {
        return stated_candidates(name, &PathBuf::from(stated));
    }
    let mut found: Vec<PathBuf> = name.files().iter().map(PathBuf::from).collect();
    if name == Name::Nvrtc {
        for folder in usual_folders(around) {
            found.extend(name.files().iter().map(|file| folder.join(file)));
        }
    }
    found
}

/// A path that someone stated is a library or a folder with one; nothing else is tried, so that
/// nobody measures with a compiler they did not mean.
fn stated_candidates(name: Name, stated: &Path) -> Vec<PathBuf> {
    let in_folder = name.files().iter().map(|file| stated.join(file));
    std::iter::once(stated.to_owned()).chain(in_folder).collect()
}

/// Where CUDA's installer and the wheels of Python put the compiler.
fn usual_folders(around: &impl Surroundings) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for variable in ["CUDA_HOME", "CUDA_PATH"] {
        let home = around.variable(variable).map(PathBuf::from);
        folders.extend(home.iter().flat_map(|home| [home.join("lib64"), home.join("lib")]));
    }
    if let Some(environment) = around.variable("VIRTUAL_ENV").map(PathBuf::from) {
        for python in around.folders(&environment.join("lib")) {
            let packages = python.join("site-packages/nvidia");
            folders.extend(["cu13/lib", "cuda_nvrtc/lib"].map(|inside| packages.join(inside)));
        }
    }
    folders.push(PathBuf::from("/usr/local/cuda/lib64"));
    folders
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use super::{Name, Surroundings, candidates};

    struct Scripted(&'static [(&'static str, &'static str)]);

    impl Surroundings for Scripted {
        fn variable(&self, name: &str) -> Option<OsString> {
            let found = self.0.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        }

        fn folders(&self, folder: &Path) -> Vec<PathBuf> {
            vec![folder.join("python3.11")]
        }
    }

    #[test]
    fn the_search_goes_from_what_is_stated_to_what_is_usual() {
        let check = |name, variables, expected: &[&str]| {
            let found = candidates(name, &Scripted(variables));
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check(Name::Driver, &[], &["libcuda.so.1", "libcuda.so"]);
        check(Name::Nvml, &[("PERFREG_NVRTC", "/x")], &["libnvidia-ml.so.1", "libnvidia-ml.so"]);
        let stated = ["/x", "/x/libnvrtc.so.13", "/x/libnvrtc.so.12", "/x/libnvrtc.so"];
        check(Name::Nvrtc, &[("PERFREG_NVRTC", "/x"), ("CUDA_HOME", "/cuda")], &stated);
    }

    #[test]
    fn the_compiler_is_also_looked_for_in_environments_of_python() {
        let found = candidates(Name::Nvrtc, &Scripted(&[("VIRTUAL_ENV", "/venv")]));
        let wheel = "/venv/lib/python3.11/site-packages/nvidia/cu13/lib/libnvrtc.so.13";
        assert_eq!(found[0], Path::new("libnvrtc.so.13"));
        assert!(found.contains(&PathBuf::from(wheel)), "{found:?}");
        assert!(found.contains(&PathBuf::from("/usr/local/cuda/lib64/libnvrtc.so.13")));
    }
}
