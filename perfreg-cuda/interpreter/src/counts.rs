//! What a launch executed, counted exactly.

use std::ops::AddAssign;

/// What a launch executed. The same program and arguments give the same numbers on any machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Instructions, one a warp.
    pub instructions: u64,
    /// Operations of products of matrices, a multiplication and an addition each counted.
    pub tensor_flops: u64,
    /// Exponentials, one a lane.
    pub exponentials: u64,
    /// Bytes read from global memory, by loads and asynchronous copies.
    pub global_bytes_read: u64,
    /// Bytes written to global memory.
    pub global_bytes_written: u64,
    /// Loads of matrices from shared memory, one a warp.
    pub matrix_loads: u64,
    /// Barriers, one a block.
    pub barriers: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.tensor_flops += other.tensor_flops;
        self.exponentials += other.exponentials;
        self.global_bytes_read += other.global_bytes_read;
        self.global_bytes_written += other.global_bytes_written;
        self.matrix_loads += other.matrix_loads;
        self.barriers += other.barriers;
    }
}
