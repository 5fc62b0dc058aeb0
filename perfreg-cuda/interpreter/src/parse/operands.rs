//! Operands, and the names that a kernel declares.

use std::collections::HashMap;

use crate::error::{Fault, syntax};
use crate::instruction::{Address, Operand, Register, Special};

/// What names stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) registers: HashMap<String, Register>,
    /// Where what was declared begins in its space.
    places: HashMap<String, u64>,
}

impl Names {
    /// The register of this name, which needs no declaration.
    pub(super) fn register(&mut self, name: &str) -> Register {
        let next = self.registers.len();
        *self.registers.entry(name.to_owned()).or_insert(next)
    }

    /// `.param .align 8 .b8 name[bytes]`: the only argument there may be.
    pub(super) fn declare_argument(&mut self, line: usize, text: &str) -> Result<usize, Fault> {
        let (name, bytes) = array(line, text)?;
        self.places.insert(name, 0);
        Ok(bytes)
    }

    /// `.shared .align 16 .b8 name[bytes]` behind what was declared before; returns its end.
    pub(super) fn declare_shared(
        &mut self,
        line: usize,
        text: &str,
        before: usize,
    ) -> Result<usize, Fault> {
        let (name, bytes) = array(line, text)?;
        let alignment = text.split_whitespace().skip_while(|word| *word != ".align").nth(1);
        let Some(alignment) = alignment.and_then(|word| word.parse::<usize>().ok()) else {
            return syntax(line, "shared memory without an alignment");
        };
        let begin = before.next_multiple_of(alignment);
        self.places.insert(name, begin as u64);
        Ok(begin + bytes)
    }

    /// A register, a number, a name that was declared, or what a lane knows of itself.
    pub(super) fn operand(&mut self, line: usize, text: &str) -> Result<Operand, Fault> {
        if let Some(special) = special(text) {
            return Ok(Operand::Special(special));
        }
        if text.starts_with('%') {
            return Ok(Operand::Register(self.register(text)));
        }
        if let Some(place) = self.places.get(text) {
            return Ok(Operand::Bits(*place));
        }
        match number(text) {
            Some(bits) => Ok(Operand::Bits(bits)),
            None => syntax(line, format!("`{text}` is no operand that is known here")),
        }
    }

    /// `[base]` or `[base+offset]`.
    pub(super) fn address(&mut self, line: usize, text: &str) -> Result<Address, Fault> {
        let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let Some(inside) = inside else {
            return syntax(line, format!("`{text}` is no address"));
        };
        let (base, offset) = inside.split_once('+').unwrap_or((inside, "0"));
        let Ok(offset) = offset.trim().parse() else {
            return syntax(line, format!("`{offset}` is no distance"));
        };
        Ok(Address { base: self.operand(line, base.trim())?, offset })
    }

    /// A register to write to.
    pub(super) fn destination(&mut self, line: usize, text: &str) -> Result<Register, Fault> {
        if text.starts_with('%') {
            return Ok(self.register(text));
        }
        syntax(line, format!("`{text}` is no register"))
    }
}

/// Splits at commas that are in no brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, character) in text.char_indices() {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(text[start..].trim());
    }
    parts
}

/// The parts of `{a, b}`; the text itself if it has no braces.
pub(super) fn parts(text: &str) -> Vec<&str> {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        Some(inside) => split(inside),
        None => vec![text],
    }
}

fn special(text: &str) -> Option<Special> {
    let (name, direction) = text.split_once('.')?;
    let direction = ["x", "y", "z"].iter().position(|known| *known == direction)?;
    match name {
        "%tid" => Some(Special::Thread(direction)),
        "%ntid" => Some(Special::Threads(direction)),
        "%ctaid" => Some(Special::Block(direction)),
        "%nctaid" => Some(Special::Blocks(direction)),
        _ => None,
    }
}

/// A number's bits: `0f3F800000`, `-1`, `42`, `0x2a`.
fn number(text: &str) -> Option<u64> {
    if let Some(bits) = text.strip_prefix("0f") {
        return u64::from_str_radix(bits, 16).ok();
    }
    if let Some(bits) = text.strip_prefix("0x") {
        return u64::from_str_radix(bits, 16).ok();
    }
    match text.parse::<i64>() {
        Ok(number) => Some(number.cast_unsigned()),
        Err(_) => text.parse().ok(),
    }
}

/// The name and the length of `… name[bytes]`; no bytes are 0.
fn array(line: usize, text: &str) -> Result<(String, usize), Fault> {
    let declared = text.trim_end_matches([';', ',']).split_whitespace().next_back();
    let parts = declared.and_then(|word| word.strip_suffix(']')).and_then(|w| w.split_once('['));
    match parts {
        Some((name, "")) => Ok((name.to_owned(), 0)),
        Some((name, bytes)) if bytes.parse::<usize>().is_ok() => {
            Ok((name.to_owned(), bytes.parse().unwrap_or_default()))
        }
        _ => syntax(line, format!("`{text}` declares no array of bytes")),
    }
}
