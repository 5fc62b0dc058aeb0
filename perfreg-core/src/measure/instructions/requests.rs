//! What the work under callgrind says to it: instructions that do nothing on a CPU, and that valgrind
//! takes as a request (its `valgrind.h` and `callgrind.h` list them).
//!
//! Unsafe lives here because the request is made of machine code.
#![cfg_attr(
    all(target_os = "linux", target_arch = "x86_64"),
    expect(unsafe_code, reason = "a request is made of machine code")
)]

/// What callgrind is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request {
    /// Write what was counted into the next file, and begin at 0 again.
    Dump,
    /// Begin to count, or stop.
    Toggle,
    /// Look at instructions at all, which makes everything slower.
    Instrument,
}

impl Request {
    fn number(self) -> usize {
        const CALLGRIND: usize = ((b'C' as usize) << 24) | ((b'T' as usize) << 16);
        CALLGRIND
            + match self {
                Request::Dump => 0,
                Request::Toggle => 2,
                Request::Instrument => 4,
            }
    }

    /// Asks for it; without valgrind nothing happens.
    #[inline(always)]
    pub(super) fn make(self) {
        ask(self.number());
    }
}

/// Whether valgrind executes this process, and can be spoken to.
pub(super) fn is_heard() -> bool {
    const RUNNING_ON_VALGRIND: usize = 0x1001;
    ask(RUNNING_ON_VALGRIND) > 0
}

/// True where requests are known.
pub(super) const CAN_ASK: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
fn ask(number: usize) -> usize {
    let words: [usize; 6] = [number, 0, 0, 0, 0, 0];
    let mut answer = 0_usize;
    // SAFETY: the rotations add up to two full turns, and an exchange of a register with itself
    // changes nothing; valgrind reads the words, and writes nothing but the answer.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") words.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn ask(_number: usize) -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::{Request, is_heard};

    #[test]
    fn nobody_listens_without_valgrind() {
        assert!(!is_heard());
        Request::Toggle.make();
        Request::Dump.make();
    }

    #[test]
    fn requests_have_the_numbers_of_callgrind_h() {
        let check = |request: Request, expected: usize| assert_eq!(request.number(), expected);
        check(Request::Dump, 0x4354_0000);
        check(Request::Toggle, 0x4354_0002);
        check(Request::Instrument, 0x4354_0004);
    }
}
