//! How queries are dealt out to blocks, and how many keys each block then passes.
//!
//! This is the walk of `kernels/tiles.cuh` over again, without the tensors: it chooses a tiling
//! before a launch, and says afterwards exactly how many operations the launch executed.

use super::kernel::PortableTile;
use super::pattern::{Mask, Pattern};
use super::problem::Problem;

/// How queries are dealt out: each cell of a sequence apart, every `period`-th query together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tiling {
    /// Positions of a cell.
    pub cell: u32,
    /// From one query of a tile to the next.
    pub period: u32,
}

/// Periods are tried up to here; beyond, tiles would hold too few queries to be worth it.
const LONGEST_PERIOD: u64 = 4_096;

/// So many tiles stand for all of them when tilings are compared.
const SAMPLES: u32 = 128;

impl Tiling {
    /// The one with the fewest blocks of keys for these patterns, which a head takes part in.
    pub(super) fn best(problem: &Problem, indices: &[usize], tile: PortableTile) -> Self {
        let patterns: Vec<Pattern> = indices.iter().map(|at| problem.patterns()[*at]).collect();
        let length = problem.shape().seq_len;
        let mut cells: Vec<u32> = patterns.iter().map(|p| p.segment().min(length)).collect();
        cells.push(length);
        cells.sort_unstable();
        cells.dedup();
        let periods = periods(&patterns);
        let tilings = cells.iter().flat_map(|cell| {
            let periods = periods.iter().filter(move |period| *period <= cell);
            periods.map(move |period| Self { cell: *cell, period: *period })
        });
        let cost = |tiling: &Self| tiling.estimated_blocks(problem, indices, tile);
        // Among equals the last: the larger cell and the longer period.
        let best = tilings
            .map(|tiling| (cost(&tiling), tiling))
            .reduce(|best, next| if next.0 <= best.0 { next } else { best });
        best.expect("a period of 1 fits every cell").1
    }

    /// What the period and the pattern's dilation have in common. If it is the dilation, all queries
    /// of a tile take part in the pattern or none does.
    pub(super) fn common_with(self, pattern: Pattern) -> u32 {
        let common = gcd(self.period.into(), pattern.dilation().into());
        u32::try_from(common).expect("no larger than either")
    }

    /// Tiles of a head in a sequence of this length.
    pub(super) fn tiles(self, seq_len: u32, rows: u32) -> u32 {
        seq_len.div_ceil(self.cell) * self.tiles_of_cell(rows)
    }

    fn tiles_of_cell(self, rows: u32) -> u32 {
        self.cell.div_ceil(self.period).div_ceil(rows) * self.period
    }

    /// The first and the last query in use of tile `number`; `None` if it has none.
    fn queries(self, number: u32, rows: u32, length: u32) -> Option<(u32, u32)> {
        let (cell, within) = (number / self.tiles_of_cell(rows), number % self.tiles_of_cell(rows));
        let chunks = self.cell.div_ceil(self.period).div_ceil(rows);
        let begin = u64::from(cell) * u64::from(self.cell);
        let into = u64::from(within / chunks)
            + u64::from(within % chunks) * u64::from(rows) * u64::from(self.period);
        let end = (begin + u64::from(self.cell)).min(u64::from(length));
        let first = begin + into;
        let more = end.checked_sub(first + 1)? / u64::from(self.period);
        let last = first + more.min(u64::from(rows) - 1) * u64::from(self.period);
        let small = |position: u64| u32::try_from(position).expect("a position");
        Some((small(first), small(last)))
    }

    /// Blocks of keys that tile `number` of a head passes.
    pub(super) fn blocks(
        self,
        problem: &Problem,
        (head, length): (u32, u32),
        number: u32,
        tile: PortableTile,
    ) -> u64 {
        let Some((first, last)) = self.queries(number, tile.rows(), length) else {
            return 0;
        };
        let mut blocks = 0;
        for (index, pattern) in problem.patterns().iter().enumerate() {
            let heads = problem.shape().heads;
            let offset = problem.head_rule().offset(head, heads, index, problem.patterns());
            let Some(offset) = offset else { continue };
            let common = self.common_with(*pattern);
            for segment in first / pattern.segment()..=last / pattern.segment() {
                let keys = pattern.members(segment, offset, length);
                let seen = match problem.mask() {
                    Mask::Full => keys.count,
                    Mask::Causal => match last.checked_sub(keys.first) {
                        None => 0,
                        Some(distance) => keys.count.min(distance / pattern.dilation() + 1),
                    },
                };
                if first % common == keys.first % common {
                    blocks += u64::from(seen.div_ceil(tile.key_block));
                }
            }
        }
        blocks
    }

    /// Blocks of keys of a head that takes part in all of these patterns, and a tile's own cost.
    fn estimated_blocks(self, problem: &Problem, indices: &[usize], tile: PortableTile) -> u64 {
        let (heads, length) = (problem.shape().heads, problem.shape().seq_len);
        let takes_part = |head: &u32| {
            let offset = problem.head_rule().offset(*head, heads, indices[0], problem.patterns());
            offset.is_some()
        };
        let head = (0..heads).find(takes_part).expect("every pattern has a head");
        let tiles = self.tiles(length, tile.rows());
        let step = tiles.div_ceil(SAMPLES) as usize;
        let sampled: Vec<u64> = (0..tiles)
            .step_by(step)
            .map(|number| self.blocks(problem, (head, length), number, tile) + 1)
            .collect();
        sampled.iter().sum::<u64>() * u64::from(tiles) / sampled.len() as u64
    }
}

/// The divisors of what the dilations have in common, so that each divides some of the dilations.
fn periods(patterns: &[Pattern]) -> Vec<u32> {
    let multiple = patterns.iter().fold(1_u64, |multiple, pattern| {
        let dilation = u64::from(pattern.dilation());
        let next = multiple / gcd(multiple, dilation) * dilation;
        if next <= LONGEST_PERIOD { next } else { multiple }
    });
    let multiple = u32::try_from(multiple).expect("at most LONGEST_PERIOD");
    (1..=multiple).filter(|period| multiple.is_multiple_of(*period)).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
