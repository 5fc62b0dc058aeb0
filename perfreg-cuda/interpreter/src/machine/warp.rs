//! A warp: 32 lanes in lockstep, which part at branches and meet again.

use std::collections::VecDeque;

use super::block::Surroundings;
use super::transfer::Copy;
use super::{LANES, LaneSet, Lanes};
use crate::error::Wrong;
use crate::instruction::{Operand, Operation, Register, Special};
use crate::program::Program;

/// Why a warp stopped running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    Barrier,
    End,
}

/// Lanes that go the same way, until they meet those they parted from.
#[derive(Clone, Copy, Debug)]
struct Way {
    next: usize,
    meeting: usize,
    lanes: LaneSet,
}

/// More than any kernel of a test executes: an endless loop ends here.
const MOST_INSTRUCTIONS: u64 = 200_000_000;

pub(super) struct Warp {
    pub(super) number: u32,
    registers: Vec<Lanes>,
    ways: Vec<Way>,
    executed: u64,
    /// Copies that no group holds yet, and the groups under way.
    pub(super) open: Vec<Copy>,
    pub(super) groups: VecDeque<Vec<Copy>>,
}

impl Warp {
    pub(super) fn new(number: u32, program: &Program) -> Self {
        Self {
            number,
            registers: vec![[0; LANES]; program.registers],
            ways: vec![Way { next: 0, meeting: program.instructions.len(), lanes: LaneSet::MAX }],
            executed: 0,
            open: Vec::new(),
            groups: VecDeque::new(),
        }
    }

    pub(super) fn has_copies(&self) -> bool {
        !self.open.is_empty() || self.groups.iter().any(|group| !group.is_empty())
    }

    /// Runs to the next barrier or to the end; an error comes with the instruction's index.
    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) -> Result<Stop, (usize, Wrong)> {
        let program = around.program;
        loop {
            while self.ways.last().is_some_and(|way| way.next == way.meeting || way.lanes == 0) {
                self.ways.pop();
            }
            let Some(way) = self.ways.last_mut() else {
                return Ok(Stop::End);
            };
            let (at, lanes) = (way.next, way.lanes);
            way.next += 1;
            let instruction = &program.instructions[at];
            around.counts.instructions += 1;
            self.executed += 1;
            if self.executed > MOST_INSTRUCTIONS {
                return Err((at, Wrong::TooLong));
            }
            let executing = instruction.guard.map_or(lanes, |guard| {
                let set = self.set_of(guard.register);
                lanes & if guard.when { set } else { !set }
            });
            match &instruction.operation {
                Operation::Branch(target) => self.branch(*target, program.meetings[at], executing),
                Operation::Return => self.end(executing),
                Operation::Barrier if executing == self.living() => return Ok(Stop::Barrier),
                Operation::Barrier => return Err((at, Wrong::Divergence)),
                _ if executing == 0 => {}
                operation => {
                    self.execute(operation, executing, around).map_err(|wrong| (at, wrong))?;
                }
            }
        }
    }

    fn branch(&mut self, target: usize, meeting: usize, taken: LaneSet) {
        let way = self.ways.last_mut().expect("a lane is executing");
        let (next, stay) = (way.next, way.lanes & !taken);
        if taken == 0 {
            return;
        }
        if stay == 0 {
            way.next = target;
            return;
        }
        way.next = meeting;
        self.ways.push(Way { next, meeting, lanes: stay });
        self.ways.push(Way { next: target, meeting, lanes: taken });
    }

    fn end(&mut self, ending: LaneSet) {
        for way in &mut self.ways {
            way.lanes &= !ending;
        }
    }

    /// The lanes that have not ended.
    pub(super) fn living(&self) -> LaneSet {
        self.ways.first().map_or(0, |way| way.lanes)
    }

    /// The lanes in which a predicate is true.
    pub(super) fn set_of(&self, register: Register) -> LaneSet {
        let lanes = self.registers[register].iter().enumerate();
        lanes.fold(0, |set, (lane, bits)| set | LaneSet::from(*bits & 1 == 1) << lane)
    }

    /// What an operand is in each lane.
    pub(super) fn read(&self, operand: Operand, around: &Surroundings<'_>) -> Lanes {
        match operand {
            Operand::Register(register) => self.registers[register],
            Operand::Bits(bits) => [bits; LANES],
            Operand::Special(special) => self.special(special, around),
        }
    }

    fn special(&self, special: Special, around: &Surroundings<'_>) -> Lanes {
        let same = |number: u32| [u64::from(number); LANES];
        match special {
            Special::Thread(0) => {
                std::array::from_fn(|lane| u64::from(self.number) * LANES as u64 + lane as u64)
            }
            Special::Thread(_) => same(0),
            Special::Threads(0) => same(around.launch.threads),
            Special::Threads(_) => same(1),
            Special::Block(direction) => same(around.block[direction]),
            Special::Blocks(direction) => same(around.launch.grid[direction]),
        }
    }

    /// Sets a register in these lanes.
    pub(super) fn write(&mut self, register: Register, lanes: LaneSet, values: &Lanes) {
        let register = &mut self.registers[register];
        if lanes == LaneSet::MAX {
            *register = *values;
            return;
        }
        for (lane, (place, value)) in register.iter_mut().zip(values).enumerate() {
            if lanes >> lane & 1 == 1 {
                *place = *value;
            }
        }
    }
}
