//! The kernels without a GPU: they compile for every architecture, and their PTX, executed by an
//! interpreter, computes what the definition says.

mod compiled;
mod interpreted;
mod kept;
mod kept_is_current;
mod machine;
mod seeded_bugs;
mod tensors;
