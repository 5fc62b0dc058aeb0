//! Which kernel computes a problem on a device, with which grid: pure.

use super::element::Element;
use super::gradient::Mixing;
use super::kernel::{Kernel, PortableTile};
use super::pattern::HeadRule;
use super::problem::Problem;
use super::tiling::Tiling;
use crate::error::{Error, Result};

/// What a plan has to know of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceLimits {
    /// The compute capability, major and minor.
    pub capability: (u32, u32),
    /// Multiprocessors, each of which runs some blocks at a time.
    pub multiprocessors: u32,
    /// The most bytes of shared memory that a block can ask for.
    pub shared_bytes_of_block: u32,
}

/// A launch: a kernel, how many blocks of it, and what each of them has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    kernel: Kernel,
    grid: [u32; 3],
    tilings: Vec<Tiling>,
}

/// Grids have so many blocks in their second and third direction.
const WIDEST_GRID: u32 = 65_535;

/// The kernels with asynchronous copies and bf16 products begin here.
const OLDEST: (u32, u32) = (8, 0);

impl Plan {
    /// Forward in plain f32.
    ///
    /// # Errors
    /// [`Error::is_argument`] if the problem is of another type or size than the kernels.
    pub fn naive_forward(problem: &Problem) -> Result<Self> {
        let (head_dim, mask) = (check_naive(problem)?, problem.mask());
        Self::naive(problem, Kernel::NaiveForward { head_dim, mask })
    }

    /// Backward in plain f32: two launches, one after the other.
    ///
    /// # Errors
    /// [`Error::is_argument`] if the problem is of another type or size than the kernels.
    pub fn naive_backward(problem: &Problem, mixing: Mixing) -> Result<[Self; 2]> {
        let (head_dim, mask) = (check_naive(problem)?, problem.mask());
        Ok([
            Self::naive(problem, Kernel::NaiveBackwardQueries { head_dim, mask, mixing })?,
            Self::naive(problem, Kernel::NaiveBackwardKeys { head_dim, mask, mixing })?,
        ])
    }

    fn naive(problem: &Problem, kernel: Kernel) -> Result<Self> {
        let blocks = problem.shape().seq_len.div_ceil(kernel.rows());
        Self::new(problem, kernel, blocks, Vec::new())
    }

    /// Forward on tensor cores, with the tile size that is estimated to be the fastest.
    ///
    /// The estimate knows how evenly the tiles fill the device and that small tiles read more; it
    /// has not been fitted to measurements.
    ///
    /// # Errors
    /// [`Error::is_argument`] if the problem is of another type or size than the kernels;
    /// [`Error::is_unavailable`] if the device is older than 8.0 or has too little shared memory.
    pub fn portable_forward(problem: &Problem, device: &DeviceLimits) -> Result<Self> {
        check_device(device)?;
        let head_dim = Kernel::check_head_dim(problem)?;
        let fits = |tile: &PortableTile| {
            tile.head_dim == head_dim && tile.shared_bytes() <= device.shared_bytes_of_block
        };
        let plans = PortableTile::ALL.into_iter().filter(fits).map(|tile| {
            let plan = Self::portable_with(problem, tile)?;
            Ok((plan.estimated_time(problem, tile, device), plan))
        });
        let plans = plans.collect::<Result<Vec<_>>>()?;
        let best = plans.into_iter().min_by(|(one, _), (other, _)| one.total_cmp(other));
        best.map(|(_, plan)| plan).ok_or_else(|| {
            let has = device.shared_bytes_of_block;
            Error::unavailable(format!("no tile fits into {has} bytes of shared memory"))
        })
    }

    /// Forward on tensor cores, with a tile size of the caller's choice.
    ///
    /// # Errors
    /// [`Error::is_argument`] if the problem is of another type or size than the kernels.
    pub fn portable_with(problem: &Problem, tile: PortableTile) -> Result<Self> {
        if Kernel::check_head_dim(problem)? != tile.head_dim {
            let message = format!("{} of a problem of {}", tile.head_dim, problem.shape().head_dim);
            return Err(Error::argument("tile", message));
        }
        let (element, mask) = (problem.element(), problem.mask());
        if element == Element::F32 {
            let message = "f32 has no kernel on tensor cores; f16 and bf16 have";
            return Err(Error::argument("element", message));
        }
        let all: Vec<usize> = (0..problem.patterns().len()).collect();
        let tilings: Vec<Tiling> = match problem.head_rule() {
            HeadRule::Modulo | HeadRule::Groups => vec![Tiling::best(problem, &all, tile)],
            HeadRule::OnePattern => {
                all.iter().map(|index| Tiling::best(problem, &[*index], tile)).collect()
            }
        };
        let tiles = tilings.iter().map(|tiling| tiling.tiles(problem.shape().seq_len, tile.rows()));
        let blocks = tiles.max().unwrap_or(0);
        Self::new(problem, Kernel::PortableForward { tile, mask, element }, blocks, tilings)
    }

    fn new(problem: &Problem, kernel: Kernel, blocks: u32, tilings: Vec<Tiling>) -> Result<Self> {
        let shape = problem.shape();
        for (name, size) in [("heads", shape.heads), ("batch", shape.batch)] {
            if size > WIDEST_GRID {
                let message = format!("{size}, and a grid has at most {WIDEST_GRID}");
                return Err(Error::argument(name, message));
            }
        }
        Ok(Self { kernel, grid: [blocks, shape.heads, shape.batch], tilings })
    }

    /// The kernel.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Blocks in each direction.
    pub fn grid(&self) -> [u32; 3] {
        self.grid
    }

    /// How queries are dealt out to blocks: one for all heads, or one a pattern.
    pub fn tilings(&self) -> &[Tiling] {
        &self.tilings
    }

    /// The operations on tensor cores that the launch executes, useful or masked; none if the
    /// kernel uses none.
    pub fn tensor_flops(&self, problem: &Problem) -> u64 {
        let Kernel::PortableForward { tile, .. } = self.kernel else {
            return 0;
        };
        let blocks = problem.sequences().map(|(_, head, length)| {
            let blocks = self.blocks_of_head(problem, (head, length), tile);
            blocks.iter().sum::<u64>()
        });
        let block = 4 * u64::from(tile.rows()) * u64::from(tile.key_block * tile.head_dim);
        blocks.sum::<u64>() * block
    }

    /// Blocks of keys, by tile.
    fn blocks_of_head(
        &self,
        problem: &Problem,
        (head, length): (u32, u32),
        tile: PortableTile,
    ) -> Vec<u64> {
        let tiling = self.tilings[self.tiling_of(problem, head)];
        let tiles = tiling.tiles(problem.shape().seq_len, tile.rows());
        (0..tiles).map(|number| tiling.blocks(problem, (head, length), number, tile)).collect()
    }

    fn tiling_of(&self, problem: &Problem, head: u32) -> usize {
        let takes_part = |index: &usize| {
            let (rule, heads) = (problem.head_rule(), problem.shape().heads);
            rule.offset(head, heads, *index, problem.patterns()).is_some()
        };
        (0..self.tilings.len()).find(takes_part).expect("every head has a pattern")
    }

    /// In arbitrary units: the multiprocessors' share of the work or the longest tile, whichever is
    /// longer.
    fn estimated_time(&self, problem: &Problem, tile: PortableTile, device: &DeviceLimits) -> f64 {
        /// Of a tile of 64 queries, beside one of 128: it reads keys twice as often.
        const SMALL_TILES: f64 = 0.85;
        let head = self.blocks_of_head(problem, (0, problem.shape().seq_len), tile);
        let heads = f64::from(problem.shape().heads) * f64::from(problem.shape().batch);
        let all = head.iter().sum::<u64>() as f64 * heads;
        let longest = head.iter().copied().max().unwrap_or(0) as f64;
        let speed = if tile.rows() < 128 { SMALL_TILES } else { 1.0 };
        let share = all / f64::from(device.multiprocessors.max(1));
        share.max(longest) * f64::from(tile.rows()) / speed
    }
}

fn check_naive(problem: &Problem) -> Result<u32> {
    if problem.element() != Element::F32 {
        let message = format!("{} has no naive kernel; f32 has", problem.element());
        return Err(Error::argument("element", message));
    }
    Kernel::check_head_dim(problem)
}

fn check_device(device: &DeviceLimits) -> Result<()> {
    if device.capability >= OLDEST {
        return Ok(());
    }
    let ((major, minor), (needed, _)) = (device.capability, OLDEST);
    let message =
        format!("the device has compute capability {major}.{minor}, {needed}.0 is needed");
    Err(Error::unavailable(message))
}

#[cfg(test)]
mod tests {
    use super::{DeviceLimits, Plan};
    use crate::attention::{Element, HeadRule, Kernel, Mask, Pattern, Problem, Shape, Tiling};

    const H200: DeviceLimits =
        DeviceLimits { capability: (9, 0), multiprocessors: 132, shared_bytes_of_block: 232_448 };

    fn problem(seq_len: u32, patterns: &[(u32, u32)]) -> Problem {
        let shape = Shape { batch: 1, seq_len, heads: 8, head_dim: 64 };
        let patterns: Vec<_> =
            patterns.iter().map(|(w, r)| Pattern::new(*w, *r).unwrap()).collect();
        Problem::of(shape, patterns).build().unwrap()
    }

    fn seed(n: u32) -> Problem {
        problem(n, &[(n / 4, 1), (n / 2, 2), (n, 4)])
    }

    #[test]
    fn the_specified_suite_wastes_no_operation() {
        for n in [2_048, 4_096, 8_192] {
            let plan = Plan::portable_forward(&seed(n), &H200).unwrap();
            assert_eq!(plan.tensor_flops(&seed(n)), seed(n).cost().forward_flops, "{plan:?}");
        }
    }

    #[test]
    fn short_sequences_get_small_tiles() {
        let check = |problem: &Problem, name: &str| {
            let plan = Plan::portable_forward(problem, &H200).unwrap();
            assert_eq!(plan.kernel().to_string(), name);
        };
        check(&seed(2_048), "portable_forward_d64_q64_bf16");
        check(&seed(8_192), "portable_forward_d64_q128_bf16");
        let wide = Shape { head_dim: 128, ..seed(2_048).shape() };
        let wide = Problem::of(wide, seed(2_048).patterns()).mask(Mask::Causal);
        let wide = wide.element(Element::F16).build().unwrap();
        check(&wide, "portable_forward_d128_q64_f16_causal");
    }

    #[test]
    fn tiles_hold_queries_that_take_part_together() {
        let check = |patterns: &[(u32, u32)], waste: f64| {
            let problem = problem(32_768, patterns);
            let plan = Plan::portable_forward(&problem, &H200).unwrap();
            let executed = plan.tensor_flops(&problem) as f64;
            let needed = problem.cost().forward_flops as f64;
            assert!(executed <= waste * needed, "{}: {plan:?}", executed / needed);
            assert!(executed >= needed, "{}", executed / needed);
        };
        // The published configurations: dilations with a common multiple of 4, and of 12.
        check(&[(2_048, 1), (4_096, 2), (8_192, 4)], 1.0);
        check(&[(2_048, 1), (4_096, 2), (8_192, 4), (16_384, 6), (32_768, 12)], 1.3);
        // Dilations without a common divisor.
        check(&[(2_048, 1), (6_144, 3), (10_240, 5), (14_336, 7)], 2.5);
        check(&[(1_000, 3)], 1.7);
    }

    #[test]
    fn heads_with_one_pattern_each_have_a_tiling_each() {
        let problem = Problem::of(seed(2_048).shape(), seed(2_048).patterns())
            .head_rule(HeadRule::OnePattern)
            .build()
            .unwrap();
        let plan = Plan::portable_forward(&problem, &H200).unwrap();
        let periods: Vec<u32> = plan.tilings().iter().map(|tiling| tiling.period).collect();
        assert_eq!(periods, [1, 2, 4]);
        assert_eq!(plan.tensor_flops(&problem), problem.cost().forward_flops);
    }

    #[test]
    fn what_no_kernel_can_do_is_an_error() {
        let check = |problem: Problem, device: DeviceLimits, expected: &str| {
            let error = Plan::portable_forward(&problem, &device).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        let shaped = |shape| Problem::of(shape, [Pattern::new(64, 1).unwrap()]);
        let shape = seed(2_048).shape();
        check(
            shaped(Shape { head_dim: 80, ..shape }).build().unwrap(),
            H200,
            "head_dim: 80 has no kernel; 64 and 128 have",
        );
        check(
            shaped(shape).element(Element::F32).build().unwrap(),
            H200,
            "element: f32 has no kernel on tensor cores; f16 and bf16 have",
        );
        check(
            shaped(Shape { heads: 70_000, seq_len: 1, ..shape }).build().unwrap(),
            H200,
            "heads: 70000, and a grid has at most 65535",
        );
        check(
            seed(2_048),
            DeviceLimits { capability: (7, 5), ..H200 },
            "the device has compute capability 7.5, 8.0 is needed",
        );
        check(
            seed(2_048),
            DeviceLimits { shared_bytes_of_block: 1_000, ..H200 },
            "no tile fits into 1000 bytes of shared memory",
        );
        let error = Plan::naive_forward(&seed(2_048)).unwrap_err();
        assert_eq!(error.to_string(), "element: bf16 has no naive kernel; f32 has");
    }

    #[test]
    fn naive_launches_cover_every_position() {
        let problem = Problem::of(seed(2_050).shape(), seed(2_050).patterns());
        let problem = problem.element(Element::F32).build().unwrap();
        let plan = Plan::naive_forward(&problem).unwrap();
        assert_eq!(plan.grid(), [513, 8, 1]);
        assert_eq!(plan.kernel(), Kernel::NaiveForward { head_dim: 64, mask: Mask::Full });
        assert_eq!(plan.tilings(), [] as [Tiling; 0]);
        assert_eq!(plan.tensor_flops(&problem), 0);
    }
}
