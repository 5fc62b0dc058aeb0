//! Every kernel compiles for every architecture, without spilling a register.

use perfreg_cuda::attention::Kernel;
use perfreg_cuda::nvrtc::{Architecture, Compiler};
use std::fmt::Write;

#[test]
fn all() {
    let compiler = Compiler::find().unwrap();
    let mut text = String::new();
    for kernel in Kernel::all() {
        for architecture in [Architecture::Sm80, Architecture::Sm90a, Architecture::Sm120a] {
            let start = std::time::Instant::now();
            let compiled = kernel.compile(compiler, architecture).unwrap();
            let tail: Vec<_> = compiled
                .log
                .lines()
                .filter(|l| l.contains("spill") || l.contains("Used") || l.contains("warn"))
                .collect();
            writeln!(
                text,
                "{kernel} {architecture} {:?} {} ptx {} {}",
                start.elapsed(),
                compiled.cubin.len(),
                compiled.ptx.len(),
                tail.join(" ")
            )
            .unwrap();
            eprintln!(
                "{kernel} {architecture} {:?} {} ptx {} {}",
                start.elapsed(),
                compiled.cubin.len(),
                compiled.ptx.len(),
                tail.join(" ")
            );
        }
    }
}
