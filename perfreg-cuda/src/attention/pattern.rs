//! Who looks at whom: segments, dilations, and where each head begins.

use std::fmt;

use crate::error::{Error, Result};

/// A segment length and a dilation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Pattern {
    segment: u32,
    dilation: u32,
}

impl Pattern {
    /// Segments of `segment` positions, in which every `dilation`-th takes part.
    ///
    /// A segment may be longer than a sequence, which is then one segment.
    ///
    /// # Errors
    /// [`Error::is_argument`] if one of them is 0, or the dilation larger than the segment, for then
    /// some heads would have no position at all.
    pub fn new(segment: u32, dilation: u32) -> Result<Self> {
        if segment == 0 {
            return Err(Error::argument("segment", "0 positions hold nothing"));
        }
        if dilation == 0 {
            return Err(Error::argument("dilation", "0 would take every position for ever"));
        }
        if dilation > segment {
            let message = format!("{dilation} is larger than the segment of {segment} positions");
            return Err(Error::argument("dilation", message));
        }
        Ok(Self { segment, dilation })
    }

    /// Positions of a segment.
    pub const fn segment(self) -> u32 {
        self.segment
    }

    /// Every which position takes part.
    pub const fn dilation(self) -> u32 {
        self.dilation
    }

    /// The members of segment number `segment` in a sequence of `length` positions, where the
    /// members begin `offset` positions into it.
    pub(crate) fn members(self, segment: u32, offset: u32, length: u32) -> Progression {
        let start = u64::from(segment) * u64::from(self.segment);
        let end = (start + u64::from(self.segment)).min(u64::from(length));
        let first = start + u64::from(offset);
        let count = end.saturating_sub(first).div_ceil(u64::from(self.dilation));
        let small = |number: u64| u32::try_from(number).expect("a position, or one dilation past");
        Progression { first: small(first.min(end)), step: self.dilation, count: small(count) }
    }

    /// How many segments a sequence of `length` positions is cut into.
    pub(crate) fn segments(self, length: u32) -> u32 {
        length.div_ceil(self.segment)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.segment, self.dilation)
    }
}

/// Positions at equal distances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progression {
    /// The first position.
    pub first: u32,
    /// From one to the next.
    pub step: u32,
    /// How many there are.
    pub count: u32,
}

impl Progression {
    /// The positions, ascending.
    pub fn positions(self) -> impl ExactSizeIterator<Item = u32> + Clone {
        (0..self.count).map(move |at| self.first + at * self.step)
    }

    /// Whether `position` is one of them.
    pub fn contains(self, position: u32) -> bool {
        position
            .checked_sub(self.first)
            .is_some_and(|distance| distance % self.step == 0 && distance / self.step < self.count)
    }
}

/// Where the members of a head begin in a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum HeadRule {
    /// Head `h` begins at `h mod dilation`, as in the paper.
    Modulo,
    /// The heads are cut into `dilation` groups of neighbours, and group `g` begins at `g`.
    Groups,
    /// The heads are cut into as many groups as there are patterns, the first ones larger by one
    /// where they do not divide; each head takes part in its group's pattern only, number `i`, and
    /// begins at `i mod dilation`.
    OnePattern,
}

impl HeadRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Modulo, Self::Groups, Self::OnePattern];

    /// The offset of head `head` of `heads` in pattern number `index` of `patterns`; `None` if the
    /// head takes no part in it.
    pub(crate) fn offset(
        self,
        head: u32,
        heads: u32,
        index: usize,
        patterns: &[Pattern],
    ) -> Option<u32> {
        let dilation = patterns[index].dilation;
        match self {
            Self::Modulo => Some(head % dilation),
            Self::Groups => Some(head / (heads / dilation)),
            Self::OnePattern => {
                let count = u32::try_from(patterns.len()).expect("at most 8 patterns");
                let index = u32::try_from(index).expect("at most 8 patterns");
                (one_pattern_of(head, heads, count) == index).then_some(index % dilation)
            }
        }
    }
}

/// The group of a head, if `heads` are cut into `groups` whose first ones are larger by one.
fn one_pattern_of(head: u32, heads: u32, groups: u32) -> u32 {
    let (each, larger) = (heads / groups, heads % groups);
    let in_larger = larger * (each + 1);
    if head < in_larger { head / (each + 1) } else { larger + (head - in_larger) / each }
}

/// Which keys of its segment a query sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Mask {
    /// All of them.
    Full,
    /// Those at its own position and before.
    Causal,
}

#[cfg(test)]
mod tests {
    use super::{HeadRule, Pattern};

    #[test]
    fn members_stop_at_the_end_of_the_segment_and_of_the_sequence() {
        let check = |segment, offset, length, expected: &[u32]| {
            let found = Pattern::new(6, 3).unwrap().members(segment, offset, length);
            assert_eq!(found.positions().collect::<Vec<_>>(), expected);
            let contained: Vec<_> = (0..40).filter(|at| found.contains(*at)).collect();
            assert_eq!(contained, expected);
        };
        check(1, 0, 11, &[6, 9]);
        check(1, 2, 11, &[8]);
        check(1, 2, 12, &[8, 11]);
        check(1, 1, 7, &[]);
        check(3, 0, 7, &[]);
    }

    #[test]
    fn each_rule_begins_where_it_says() {
        let patterns = [(8, 1), (8, 2), (8, 4)].map(|(w, r)| Pattern::new(w, r).unwrap());
        let check = |rule: HeadRule, index, expected: [Option<u32>; 8]| {
            let found = std::array::from_fn(|head| {
                rule.offset(u32::try_from(head).unwrap(), 8, index, &patterns)
            });
            assert_eq!(found, expected, "{rule:?} {index}");
        };
        let some = |offsets: [u32; 8]| offsets.map(Some);
        check(HeadRule::Modulo, 0, some([0; 8]));
        check(HeadRule::Modulo, 2, some([0, 1, 2, 3, 0, 1, 2, 3]));
        check(HeadRule::Groups, 1, some([0, 0, 0, 0, 1, 1, 1, 1]));
        check(HeadRule::Groups, 2, some([0, 0, 1, 1, 2, 2, 3, 3]));
        let (o, i) = (None, Some(1));
        check(HeadRule::OnePattern, 0, [Some(0), Some(0), Some(0), o, o, o, o, o]);
        check(HeadRule::OnePattern, 1, [o, o, o, i, i, i, o, o]);
        check(HeadRule::OnePattern, 2, [o, o, o, o, o, o, Some(2), Some(2)]);
    }
}
