//! The run-time compiler: source text in, machine code and its log out.

mod api;
mod compiler;

pub use compiler::{Architecture, Compiled, Compiler, Definition, SourceFile};
