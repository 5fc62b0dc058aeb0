//! A problem: shapes, patterns and rules that were checked together.

use super::element::Element;
use super::pattern::{HeadRule, Mask, Pattern, Progression};
use crate::error::{Error, Result};

/// The most patterns of a problem: the kernels hold them in their parameters.
pub(crate) const MOST_PATTERNS: usize = 8;

/// Kernels index elements by 31 bits.
const MOST_ELEMENTS: u64 = 1 << 31;

/// The sizes of a tensor. Numbers lie in the order batch, position, head, dimension.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Shape {
    /// Sequences that have nothing to do with each other.
    pub batch: u32,
    /// Positions for which there is room in each sequence.
    pub seq_len: u32,
    /// Heads, each with rows of its own.
    pub heads: u32,
    /// Numbers in a row.
    pub head_dim: u32,
}

impl Shape {
    /// Numbers in a tensor of this shape.
    pub fn elements(&self) -> u64 {
        self.rows() * u64::from(self.head_dim)
    }

    /// Rows in a tensor of this shape: a row a position and head.
    pub fn rows(&self) -> u64 {
        u64::from(self.batch) * u64::from(self.seq_len) * u64::from(self.heads)
    }

    /// The row of a position and head, counted in the order of the tensor.
    pub(crate) fn row(&self, batch: u32, position: u32, head: u32) -> usize {
        let before = u64::from(batch) * u64::from(self.seq_len) + u64::from(position);
        let row = before * u64::from(self.heads) + u64::from(head);
        usize::try_from(row).expect("fewer than 2^31 rows")
    }

    /// Where the log-sum-exp of a position and head lies: in the order batch, head, position.
    pub(crate) fn lse_index(&self, batch: u32, position: u32, head: u32) -> usize {
        let before = u64::from(batch) * u64::from(self.heads) + u64::from(head);
        let index = before * u64::from(self.seq_len) + u64::from(position);
        usize::try_from(index).expect("fewer than 2^31 rows")
    }
}

/// A problem of dilated attention, whose parts fit each other.
///
/// ```
/// use perfreg_cuda::attention::{HeadRule, Pattern, Problem, Shape};
///
/// let shape = Shape { batch: 1, seq_len: 2_048, heads: 8, head_dim: 64 };
/// let patterns = [Pattern::new(512, 1)?, Pattern::new(1_024, 2)?, Pattern::new(2_048, 4)?];
/// let problem = Problem::of(shape, patterns).head_rule(HeadRule::Groups).build()?;
/// assert_eq!(problem.cost().forward_flops, 3_758_096_384);
/// # Ok::<(), perfreg_cuda::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    shape: Shape,
    patterns: Vec<Pattern>,
    head_rule: HeadRule,
    mask: Mask,
    lengths: Option<Vec<u32>>,
    element: Element,
    scale: f32,
}

impl Problem {
    /// Begins a problem: heads by [`HeadRule::Modulo`], [`Mask::Full`], every sequence full,
    /// [`Element::Bf16`], scores scaled by the root of `head_dim`.
    pub fn of(shape: Shape, patterns: impl Into<Vec<Pattern>>) -> ProblemBuilder {
        let scale = 1.0 / (shape.head_dim as f32).sqrt();
        ProblemBuilder {
            problem: Self {
                shape,
                patterns: patterns.into(),
                head_rule: HeadRule::Modulo,
                mask: Mask::Full,
                lengths: None,
                element: Element::Bf16,
                scale,
            },
        }
    }

    /// The shape of queries, keys, values and output.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The patterns; at least one.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Where heads begin.
    pub fn head_rule(&self) -> HeadRule {
        self.head_rule
    }

    /// Which keys a query sees.
    pub fn mask(&self) -> Mask {
        self.mask
    }

    /// The type of the numbers.
    pub fn element(&self) -> Element {
        self.element
    }

    /// What scores are multiplied by.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// The positions in use of each sequence, if some are shorter than the shape.
    pub fn lengths(&self) -> Option<&[u32]> {
        self.lengths.as_deref()
    }

    /// The positions in use of sequence `batch`.
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn length(&self, batch: u32) -> u32 {
        assert!(batch < self.shape.batch, "sequence {batch} of {}", self.shape.batch);
        self.lengths.as_ref().map_or(self.shape.seq_len, |lengths| lengths[batch as usize])
    }

    /// The members of every segment of pattern number `index`, for a head and a sequence of this
    /// length; none if the head takes no part in the pattern.
    pub fn segments(
        &self,
        index: usize,
        head: u32,
        length: u32,
    ) -> impl Iterator<Item = Progression> {
        let pattern = self.patterns[index];
        let offset = self.head_rule.offset(head, self.shape.heads, index, &self.patterns);
        let segments = offset.map(|offset| {
            (0..pattern.segments(length))
                .map(move |segment| pattern.members(segment, offset, length))
        });
        segments.into_iter().flatten().filter(|members| members.count > 0)
    }

    /// Every sequence and head, with the sequence's length.
    pub(crate) fn sequences(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let heads = self.shape.heads;
        (0..self.shape.batch)
            .flat_map(move |batch| (0..heads).map(move |head| (batch, head, self.length(batch))))
    }
}

/// The parts of a [`Problem`], not yet checked.
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `build`"]
pub struct ProblemBuilder {
    problem: Problem,
}

impl ProblemBuilder {
    /// Says where heads begin.
    pub fn head_rule(mut self, rule: HeadRule) -> Self {
        self.problem.head_rule = rule;
        self
    }

    /// Says which keys a query sees.
    pub fn mask(mut self, mask: Mask) -> Self {
        self.problem.mask = mask;
        self
    }

    /// Says how many positions of each sequence are in use; the rest gets zeros.
    pub fn lengths(mut self, lengths: impl Into<Vec<u32>>) -> Self {
        self.problem.lengths = Some(lengths.into());
        self
    }

    /// Says the type of the numbers.
    pub fn element(mut self, element: Element) -> Self {
        self.problem.element = element;
        self
    }

    /// Says what scores are multiplied by.
    pub fn scale(mut self, scale: f32) -> Self {
        self.problem.scale = scale;
        self
    }

    /// Checks that the parts fit.
    ///
    /// # Errors
    /// [`Error::is_argument`], with the name of the argument that does not.
    pub fn build(self) -> Result<Problem> {
        let problem = self.problem;
        check_shape(problem.shape)?;
        check_patterns(&problem)?;
        check_lengths(&problem)?;
        if !problem.scale.is_finite() || problem.scale <= 0.0 {
            let message = format!("{} is no positive number", problem.scale);
            return Err(Error::argument("scale", message));
        }
        Ok(problem)
    }
}

fn check_shape(shape: Shape) -> Result<()> {
    let sizes = [
        ("batch", shape.batch),
        ("seq_len", shape.seq_len),
        ("heads", shape.heads),
        ("head_dim", shape.head_dim),
    ];
    if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
        return Err(Error::argument(name, "0 leaves nothing to compute"));
    }
    let product = sizes.iter().try_fold(1_u64, |all, (_, size)| all.checked_mul((*size).into()));
    if product.is_none_or(|elements| elements >= MOST_ELEMENTS) {
        let Shape { batch, seq_len, heads, head_dim } = shape;
        let message = format!(
            "{batch} x {seq_len} x {heads} x {head_dim} are 2^31 elements or more, which no kernel \
             can index"
        );
        return Err(Error::argument("shape", message));
    }
    Ok(())
}

fn check_patterns(problem: &Problem) -> Result<()> {
    let (patterns, heads) = (&problem.patterns, problem.shape.heads);
    if patterns.is_empty() || patterns.len() > MOST_PATTERNS {
        let message = format!("{}, and 1 to {MOST_PATTERNS} are possible", patterns.len());
        return Err(Error::argument("patterns", message));
    }
    match problem.head_rule {
        HeadRule::Modulo => Ok(()),
        HeadRule::Groups => match patterns.iter().find(|p| heads % p.dilation() != 0) {
            None => Ok(()),
            Some(pattern) => Err(Error::argument(
                "heads",
                format!(
                    "{heads} do not divide into the {} groups of {pattern}",
                    pattern.dilation()
                ),
            )),
        },
        HeadRule::OnePattern if (heads as usize) < patterns.len() => Err(Error::argument(
            "heads",
            format!("{heads} do not divide among {} patterns, one at least each", patterns.len()),
        )),
        HeadRule::OnePattern => Ok(()),
    }
}

fn check_lengths(problem: &Problem) -> Result<()> {
    let Some(lengths) = &problem.lengths else {
        return Ok(());
    };
    let Shape { batch, seq_len, .. } = problem.shape;
    if lengths.len() != batch as usize {
        let message = format!("{} for a batch of {batch}", lengths.len());
        return Err(Error::argument("lengths", message));
    }
    match lengths.iter().enumerate().find(|(_, length)| !(1..=seq_len).contains(length)) {
        None => Ok(()),
        Some((at, length)) => {
            let message = format!("{length} for sequence {at}, and 1 to {seq_len} are possible");
            Err(Error::argument("lengths", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HeadRule, Pattern, Problem, ProblemBuilder, Shape};
    use crate::error::Result;

    const SHAPE: Shape = Shape { batch: 2, seq_len: 100, heads: 8, head_dim: 64 };

    fn refused<T: std::fmt::Debug>(result: Result<T>, expected: &str) {
        let error = result.unwrap_err();
        assert!(error.is_argument());
        assert_eq!(error.to_string(), expected);
    }

    fn problem(shape: Shape, patterns: &[(u32, u32)]) -> ProblemBuilder {
        let patterns: Result<Vec<_>> = patterns.iter().map(|(w, r)| Pattern::new(*w, *r)).collect();
        Problem::of(shape, patterns.unwrap())
    }

    #[test]
    fn impossible_patterns_name_the_argument() {
        refused(Pattern::new(0, 1), "segment: 0 positions hold nothing");
        refused(Pattern::new(4, 0), "dilation: 0 would take every position for ever");
        refused(Pattern::new(4, 5), "dilation: 5 is larger than the segment of 4 positions");
    }

    #[test]
    fn impossible_problems_name_the_argument() {
        let check = |builder: ProblemBuilder, expected: &str| refused(builder.build(), expected);
        let one = &[(10, 1)][..];
        check(problem(Shape { seq_len: 0, ..SHAPE }, one), "seq_len: 0 leaves nothing to compute");
        check(problem(Shape { batch: 0, ..SHAPE }, one), "batch: 0 leaves nothing to compute");
        let most = Shape { batch: 1, seq_len: 1 << 22, heads: 8, head_dim: 64 };
        check(
            problem(most, one),
            "shape: 1 x 4194304 x 8 x 64 are 2^31 elements or more, which no kernel can index",
        );
        let huge = Shape { batch: u32::MAX, seq_len: u32::MAX, heads: u32::MAX, head_dim: 64 };
        assert!(problem(huge, one).build().unwrap_err().is_argument());
        check(problem(SHAPE, &[]), "patterns: 0, and 1 to 8 are possible");
        check(problem(SHAPE, &[(9, 1); 9]), "patterns: 9, and 1 to 8 are possible");
        check(
            problem(SHAPE, &[(12, 1), (12, 6)]).head_rule(HeadRule::Groups),
            "heads: 8 do not divide into the 6 groups of 12/6",
        );
        let two = Shape { heads: 2, ..SHAPE };
        check(
            problem(two, &[(9, 1); 3]).head_rule(HeadRule::OnePattern),
            "heads: 2 do not divide among 3 patterns, one at least each",
        );
        check(problem(SHAPE, one).lengths([7]), "lengths: 1 for a batch of 2");
        check(
            problem(SHAPE, one).lengths([7, 0]),
            "lengths: 0 for sequence 1, and 1 to 100 are possible",
        );
        check(
            problem(SHAPE, one).lengths([101, 7]),
            "lengths: 101 for sequence 0, and 1 to 100 are possible",
        );
        check(problem(SHAPE, one).scale(f32::NAN), "scale: NaN is no positive number");
    }

    #[test]
    fn the_largest_problem_is_possible() {
        let shape = Shape { batch: 1, seq_len: (1 << 22) - 1, heads: 8, head_dim: 64 };
        assert!(problem(shape, &[(2_048, 1)]).build().is_ok());
    }
}
