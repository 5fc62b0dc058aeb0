//! The shared memory of a block, which remembers who touched a word since the last barrier.

use crate::error::Wrong;

const WORD: u64 = 4;

/// The bytes, and the history of each word.
#[derive(Debug)]
pub(super) struct Shared {
    bytes: Vec<u8>,
    words: Vec<Word>,
    /// Barriers so far, from 1.
    epoch: u32,
}

#[derive(Clone, Copy, Default, Debug)]
struct Word {
    state: State,
    /// The warp that wrote last, and when; 0 is never.
    writer: u32,
    written: u32,
    /// The warps that read in an epoch, a bit each.
    readers: u64,
    read: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Unwritten,
    Written,
    /// An asynchronous copy to it is under way.
    InFlight,
}

impl Shared {
    pub(super) fn new(bytes: usize) -> Self {
        let words = bytes.div_ceil(4);
        Self { bytes: vec![0; bytes], words: vec![Word::default(); words], epoch: 1 }
    }

    /// Every warp has arrived: what was touched before is in the past for all.
    pub(super) fn barrier(&mut self) {
        self.epoch += 1;
    }

    pub(super) fn read(&mut self, warp: u32, address: u64, bytes: usize) -> Result<&[u8], Wrong> {
        self.check(address, bytes)?;
        let epoch = self.epoch;
        for (at, word) in self.words_of(address, bytes) {
            match word.state {
                State::Unwritten => return Err(Wrong::Unwritten(at)),
                State::InFlight => return Err(Wrong::InFlight(at)),
                State::Written if word.written == epoch && word.writer != warp => {
                    return Err(Wrong::Race(at));
                }
                State::Written => {}
            }
            if word.read != epoch {
                (word.read, word.readers) = (epoch, 0);
            }
            word.readers |= 1 << warp;
        }
        let from = usize::try_from(address).expect("checked");
        Ok(&self.bytes[from..from + bytes])
    }

    pub(super) fn write(&mut self, warp: u32, address: u64, bytes: &[u8]) -> Result<(), Wrong> {
        self.change(warp, address, bytes.len(), State::Written)?;
        let from = usize::try_from(address).expect("checked");
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    /// A copy to here is under way.
    pub(super) fn begin_copy(&mut self, warp: u32, to: u64, bytes: usize) -> Result<(), Wrong> {
        self.change(warp, to, bytes, State::InFlight)
    }

    /// The copy has arrived.
    pub(super) fn end_copy(&mut self, warp: u32, to: u64, bytes: &[u8]) {
        let epoch = self.epoch;
        for (_, word) in self.words_of(to, bytes.len()) {
            (word.state, word.writer, word.written) = (State::Written, warp, epoch);
        }
        let from = usize::try_from(to).expect("checked when it began");
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
    }

    fn change(&mut self, warp: u32, to: u64, bytes: usize, state: State) -> Result<(), Wrong> {
        self.check(to, bytes)?;
        let epoch = self.epoch;
        for (at, word) in self.words_of(to, bytes) {
            if word.state == State::InFlight {
                return Err(Wrong::InFlight(at));
            }
            let others_wrote = word.written == epoch && word.writer != warp;
            let others_read = word.read == epoch && word.readers & !(1 << warp) != 0;
            if others_wrote || others_read {
                return Err(Wrong::Race(at));
            }
            (word.state, word.writer, word.written) = (state, warp, epoch);
        }
        Ok(())
    }

    fn check(&self, address: u64, bytes: usize) -> Result<(), Wrong> {
        let end = address.checked_add(bytes as u64);
        let inside = end.is_some_and(|end| end <= self.bytes.len() as u64);
        if inside && address.is_multiple_of(bytes as u64) {
            return Ok(());
        }
        Err(Wrong::SharedAddress(address))
    }

    /// The words of a range that was checked, with their addresses.
    fn words_of(&mut self, address: u64, bytes: usize) -> impl Iterator<Item = (u64, &mut Word)> {
        let first = usize::try_from(address / WORD).expect("checked");
        let end = usize::try_from((address + bytes as u64).div_ceil(WORD)).expect("checked");
        let words = self.words[first..end].iter_mut().enumerate();
        words.map(move |(at, word)| ((first + at) as u64 * WORD, word))
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;
    use crate::error::Wrong;

    const WORD: [u8; 4] = [1, 2, 3, 4];

    #[test]
    fn what_one_warp_writes_another_reads_after_a_barrier() {
        let mut shared = Shared::new(64);
        shared.write(0, 8, &WORD).unwrap();
        assert_eq!(shared.read(0, 8, 4), Ok(&WORD[..]));
        assert_eq!(shared.read(1, 8, 4), Err(Wrong::Race(8)));
        shared.barrier();
        assert_eq!(shared.read(1, 8, 4), Ok(&WORD[..]));
        assert_eq!(shared.write(0, 8, &WORD), Err(Wrong::Race(8)));
        shared.barrier();
        shared.write(0, 8, &WORD).unwrap();
        assert_eq!(shared.write(1, 8, &WORD), Err(Wrong::Race(8)));
    }

    #[test]
    fn a_copy_is_not_there_before_it_has_arrived() {
        let mut shared = Shared::new(64);
        assert_eq!(shared.read(0, 16, 4), Err(Wrong::Unwritten(16)));
        shared.begin_copy(0, 16, 4).unwrap();
        assert_eq!(shared.read(0, 16, 4), Err(Wrong::InFlight(16)));
        assert_eq!(shared.write(0, 16, &WORD), Err(Wrong::InFlight(16)));
        shared.end_copy(0, 16, &WORD);
        assert_eq!(shared.read(0, 16, 4), Ok(&WORD[..]));
        assert_eq!(shared.read(1, 16, 4), Err(Wrong::Race(16)));
    }

    #[test]
    fn addresses_are_inside_and_aligned() {
        let mut shared = Shared::new(64);
        assert_eq!(shared.write(0, 62, &WORD), Err(Wrong::SharedAddress(62)));
        assert_eq!(shared.write(0, 64, &WORD), Err(Wrong::SharedAddress(64)));
        assert_eq!(shared.read(0, u64::MAX - 3, 4), Err(Wrong::SharedAddress(u64::MAX - 3)));
    }
}
