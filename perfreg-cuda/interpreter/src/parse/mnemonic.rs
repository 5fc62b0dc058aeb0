//! Mnemonics to operations: those that the kernels use, and no others.

use super::operands::{Names, parts, split};
use crate::error::{Fault, syntax};
use crate::instruction::{
    Binary, Comparison, Half, Operand, Operation, Register, Rounding, Space, Transposed, Type,
    Unary, Unordered, Width,
};

/// A statement being read: its words, its operands, and what their names stand for.
struct Reader<'a> {
    line: usize,
    mnemonic: &'a str,
    words: Vec<&'a str>,
    operands: Vec<&'a str>,
    names: &'a mut Names,
}

/// The operation of a statement.
pub(super) fn decode(
    line: usize,
    mnemonic: &str,
    operands: &str,
    names: &mut Names,
) -> Result<Operation, Fault> {
    let words = mnemonic.split('.').collect();
    Reader { line, mnemonic, words, operands: split(operands), names }.operation()
}

impl Reader<'_> {
    fn operation(&mut self) -> Result<Operation, Fault> {
        match self.mnemonic {
            "ret" | "exit" => return Ok(Operation::Return),
            "bar.sync" | "barrier.sync" if self.operands == ["0"] => return Ok(Operation::Barrier),
            "cp.async.commit_group" => return Ok(Operation::EndCopies),
            "cp.async.wait_all" => return Ok(Operation::WaitForCopies(0)),
            "cp.async.wait_group" => return self.wait(),
            "cp.async.cg.shared.global" => return self.copy(),
            "shfl.sync.bfly.b32" => return self.exchange(),
            "bfi.b32" => return self.insert_bits(),
            _ => {}
        }
        match self.words[0] {
            "mov" => self.moving(),
            "ld" => self.load(),
            "st" => self.store(),
            "setp" => self.compare(),
            "selp" => self.select(),
            "cvt" => self.convert(),
            "cvta" => self.unary(Unary::Move),
            "fma" => self.fused(),
            "mad" => self.multiply_add(),
            "mul" => self.multiply(),
            "mma" => self.multiply_matrices(),
            "ldmatrix" => self.load_matrices(),
            "neg" => self.unary(Unary::Negate),
            "not" => self.unary(Unary::Not),
            "abs" => self.unary(Unary::Absolute),
            "ex2" => self.unary(Unary::PowerOfTwo),
            "lg2" => self.unary(Unary::LogarithmOfTwo),
            "rcp" => self.unary(Unary::Reciprocal),
            _ => self.binary(),
        }
    }

    fn unknown<T>(&self) -> Result<T, Fault> {
        syntax(self.line, format!("`{}` is no instruction that is known here", self.mnemonic))
    }

    /// The type that the last word says.
    fn last_type(&self) -> Result<Type, Fault> {
        self.type_of(self.words.len() - 1)
    }

    fn type_of(&self, word: usize) -> Result<Type, Fault> {
        let (kind, width) = self.words[word].split_at(1);
        let width = match width {
            "8" => Width::W8,
            "16" => Width::W16,
            "32" => Width::W32,
            "64" => Width::W64,
            _ if self.words[word] == "pred" => return Ok(Type::Predicate),
            _ => return self.unknown(),
        };
        match (kind, width) {
            ("u" | "b", _) => Ok(Type::Unsigned(width)),
            ("s", _) => Ok(Type::Signed(width)),
            ("f", Width::W32) => Ok(Type::Float),
            _ => self.unknown(),
        }
    }

    fn text(&self, at: usize) -> Result<&str, Fault> {
        match self.operands.get(at) {
            Some(text) => Ok(text),
            None => syntax(self.line, format!("`{}` without operand {at}", self.mnemonic)),
        }
    }

    fn operand(&mut self, at: usize) -> Result<Operand, Fault> {
        let text = self.text(at)?.to_owned();
        self.names.operand(self.line, &text)
    }

    fn destination(&mut self, at: usize) -> Result<Register, Fault> {
        let text = self.text(at)?.to_owned();
        self.names.destination(self.line, &text)
    }

    /// As many operands from this one on as are wanted.
    fn rest<const N: usize>(&mut self, from: usize) -> Result<[Operand; N], Fault> {
        let mut rest = [Operand::Bits(0); N];
        for (at, place) in rest.iter_mut().enumerate() {
            *place = self.operand(from + at)?;
        }
        Ok(rest)
    }

    /// The operands in the braces of this one.
    fn group<const N: usize>(&mut self, at: usize) -> Result<[Operand; N], Fault> {
        let texts: Vec<String> = parts(self.text(at)?).into_iter().map(str::to_owned).collect();
        let found = texts.iter().map(|text| self.names.operand(self.line, text));
        let found: Vec<Operand> = found.collect::<Result<_, _>>()?;
        match found.try_into() {
            Ok(group) => Ok(group),
            Err(_) => syntax(self.line, format!("operand {at} is not a group of {N}")),
        }
    }

    fn registers(&mut self, at: usize) -> Result<Vec<Register>, Fault> {
        let texts: Vec<String> = parts(self.text(at)?).into_iter().map(str::to_owned).collect();
        texts.iter().map(|text| self.names.destination(self.line, text)).collect()
    }

    fn register_group<const N: usize>(&mut self, at: usize) -> Result<[Register; N], Fault> {
        match self.registers(at)?.try_into() {
            Ok(group) => Ok(group),
            Err(_) => syntax(self.line, format!("operand {at} is not a group of {N}")),
        }
    }

    fn moving(&mut self) -> Result<Operation, Fault> {
        if self.text(0)?.starts_with('{') && self.mnemonic == "mov.b64" {
            return Ok(Operation::Part(self.register_group(0)?, self.operand(1)?));
        }
        if self.text(1)?.starts_with('{') && self.mnemonic == "mov.b64" {
            return Ok(Operation::Join(self.destination(0)?, self.group(1)?));
        }
        self.unary(Unary::Move)
    }

    fn unary(&mut self, unary: Unary) -> Result<Operation, Fault> {
        let kind = self.last_type()?;
        let float_only = matches!(
            unary,
            Unary::PowerOfTwo | Unary::LogarithmOfTwo | Unary::Reciprocal | Unary::Absolute
        );
        if float_only && kind != Type::Float {
            return self.unknown();
        }
        Ok(Operation::Unary(unary, kind, self.destination(0)?, self.operand(1)?))
    }

    fn binary(&mut self) -> Result<Operation, Fault> {
        let binary = match self.words[0] {
            "add" => Binary::Add,
            "sub" => Binary::Subtract,
            "div" => Binary::Divide,
            "rem" => Binary::Remainder,
            "min" => Binary::Minimum,
            "max" => Binary::Maximum,
            "and" => Binary::And,
            "or" => Binary::Or,
            "xor" => Binary::Xor,
            "shl" => Binary::ShiftLeft,
            "shr" => Binary::ShiftRight,
            _ => return self.unknown(),
        };
        self.binary_of(binary)
    }

    fn binary_of(&mut self, binary: Binary) -> Result<Operation, Fault> {
        let kind = self.last_type()?;
        let [one, other] = self.rest(1)?;
        Ok(Operation::Binary(binary, kind, self.destination(0)?, one, other))
    }

    fn multiply(&mut self) -> Result<Operation, Fault> {
        let kind = self.last_type()?;
        match self.words[1] {
            "wide" if kind.width() == Width::W32 => {
                let [one, other] = self.rest(1)?;
                Ok(Operation::MultiplyWide(kind, self.destination(0)?, one, other))
            }
            "lo" | "f32" => self.binary_of(Binary::Multiply),
            _ => self.unknown(),
        }
    }

    fn multiply_add(&mut self) -> Result<Operation, Fault> {
        let kind = self.last_type()?;
        if self.words[1] != "lo" {
            return self.unknown();
        }
        Ok(Operation::MultiplyAdd(kind, self.destination(0)?, self.rest(1)?))
    }

    fn fused(&mut self) -> Result<Operation, Fault> {
        let rounding = match self.mnemonic {
            "fma.rn.f32" => Rounding::Nearest,
            "fma.rm.f32" => Rounding::Down,
            _ => return self.unknown(),
        };
        Ok(Operation::FusedMultiplyAdd(rounding, self.destination(0)?, self.rest(1)?))
    }

    fn compare(&mut self) -> Result<Operation, Fault> {
        use Unordered::{False, True};
        let (comparison, unordered) = match self.words[1] {
            "eq" => (Comparison::Equal, False),
            "ne" => (Comparison::NotEqual, False),
            "lt" => (Comparison::Less, False),
            "le" => (Comparison::LessOrEqual, False),
            "gt" => (Comparison::Greater, False),
            "ge" => (Comparison::GreaterOrEqual, False),
            "equ" => (Comparison::Equal, True),
            "neu" => (Comparison::NotEqual, True),
            "ltu" => (Comparison::Less, True),
            "leu" => (Comparison::LessOrEqual, True),
            "gtu" => (Comparison::Greater, True),
            "geu" => (Comparison::GreaterOrEqual, True),
            _ => return self.unknown(),
        };
        if self.words.len() != 3 {
            return self.unknown();
        }
        let [one, other] = self.rest(1)?;
        let kind = self.last_type()?;
        Ok(Operation::Compare(comparison, unordered, kind, self.destination(0)?, one, other))
    }

    fn select(&mut self) -> Result<Operation, Fault> {
        let kind = self.last_type()?;
        let predicate = self.destination(3)?;
        Ok(Operation::Select(kind, self.destination(0)?, self.rest(1)?, predicate))
    }

    fn convert(&mut self) -> Result<Operation, Fault> {
        match self.mnemonic {
            "cvt.rn.bf16x2.f32" => return self.pack(Half::Bf16),
            "cvt.rn.f16x2.f32" => return self.pack(Half::F16),
            "cvt.sat.f32.f32" => return self.unary(Unary::Saturate),
            _ => {}
        }
        let to = self.type_of(self.words.len() - 2)?;
        let from = self.last_type()?;
        let exact = self.words.len() == 3 && to != Type::Float && from != Type::Float;
        let rounded = self.mnemonic.starts_with("cvt.rn.f32.") && from != Type::Float;
        if !exact && !rounded {
            return self.unknown();
        }
        let (register, operand) = (self.destination(0)?, self.operand(1)?);
        Ok(Operation::Convert { to, from, register, operand })
    }

    fn pack(&mut self, half: Half) -> Result<Operation, Fault> {
        let [high, low] = self.rest(1)?;
        Ok(Operation::Pack(half, self.destination(0)?, high, low))
    }

    fn insert_bits(&mut self) -> Result<Operation, Fault> {
        Ok(Operation::InsertBits(self.destination(0)?, self.rest(1)?))
    }

    fn space(&self) -> Result<Space, Fault> {
        match self.words[1] {
            "param" => Ok(Space::Argument),
            "global" => Ok(Space::Global),
            "shared" => Ok(Space::Shared),
            _ => self.unknown(),
        }
    }

    fn load(&mut self) -> Result<Operation, Fault> {
        let (space, width) = (self.space()?, self.last_type()?.width());
        let address = self.text(1)?.to_owned();
        let address = self.names.address(self.line, &address)?;
        Ok(Operation::Load(space, width, self.registers(0)?, address))
    }

    fn store(&mut self) -> Result<Operation, Fault> {
        let (space, width) = (self.space()?, self.last_type()?.width());
        if space == Space::Argument {
            return self.unknown();
        }
        let address = self.text(0)?.to_owned();
        let address = self.names.address(self.line, &address)?;
        let values: Vec<String> = parts(self.text(1)?).into_iter().map(str::to_owned).collect();
        let values = values.iter().map(|text| self.names.operand(self.line, text));
        Ok(Operation::Store(space, width, address, values.collect::<Result<_, _>>()?))
    }

    fn copy(&mut self) -> Result<Operation, Fault> {
        let (to, from) = (self.text(0)?.to_owned(), self.text(1)?.to_owned());
        if self.text(2)? != "16" {
            return self.unknown();
        }
        let bytes = if self.operands.len() > 3 { self.operand(3)? } else { Operand::Bits(16) };
        let to = self.names.address(self.line, &to)?;
        Ok(Operation::Copy { to, from: self.names.address(self.line, &from)?, bytes })
    }

    fn wait(&mut self) -> Result<Operation, Fault> {
        match self.text(0)?.parse() {
            Ok(groups) => Ok(Operation::WaitForCopies(groups)),
            Err(_) => self.unknown(),
        }
    }

    fn load_matrices(&mut self) -> Result<Operation, Fault> {
        let transposed = match self.mnemonic {
            "ldmatrix.sync.aligned.m8n8.x4.shared.b16" => Transposed::No,
            "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16" => Transposed::Yes,
            _ => return self.unknown(),
        };
        let address = self.text(1)?.to_owned();
        let address = self.names.address(self.line, &address)?;
        Ok(Operation::LoadMatrices { transposed, to: self.register_group(0)?, address })
    }

    fn multiply_matrices(&mut self) -> Result<Operation, Fault> {
        let half = match self.mnemonic {
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32" => Half::Bf16,
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32" => Half::F16,
            _ => return self.unknown(),
        };
        let (left, right, sums) = (self.group(1)?, self.group(2)?, self.group(3)?);
        Ok(Operation::MultiplyMatrices { half, to: self.register_group(0)?, left, right, sums })
    }

    fn exchange(&mut self) -> Result<Operation, Fault> {
        let text = self.text(0)?.to_owned();
        let (to, found) = text.split_once('|').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
        let to = self.names.destination(self.line, to)?;
        let found = found.map(|name| self.names.destination(self.line, name)).transpose()?;
        Ok(Operation::Exchange { to, found, value: self.operand(1)?, distance: self.operand(2)? })
    }
}
