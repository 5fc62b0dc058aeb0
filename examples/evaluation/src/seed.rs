//! Seeds that differ in every bit, so that no check repeats another's random numbers.

use perfreg_core::fixtures::Random;

/// A seed from what names a check.
pub(crate) fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0x6a09_e667_f3bc_c908, |seed, part| Random::new(seed ^ part).draw())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::mixed;

    #[test]
    fn no_two_checks_share_a_seed() {
        let all: HashSet<u64> =
            (0..100).flat_map(|a| (0..100).map(move |b| mixed(&[a, b]))).collect();
        assert_eq!(all.len(), 10_000);
        assert_ne!(mixed(&[1, 2]), mixed(&[2, 1]));
    }
}
