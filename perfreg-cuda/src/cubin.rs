//! What a compiled kernel takes of a device, read from its machine code and the assembler's log.
//!
//! Machine code is an ELF file. Sections named `.nv.info` hold attributes; each is a byte that says
//! how its value is stored, a byte that says what it is, and the value.

use object::{Object, ObjectSection};

use crate::error::{Error, Result};
use crate::nvrtc::Compiled;

/// What a kernel takes. The same compiler, options and source give the same numbers on any machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Resources {
    /// Registers of a thread.
    pub registers: u32,
    /// Bytes of local memory of a thread: spilled registers and arrays.
    pub stack_bytes: u32,
    /// Bytes of stores and loads of spilled registers.
    pub spill_bytes: u32,
    /// Bytes of shared memory that the kernel declares.
    pub shared_bytes: u32,
    /// Bytes of machine code.
    pub code_bytes: u32,
    /// Warnings of the compiler and the assembler.
    pub warnings: u32,
}

impl Resources {
    /// Reads what the kernel `entry` takes.
    ///
    /// # Errors
    /// [`Error::is_data`] if the machine code is none, or has no such kernel.
    pub fn of(compiled: &Compiled, entry: &str) -> Result<Self> {
        let malformed = |what: String| Error::data(format!("machine code of {entry}: {what}"));
        let file =
            object::File::parse(&*compiled.cubin).map_err(|error| malformed(error.to_string()))?;
        let size = |name: String| {
            let size = file.section_by_name(&name).map(|section| section.size());
            size.map(|size| u32::try_from(size).unwrap_or(u32::MAX))
        };
        let code = size(format!(".text.{entry}"));
        let code_bytes = code.ok_or_else(|| malformed("it has no code".to_owned()))?;
        let info = file.section_by_name(".nv.info").and_then(|section| section.data().ok());
        let info = info.ok_or_else(|| malformed("it has no attributes".to_owned()))?;
        let symbol = symbol_number(&file, entry);
        let symbol = symbol.ok_or_else(|| malformed("it has no symbol".to_owned()))?;
        let attribute = |which| attribute(info, which, symbol);
        let registers = attribute(Attribute::Registers)
            .ok_or_else(|| malformed("its registers are not told".to_owned()))?;
        Ok(Self {
            registers,
            stack_bytes: attribute(Attribute::Frame).unwrap_or(0),
            spill_bytes: spill_bytes(&compiled.log, entry)
                .ok_or_else(|| malformed("the log does not speak of it".to_owned()))?,
            shared_bytes: size(format!(".nv.shared.{entry}")).unwrap_or(0),
            code_bytes,
            warnings: warnings(&compiled.log),
        })
    }
}

/// What an attribute says; the numbers are the format's.
#[derive(Clone, Copy)]
enum Attribute {
    Frame = 0x11,
    Registers = 0x2f,
}

fn symbol_number(file: &object::File<'_>, name: &str) -> Option<u32> {
    use object::ObjectSymbol;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(name))?;
    u32::try_from(symbol.index().0).ok()
}

/// The value of an attribute of a function. Of the four ways in which values are stored, one has a
/// length; what is looked for is stored that way, as the function's symbol and the value.
fn attribute(mut info: &[u8], which: Attribute, symbol: u32) -> Option<u32> {
    const WITH_LENGTH: u8 = 4;
    while let [format, kind, low, high, rest @ ..] = info {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if *format != WITH_LENGTH {
            // The two bytes are the value.
            info = rest;
            continue;
        }
        let (value, next) = rest.split_at_checked(length)?;
        if let ([symbol_bytes, value], []) = value.as_chunks::<4>()
            && *kind == which as u8
            && u32::from_le_bytes(*symbol_bytes) == symbol
        {
            return Some(u32::from_le_bytes(*value));
        }
        info = next;
    }
    None
}

/// The sum of `… N bytes spill stores, N bytes spill loads` in the part that is about the kernel.
fn spill_bytes(log: &str, entry: &str) -> Option<u32> {
    let begin = format!("Function properties for {entry}\n");
    let part = log.split_once(&begin)?.1.lines().next()?;
    let before = |what: &str| {
        let (text, _) = part.split_once(what)?;
        text.split_whitespace().next_back()?.parse::<u32>().ok()
    };
    Some(before(" bytes spill stores")? + before(" bytes spill loads")?)
}

/// Lines that warn; the assembler gives its advice numbers.
fn warnings(log: &str) -> u32 {
    let warns = |line: &&str| line.contains("warning") || line.contains("(C7");
    u32::try_from(log.lines().filter(warns).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Resources, attribute, spill_bytes, warnings};
    use crate::nvrtc::Compiled;

    const LOG: &str = "ptxas info    : 0 bytes gmem\n\
        ptxas info    : Function properties for one\n\
        ptxas         .     8 bytes stack frame, 12 bytes spill stores, 8 bytes spill loads\n\
        ptxas info    : (C7517) Potential Performance Loss\n\
        ptxas info    : Function properties for two\n\
        ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\n";

    #[test]
    fn the_log_tells_of_each_kernel_and_warns() {
        assert_eq!(spill_bytes(LOG, "one"), Some(20));
        assert_eq!(spill_bytes(LOG, "two"), Some(0));
        assert_eq!(spill_bytes(LOG, "three"), None);
        assert_eq!(warnings(LOG), 1);
    }

    #[test]
    fn attributes_are_found_behind_others() {
        let info = [
            &[4, 0x2f, 8, 0, 7, 0, 0, 0, 99, 0, 0, 0][..],
            &[3, 0x1b, 0xff, 0],
            &[4, 0x2f, 8, 0, 9, 0, 0, 0, 40, 0, 0, 0],
        ]
        .concat();
        assert_eq!(attribute(&info, Attribute::Registers, 9), Some(40));
        assert_eq!(attribute(&info, Attribute::Registers, 8), None);
        assert_eq!(attribute(&info, Attribute::Frame, 9), None);
        assert_eq!(attribute(&info[..20], Attribute::Registers, 9), None);
    }

    #[test]
    fn what_is_no_machine_code_is_an_error() {
        let compiled = Compiled { cubin: vec![1, 2, 3], ptx: String::new(), log: String::new() };
        let error = Resources::of(&compiled, "one").unwrap_err();
        assert!(error.is_data());
        assert!(error.to_string().starts_with("machine code of one: "), "{error}");
    }
}
