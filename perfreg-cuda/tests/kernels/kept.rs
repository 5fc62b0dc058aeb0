//! The kernels whose PTX is kept, so that they can be interpreted where there is no compiler.

use std::path::PathBuf;

use perfreg_cuda::attention::{Element, Kernel, Mask, Mixing, PortableTile};
use perfreg_ptx::Program;

/// One kernel for each thing that a kernel can be asked for.
pub(crate) fn kept_kernels() -> Vec<Kernel> {
    let head_dim = 64;
    let mut kept = vec![Kernel::NaiveForward { head_dim: 128, mask: Mask::Causal }];
    for mask in [Mask::Full, Mask::Causal] {
        kept.push(Kernel::NaiveForward { head_dim, mask });
        for mixing in [Mixing::Exact, Mixing::Detached] {
            // The file of these holds both kernels.
            kept.push(Kernel::NaiveBackwardQueries { head_dim, mask, mixing });
        }
        for tile in PortableTile::ALL {
            kept.push(Kernel::PortableForward { tile, mask, element: Element::Bf16 });
        }
    }
    let (tile, mask) = (PortableTile::ALL[1], Mask::Full);
    kept.push(Kernel::PortableForward { tile, mask, element: Element::F16 });
    kept
}

/// The kept PTX of a kernel.
pub(crate) fn ptx(kernel: Kernel) -> String {
    let path = ptx_path(kernel);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A kernel, from its kept PTX.
pub(crate) fn program(kernel: Kernel) -> Program {
    Program::parse(&ptx(kernel), kernel.entry()).unwrap()
}

/// Where the PTX of a kernel is kept.
pub(crate) fn ptx_path(kernel: Kernel) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ptx");
    folder.join(format!("{}.ptx", file_stem(kernel)))
}

/// A kernel with one thing changed in one of its files.
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// The kept PTX of a mutant.
pub(crate) fn mutant_ptx(mutant: &Mutant) -> String {
    let path = mutant_path(mutant);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where the PTX of a mutant is kept.
pub(crate) fn mutant_path(mutant: &Mutant) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ptx/mutants");
    folder.join(format!("{}.ptx", mutant.name))
}

/// The kernels of one file are compiled together, under the name of the first.
fn file_stem(kernel: Kernel) -> String {
    kernel.to_string().replace("naive_backward_keys", "naive_backward_queries")
}
