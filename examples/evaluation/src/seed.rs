//! Seeds that differ in every bit, so that no check repeats another's random numbers.

/// A seed from what names a check (after Steele, Lea and Flood 2014).
pub(crate) fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0x6a09_e667_f3bc_c908, |seed, part| {
        let mut mixed = (seed ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
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
