//! The kernels without a GPU: they compile for every architecture, and their PTX, executed by an
//! interpreter, computes what the definition says.
#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "helpers of tests stop at the first surprise, and a Bencher is taken by value"
)]

mod compiled;
mod executed;
mod interpreted;
mod kept;
mod kept_is_current;
mod machine;
mod seeded_bugs;
mod tensors;
