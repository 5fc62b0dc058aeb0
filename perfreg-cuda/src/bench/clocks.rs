//! Reading the clocks of a multiprocessor, and the kernel that does nothing.
#![expect(unsafe_code, reason = "a launch trusts its arguments")]

use crate::device::{Function, Gpu, Grid, Stream, Tensor};
use crate::error::Result;
use crate::nvrtc::{Definition, SourceFile};

const SOURCE: SourceFile<'static> =
    SourceFile { name: "clocks.cu", text: include_str!("../../kernels/clocks.cu") };
const TYPES: SourceFile<'static> =
    SourceFile { name: "types.cuh", text: include_str!("../../kernels/types.cuh") };

/// Nanoseconds and cycles, 8 bytes each.
const READING: u32 = 16;

/// How long the clock is read alone, in nanoseconds: 300 steps of the global timer.
const WAIT: Definition = Definition { name: "WAIT_NANOSECONDS", value: 300_000 };

/// The kernels that measure, instead of being measured.
pub(super) struct Clocks {
    read: Function,
    nothing: Function,
    wait: Function,
    readings: [Tensor; 2],
    waited: Tensor,
    blocks: u32,
}

/// Which end of a sample.
#[derive(Clone, Copy)]
pub(super) enum End {
    Begin,
    End,
}

impl Clocks {
    pub(super) fn load(gpu: &Gpu, stream: &Stream) -> Result<Self> {
        let compiled = gpu.compiler().compile(SOURCE, &[TYPES], gpu.architecture(), &[WAIT])?;
        let reading = || Tensor::poisoned(gpu, stream, ("u8", 1), &[READING]);
        let clocks = Self {
            read: Function::load(gpu, &compiled, "read_clocks")?,
            nothing: Function::load(gpu, &compiled, "nothing")?,
            wait: Function::load(gpu, &compiled, "wait_between_clocks")?,
            readings: [reading()?, reading()?],
            waited: Tensor::poisoned(gpu, stream, ("u8", 1), &[2 * READING])?,
            blocks: 2 * gpu.key().multiprocessors,
        };
        // A kernel may be loaded by its first launch, which then waits for all work: for ever, if that is
        // held.
        clocks.read(stream, End::Begin)?;
        clocks.read(stream, End::End)?;
        clocks.nothing(stream)?;
        clocks.megahertz_after(stream)?;
        Ok(clocks)
    }

    /// Hands over a reading.
    pub(super) fn read(&self, stream: &Stream, end: End) -> Result<()> {
        let to = self.readings[end as usize].address(stream);
        let grid = Grid { blocks: [self.blocks, 1, 1], threads: 32, shared_bytes: 0 };
        // SAFETY: the kernel takes an address and writes 16 bytes there, as many as the tensor has;
        // it lives as long as the stream's session.
        unsafe { self.read.launch(stream, grid, to.to_le_bytes()) }
    }

    /// The clock between the two readings, in MHz, when the stream's work is done; where they are too
    /// close to each other, the clock right after it.
    pub(super) fn megahertz(&self, stream: &Stream) -> Result<Option<f64>> {
        let begin = numbers(&self.readings[End::Begin as usize].download(stream)?);
        let end = numbers(&self.readings[End::End as usize].download(stream)?);
        match frequency(begin, end) {
            None => self.megahertz_after(stream),
            between => Ok(between),
        }
    }

    fn megahertz_after(&self, stream: &Stream) -> Result<Option<f64>> {
        let grid = Grid { blocks: [1, 1, 1], threads: 1, shared_bytes: 0 };
        let to = self.waited.address(stream);
        // SAFETY: the kernel takes an address and writes 32 bytes there, as many as the tensor has; it
        // lives as long as the stream's session.
        unsafe { self.wait.launch(stream, grid, to.to_le_bytes())? };
        let waited = self.waited.download(stream)?;
        let (begin, end) = waited.split_at(READING as usize);
        Ok(frequency(numbers(begin), numbers(end)))
    }

    /// Hands over a kernel that does nothing.
    pub(super) fn nothing(&self, stream: &Stream) -> Result<()> {
        let grid = Grid { blocks: [1, 1, 1], threads: 32, shared_bytes: 0 };
        // SAFETY: the kernel takes nothing and touches nothing.
        unsafe { self.nothing.launch(stream, grid, []) }
    }
}

/// Nanoseconds and cycles of a reading's bytes.
fn numbers(bytes: &[u8]) -> [u64; 2] {
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_le_bytes(*word)))
}

/// Cycles by time. `None` where the global timer, which moves in steps of up to a microsecond, did
/// not move far enough to divide by.
fn frequency(begin: [u64; 2], end: [u64; 2]) -> Option<f64> {
    /// A hundred steps leave an error of a percent.
    const FEWEST_NANOSECONDS: u64 = 100_000;
    let nanoseconds = end[0].checked_sub(begin[0])?;
    let cycles = end[1].checked_sub(begin[1])?;
    let far = nanoseconds >= FEWEST_NANOSECONDS;
    far.then(|| cycles as f64 / nanoseconds as f64 * 1e3)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{SOURCE, TYPES, WAIT, frequency, numbers};
    use crate::cubin::Resources;
    use crate::nvrtc::{Architecture, Compiler};

    #[test]
    fn the_kernels_that_measure_compile_for_every_device() {
        let compiler = match Compiler::find() {
            Ok(compiler) => compiler,
            Err(reason) => {
                assert!(std::env::var_os("PERFREG_NVRTC").is_none(), "{reason}");
                let name = "the_kernels_that_measure_compile_for_every_device";
                writeln!(std::io::stderr(), "skipped {name}: {reason}").unwrap();
                return;
            }
        };
        for architecture in Architecture::MACHINES {
            let compiled = compiler.compile(SOURCE, &[TYPES], architecture, &[WAIT]).unwrap();
            for entry in ["read_clocks", "wait_between_clocks", "nothing"] {
                let taken = Resources::of(&compiled, entry).unwrap();
                assert_eq!((taken.spill_bytes, taken.warnings), (0, 0), "{architecture}: {entry}");
            }
        }
    }

    #[test]
    fn the_clock_is_cycles_by_time_if_there_was_enough_time() {
        assert_eq!(frequency([5_000, 70], [205_000, 396_070]), Some(1_980.0));
        assert_eq!(frequency([5_000, 70], [6_000, 2_050]), None);
        // Readings of two multiprocessors, or none at all.
        assert_eq!(frequency([5_000, 70], [205_000, 60]), None);
        assert_eq!(frequency([9, 0], [5, 7]), None);
    }

    #[test]
    fn readings_are_two_words() {
        let bytes = [7_u64.to_le_bytes(), 9_u64.to_le_bytes()].concat();
        assert_eq!(numbers(&bytes), [7, 9]);
    }
}
