//! Every kernel compiles for every architecture, and none spills a register.

use std::io::Write;

use perfreg_cuda::attention::Kernel;
use perfreg_cuda::cubin::Resources;
use perfreg_cuda::nvrtc::{Architecture, Compiler, Definition};

/// The compiler, or a word about why there is none; where someone said where it is, it has to be.
pub(crate) fn compiler() -> Option<&'static Compiler> {
    match Compiler::find() {
        Ok(compiler) => Some(compiler),
        Err(reason) => {
            assert!(std::env::var_os("PERFREG_NVRTC").is_none(), "{reason}");
            skipped(&reason.to_string());
            None
        }
    }
}

/// Says why a test is not run, past the test runner, which keeps what passing tests print to itself.
#[expect(clippy::explicit_write, reason = "the runner would capture `eprintln!`")]
pub(crate) fn skipped(reason: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(std::io::stderr(), "skipped {name}: {reason}").unwrap();
}

/// Two tests, for runners that use two cores.
#[test]
fn every_kernel_compiles_for_older_architectures_without_a_spill() {
    check_all(&Architecture::MACHINES[..3]);
}

#[test]
fn every_kernel_compiles_for_newer_architectures_without_a_spill() {
    check_all(&Architecture::MACHINES[3..]);
}

fn check_all(architectures: &[Architecture]) {
    let Some(compiler) = compiler() else { return };
    for kernel in Kernel::all() {
        // The kernels of one file are compiled together.
        let entries: &[&str] = match kernel {
            Kernel::NaiveBackwardKeys { .. } => continue,
            Kernel::NaiveBackwardQueries { .. } => {
                &["naive_backward_queries", "naive_backward_keys"]
            }
            _ => &[kernel.entry()],
        };
        for architecture in architectures {
            let compiled = kernel.compile(compiler, *architecture).unwrap();
            for entry in entries {
                let taken = Resources::of(&compiled, entry).unwrap();
                let found = (taken.stack_bytes + taken.spill_bytes, taken.warnings);
                assert_eq!(found, (0, 0), "{kernel} {architecture}: {}", compiled.log);
                assert!(taken.registers >= 16 && taken.code_bytes > 1_000, "{kernel}: {taken:?}");
            }
        }
    }
}

#[test]
fn what_does_not_compile_is_an_error_with_the_compilers_words() {
    let Some(compiler) = compiler() else { return };
    let kernel = Kernel::all()[0];
    let bad = [Definition { name: "CAUSAL", value: 0 }];
    let architecture = Architecture::Sm80;
    let found = compiler.compile(kernel.source(), Kernel::headers(), architecture, &bad);
    let error = found.unwrap_err();
    assert!(error.is_compilation());
    assert!(error.to_string().contains("HEAD_DIM"), "{error}");
}
