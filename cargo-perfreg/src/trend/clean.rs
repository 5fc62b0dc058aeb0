//! A series without what lasts for a moment: the noise of it, and the values with spikes cut.

use perfreg_core::stats::median;

/// Makes the median of absolute normal values an estimate of their standard deviation; likewise
/// of the other quantiles, for series in which most values are equal.
const QUANTILES: [(f64, f64); 4] = [(0.5, 1.4826), (0.75, 0.8693), (0.9, 0.6080), (0.97, 0.4608)];
/// Neighbours on either side whose median a value is held against: what lasts for three values and
/// longer stays, what is shorter is a spike.
const AROUND: usize = 2;
/// How many standard deviations off its neighbours a value may be.
const CUT: f64 = 3.0;

/// A series ready to be looked at.
pub(crate) struct Clean {
    /// The values, no further from their neighbours than noise explains.
    pub(crate) values: Vec<f64>,
    /// The standard deviation from one value to the next, whatever the levels do.
    pub(crate) noise: f64,
    /// How much each value is like the one before, from 0 to below 1, whatever the levels do.
    pub(crate) memory: f64,
}

/// Cuts spikes, and says how much the values vary.
pub(crate) fn clean(values: &[f64]) -> Clean {
    let noise = spread(&differences(values)) / std::f64::consts::SQRT_2;
    let cut = |(at, value): (usize, &f64)| {
        let around = &values[at.saturating_sub(AROUND)..(at + AROUND + 1).min(values.len())];
        let middle = median(around);
        value.clamp(middle - CUT * noise, middle + CUT * noise)
    };
    let values: Vec<f64> = values.iter().enumerate().map(cut).collect();
    let memory = memory(&differences(&values), noise);
    Clean { values, noise, memory }
}

fn differences(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The standard deviation of values around zero, by the first quantile that is none.
fn spread(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q) as usize];
    let mut estimates = QUANTILES.iter().map(|(q, factor)| at(*q) * factor);
    if sorted.is_empty() { 0.0 } else { estimates.find(|spread| *spread > 0.0).unwrap_or(0.0) }
}

/// The correlation of neighbours, from that of their differences: a few steps hardly touch it.
///
/// Differences of values that are independent have the correlation -1/2, and of an autoregression
/// with the coefficient r they have -(1 - r)/2. What chance alone could make is not believed.
fn memory(differences: &[f64], noise: f64) -> f64 {
    const MOST: f64 = 0.9;
    let limit = CUT * noise * std::f64::consts::SQRT_2;
    let cut: Vec<f64> = differences.iter().map(|d| d.clamp(-limit, limit)).collect();
    let variance: f64 = cut.iter().map(|d| d * d).sum();
    let products: f64 = cut.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if variance == 0.0 {
        return 0.0;
    }
    let chance = 1.0 / (cut.len() as f64).sqrt();
    (1.0 + 2.0 * products / variance - chance).clamp(0.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn spikes_go_and_levels_stay() {
        let check = |values: &[f64], expected: &[f64]| {
            assert_eq!(clean(values).values, expected, "{values:?}");
        };
        let mut spike = [1.0; 40];
        spike[20] = 9.0;
        check(&spike, &[1.0; 40]);
        check(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0], &[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]);
        // Three in the middle are a level; where half the values jump, jumping is the noise.
        let back = [1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0];
        check(&back, &back);
        check(&[], &[]);
        check(&[3.0], &[3.0]);
    }

    #[test]
    fn noise_is_seen_through_steps() {
        let mut random = crate::testing::Random::new(2);
        let values: Vec<f64> =
            (0..60).map(|i| f64::from(i / 20) * 100.0 + random.normal()).collect();
        let clean = clean(&values);
        assert!((0.7..1.4).contains(&clean.noise), "{}", clean.noise);
        assert!(clean.memory < 0.2, "{}", clean.memory);
    }

    #[test]
    fn memory_is_that_of_an_autoregression() {
        let mut random = crate::testing::Random::new(1);
        let mut last = 0.0;
        let values: Vec<f64> = std::iter::repeat_with(|| {
            last = 0.7 * last + random.normal();
            last
        })
        .take(2_000)
        .collect();
        let memory = clean(&values).memory;
        assert!((0.6..0.75).contains(&memory), "{memory}");
    }
}
