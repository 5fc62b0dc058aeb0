//! Instructions, decoded: data only.

/// A register, by its index in a warp's file.
pub(crate) type Register = usize;

/// The type of an operation's numbers. Registers hold their bits in the low end of 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Unsigned(Width),
    Signed(Width),
    Float,
    Predicate,
}

/// Bits of an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    W8,
    W16,
    W32,
    W64,
}

impl Width {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }

    /// The low bits of a register that count.
    pub(crate) fn mask(self) -> u64 {
        u64::MAX >> (64 - 8 * self.bytes())
    }
}

impl Type {
    pub(crate) fn width(self) -> Width {
        match self {
            Self::Unsigned(width) | Self::Signed(width) => width,
            Self::Float => Width::W32,
            Self::Predicate => Width::W8,
        }
    }
}

/// A register, a number or something that a lane knows of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    Register(Register),
    Bits(u64),
    Special(Special),
}

/// What a lane knows of itself; the number is the direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Special {
    Thread(usize),
    Threads(usize),
    Block(usize),
    Blocks(usize),
}

/// An address: an operand and a distance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Address {
    pub(crate) base: Operand,
    pub(crate) offset: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    Argument,
    Global,
    Shared,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Minimum,
    Maximum,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unary {
    Move,
    Negate,
    Not,
    Absolute,
    PowerOfTwo,
    LogarithmOfTwo,
    Reciprocal,
    /// To the range from 0 to 1.
    Saturate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A 16-bit type of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    F16,
    Bf16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rounding {
    Nearest,
    Down,
}

/// What an instruction does. Destinations come first, as in the text.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Operation {
    Unary(Unary, Type, Register, Operand),
    Binary(Binary, Type, Register, Operand, Operand),
    /// The product of 32 bits each, in 64.
    MultiplyWide(Type, Register, Operand, Operand),
    MultiplyAdd(Type, Register, [Operand; 3]),
    FusedMultiplyAdd(Rounding, Register, [Operand; 3]),
    /// The flag compares unordered numbers as true.
    Compare(Comparison, Unordered, Type, Register, Operand, Operand),
    Select(Type, Register, [Operand; 2], Register),
    Convert {
        to: Type,
        from: Type,
        register: Register,
        operand: Operand,
    },
    /// Two f32 to a pair: the high half first.
    Pack(Half, Register, Operand, Operand),
    /// 32-bit halves to 64 bits, low first.
    Join(Register, [Operand; 2]),
    /// 64 bits to 32-bit halves, low first.
    Part([Register; 2], Operand),
    InsertBits(Register, [Operand; 4]),
    Load(Space, Width, Vec<Register>, Address),
    Store(Space, Width, Address, Vec<Operand>),
    /// 16 bytes of which as many are read as the operand says.
    Copy {
        to: Address,
        from: Address,
        bytes: Operand,
    },
    EndCopies,
    /// Until at most so many groups are under way.
    WaitForCopies(usize),
    LoadMatrices {
        transposed: Transposed,
        to: [Register; 4],
        address: Address,
    },
    MultiplyMatrices {
        half: Half,
        to: [Register; 4],
        left: [Operand; 4],
        right: [Operand; 2],
        sums: [Operand; 4],
    },
    /// The value of the lane whose number differs in the bits of the distance.
    Exchange {
        to: Register,
        found: Option<Register>,
        value: Operand,
        distance: Operand,
    },
    Barrier,
    Branch(usize),
    Return,
}

/// Whether a comparison with something that is no number is true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unordered {
    False,
    True,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transposed {
    No,
    Yes,
}

/// A predicate that decides which lanes execute an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Guard {
    pub(crate) register: Register,
    /// The value that executes.
    pub(crate) when: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Instruction {
    /// The line of the text, from 1.
    pub(crate) line: usize,
    pub(crate) guard: Option<Guard>,
    pub(crate) operation: Operation,
}
