//! The kept PTX is what the sources compile to. `PERFREG_UPDATE_PTX=1` writes it anew.

use std::path::PathBuf;

use perfreg_cuda::attention::Kernel;
use perfreg_cuda::nvrtc::{Architecture, Compiler, SourceFile};

use super::compiled::{compiler, skipped};
use super::kept::{Mutant, kept_kernels, mutant_path, ptx_path};
use super::seeded_bugs::{KERNEL, MUTANTS};

/// The compiler that the kept PTX is of: another one writes other PTX of the same sources.
const KEPT_OF: &str = "13.0.88";

#[test]
fn what_is_kept_is_what_the_sources_compile_to() {
    let Some(compiler) = compiler() else { return };
    let build = compiler.build().unwrap();
    if build != KEPT_OF {
        return skipped(&format!("the PTX is of NVRTC {KEPT_OF}, here is {build}"));
    }
    let kernels = kept_kernels().into_iter().map(|kernel| {
        (ptx_path(kernel), kernel.compile(compiler, Architecture::Ptx80).unwrap().ptx)
    });
    let mutants = MUTANTS.iter().map(|mutant| (mutant_path(mutant), compile(compiler, mutant)));
    let differing: Vec<PathBuf> =
        kernels.chain(mutants).filter(|(path, ptx)| differs(path, ptx)).map(|(p, _)| p).collect();
    assert!(differing.is_empty(), "set PERFREG_UPDATE_PTX=1 after reading why: {differing:?}");
}

/// Whether the file holds something else; where updating is asked for, it never does.
fn differs(path: &PathBuf, ptx: &str) -> bool {
    if std::env::var_os("PERFREG_UPDATE_PTX").is_some() {
        std::fs::write(path, ptx).unwrap();
    }
    std::fs::read_to_string(path).unwrap_or_default() != ptx
}

/// The PTX of the kernel with the mutant's change.
fn compile(compiler: &Compiler, mutant: &Mutant) -> String {
    let mut files: Vec<(&str, String)> = [KERNEL.source()]
        .iter()
        .chain(Kernel::headers())
        .map(|file| (file.name, file.text.to_owned()))
        .collect();
    if let Some((_, text)) = files.iter_mut().find(|(name, _)| *name == mutant.file) {
        assert_eq!(text.matches(mutant.from).count(), 1, "{}: {}", mutant.name, mutant.from);
        *text = text.replace(mutant.from, mutant.to);
    } else {
        assert_eq!(mutant.file, "", "{}: no such file", mutant.name);
    }
    let files: Vec<SourceFile<'_>> =
        files.iter().map(|(name, text)| SourceFile { name, text }).collect();
    let definitions = KERNEL.definitions();
    compiler.compile(files[0], &files[1..], Architecture::Ptx80, &definitions).unwrap().ptx
}
