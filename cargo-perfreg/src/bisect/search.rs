//! Where to look next: answers in, the next commit out. Pure.

use crate::bisect::evidence::Answer;

/// A search among commits of one line, oldest first; the one before the first is known to be good,
/// and the last is known to be bad.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Search {
    /// The first commit that may be the culprit.
    first: usize,
    /// The first commit that is known to be bad.
    bad: usize,
    /// What cannot be told, of all commits.
    skipped: Vec<bool>,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Look at this commit.
    Look(usize),
    /// This one is the first bad commit.
    Found(usize),
    /// One of these, the first and the last included: all but the last cannot be told.
    Among(usize, usize),
}

impl Search {
    /// A search among so many commits.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn among(commits: usize) -> Self {
        let bad = commits.checked_sub(1).expect("the bad commit is one of them");
        Self { first: 0, bad, skipped: vec![false; commits] }
    }

    /// Takes in what was found at the commit `at`.
    pub(crate) fn answer(&mut self, at: usize, answer: Answer) {
        match answer {
            Answer::Good => self.first = self.first.max((at + 1).min(self.bad)),
            Answer::Bad => self.bad = self.bad.min(at.max(self.first)),
            Answer::Skip => self.skipped[at] = true,
        }
    }

    /// What to do next: the middle of what nothing is known of, or the nearest to it that keeps away
    /// from skipped commits by half of their number: many that are broken lie side by side.
    pub(crate) fn next(&self) -> Next {
        let unknown = self.unknown();
        let Some(middle) = unknown.len().checked_sub(1).map(|last| last / 2) else {
            return match self.first == self.bad {
                true => Next::Found(self.bad),
                false => Next::Among(self.first, self.bad),
            };
        };
        let away = (0..unknown.len()).filter(|&place| self.is_away(unknown[place]));
        let nearest = away.min_by_key(|place| place.abs_diff(middle));
        Next::Look(unknown[nearest.unwrap_or(middle)])
    }

    /// About how many commits are still to be looked at: as often as what is unknown can be halved.
    pub(crate) fn steps_left(&self) -> u32 {
        (self.unknown().len() + 1).next_power_of_two().ilog2()
    }

    /// The commits that nothing is known of.
    fn unknown(&self) -> Vec<usize> {
        (self.first..self.bad).filter(|&at| !self.skipped[at]).collect()
    }

    /// Whether `at` lies further from skipped commits on either side than half of their number.
    fn is_away(&self, at: usize) -> bool {
        let side = |commits: &mut dyn Iterator<Item = usize>| {
            let states: Vec<bool> = commits.map(|at| self.skipped[at]).collect();
            let Some(near) = states.iter().position(|skipped| *skipped) else { return true };
            let many = states[near..].iter().take_while(|skipped| **skipped).count();
            2 * (near + 1) > many
        };
        side(&mut (self.first..at).rev()) && side(&mut (at + 1..self.bad))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Next, Search};
    use crate::bisect::evidence::Answer;

    /// The commits that are looked at, and the end, where `culprit` is the first bad one.
    fn searched(culprit: usize, skipped: &[bool]) -> (Vec<usize>, Next) {
        let mut search = Search::among(skipped.len());
        let mut looked = Vec::new();
        loop {
            let Next::Look(at) = search.next() else { return (looked, search.next()) };
            assert!(!looked.contains(&at) && at < skipped.len() - 1, "{at} after {looked:?}");
            looked.push(at);
            search.answer(
                at,
                match skipped[at] {
                    true => Answer::Skip,
                    false if at < culprit => Answer::Good,
                    false => Answer::Bad,
                },
            );
        }
    }

    /// `line` is of the commits, oldest first: `.` can be told, `x` cannot.
    fn check(line: &str, culprit: usize, looked: &[usize], expected: Next) {
        let skipped: Vec<bool> = line.chars().map(|c| c == 'x').collect();
        assert_eq!(searched(culprit, &skipped), (looked.to_vec(), expected), "{line} {culprit}");
    }

    #[test]
    fn the_middle_comes_next_and_broken_neighbours_are_kept_away_from() {
        check(".", 0, &[], Next::Found(0));
        check("..", 0, &[0], Next::Found(0));
        check("..", 1, &[0], Next::Found(1));
        check("........", 0, &[3, 1, 0], Next::Found(0));
        check("........", 7, &[3, 5, 6], Next::Found(7));
        check("...x....", 5, &[3, 2, 5, 4], Next::Found(5));
        check("...x....", 3, &[3, 2, 5, 4], Next::Among(3, 4));
        check("...xxx..", 7, &[3, 2, 5, 4, 6], Next::Found(7));
        check("......xxxx......", 3, &[7, 6, 9, 4, 1, 2, 3], Next::Found(3));
        check("xxxx", 2, &[1, 0, 2], Next::Among(0, 3));
        check("x.", 1, &[0], Next::Among(0, 1));
    }

    #[test]
    fn steps_are_foreseen() {
        let steps = |commits| Search::among(commits).steps_left();
        let found: Vec<u32> = [1, 2, 3, 4, 5, 8, 9, 1000].map(steps).to_vec();
        assert_eq!(found, [0, 1, 2, 2, 3, 3, 4, 10]);
    }

    proptest! {
        #[test]
        fn the_culprit_is_found_wherever_it_is(commits in 1usize..300, place: prop::sample::Index) {
            let culprit = place.index(commits);
            let (looked, end) = searched(culprit, &vec![false; commits]);
            prop_assert_eq!(end, Next::Found(culprit));
            prop_assert!(looked.len() <= Search::among(commits).steps_left() as usize);
        }

        #[test]
        fn what_skipped_commits_hide_is_a_range(
            skipped in prop::collection::vec(any::<bool>(), 1..80),
            place: prop::sample::Index,
        ) {
            let mut skipped = skipped;
            let last = skipped.len() - 1;
            skipped[last] = false;
            let culprit = place.index(skipped.len());
            // From the commit after the last good one that can be told, to the first bad one.
            let first = (0..culprit).rev().find(|&at| !skipped[at]).map_or(0, |at| at + 1);
            let bad = (culprit..=last).find(|&at| !skipped[at]).unwrap();
            let expected = if first == bad { Next::Found(bad) } else { Next::Among(first, bad) };
            prop_assert_eq!(searched(culprit, &skipped).1, expected);
        }
    }
}
