//! Steps: changes of the level of a series that chance does not explain.
//!
//! Logarithms are taken where all values are above zero, spikes are cut, the best levels are found
//! for a low price ([`crate::trend::segments`]), and then the least certain step goes until every
//! one that is left passes a test of its neighbouring levels. The order of ideas (candidates by
//! fit, then a test, the weakest removed first) is that of Fleming et al. (2023, arXiv 2301.03034),
//! who find candidates by E-divisive means. Nothing is drawn at random: the same series gives the
//! same steps.

use perfreg_core::stats::{mann_whitney, min_attainable_p};
use statrs::function::beta::beta_reg;

use crate::trend::clean::clean;
use crate::trend::segments::{SHORTEST, Sums, segments};

/// What a step must be to count.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Policy {
    /// How likely chance may make one such step in a series, at the most.
    pub(crate) significance: f64,
    /// The least relative change: 0.02 is 2 %.
    pub(crate) magnitude: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { significance: 0.001, magnitude: 0.01 }
    }
}

/// A change of the level.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Step {
    /// The first value of the new level.
    pub(crate) at: usize,
    /// The earliest and the latest value that may be the first, with a confidence of 99 %.
    pub(crate) within: (usize, usize),
    /// The level before, in the unit of the values.
    pub(crate) before: f64,
    /// The level after.
    pub(crate) after: f64,
    /// The relative change, and the ends of its 99 % interval: 0.1 is +10 %. Of a level of zero it
    /// is infinite.
    pub(crate) change: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// How likely chance makes such a step anywhere in its neighbourhood.
    pub(crate) p: f64,
}

/// Both sides of the intervals together.
const CONFIDENCE: f64 = 0.99;

/// The steps of `values`, in order; none is called on fewer than three values on either side.
pub(crate) fn steps(values: &[f64], policy: &Policy) -> Vec<Step> {
    if values.len() < 2 * SHORTEST || values.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let scale = Scale::of(values);
    let scaled: Vec<f64> = values.iter().map(|value| scale.there(*value)).collect();
    let middle = perfreg_core::stats::median(&scaled);
    let centred: Vec<f64> = scaled.iter().map(|value| value - middle).collect();
    let clean = clean(&centred);
    let sums = Sums::of(&clean.values);
    // Differences of values that differ by rounding alone are no noise to multiply.
    let price =
        (clean.noise * clean.noise).max(ROUNDING * ROUNDING) * PRICE * (values.len() as f64).ln();
    let view = View { raw: &centred, sums, memory: clean.memory, scale, middle };
    let tests = view.significant(segments(&view.sums, price), policy);
    tests.iter().map(|test| view.step(test)).collect()
}

/// What a level more must explain, in variances and per logarithm of the length: low, since each
/// has to pass a test as well.
const PRICE: f64 = 3.0;
/// Relative differences below this are rounding.
const ROUNDING: f64 = 1e-9;

/// How values are compared.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Scale {
    /// By ratios: all values are above zero.
    Logarithm,
    /// By differences, in units of the typical size of a value.
    Plain { size: f64 },
}

impl Scale {
    fn of(values: &[f64]) -> Self {
        if values.iter().all(|value| *value > 0.0) {
            return Self::Logarithm;
        }
        let size = values.iter().map(|value| value.abs()).sum::<f64>() / values.len() as f64;
        Self::Plain { size: if size > 0.0 { size } else { 1.0 } }
    }

    fn there(self, value: f64) -> f64 {
        match self {
            Self::Logarithm => value.ln(),
            Self::Plain { size } => value / size,
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Logarithm => value.exp(),
            Self::Plain { size } => value * size,
        }
    }
}

/// Two neighbouring levels, held against each other.
#[derive(Clone, Copy)]
struct Test {
    from: usize,
    at: usize,
    to: usize,
    before: f64,
    difference: f64,
    /// The standard error of the difference, and its degrees of freedom.
    error: f64,
    freedom: f64,
    p: f64,
}

/// A series on its scale, around zero.
struct View<'a> {
    raw: &'a [f64],
    sums: Sums,
    memory: f64,
    scale: Scale,
    middle: f64,
}

impl View<'_> {
    /// Removes the weakest step, whose neighbours then grow, until all that are left count.
    fn significant(&self, mut begins: Vec<usize>, policy: &Policy) -> Vec<Test> {
        let ends = |begins: &[usize], nth: usize| {
            let from = if nth == 0 { 0 } else { begins[nth - 1] };
            (from, begins.get(nth + 1).copied().unwrap_or(self.raw.len()))
        };
        let test = |begins: &[usize], nth: usize| {
            let (from, to) = ends(begins, nth);
            self.test(from, begins[nth], to)
        };
        let counts = |test: &Test| {
            let change = self.change(test.difference, test).abs();
            test.p <= policy.significance && change >= policy.magnitude
        };
        let mut tests: Vec<Test> = (0..begins.len()).map(|nth| test(&begins, nth)).collect();
        loop {
            let weak = (0..tests.len()).filter(|nth| !counts(&tests[*nth]));
            let Some(weakest) = weak.max_by(|a, b| tests[*a].p.total_cmp(&tests[*b].p)) else {
                return tests;
            };
            begins.remove(weakest);
            tests.remove(weakest);
            // Its neighbours have other levels to part now, and may fit better a little aside.
            for neighbour in weakest.saturating_sub(1)..tests.len().min(weakest + 1) {
                let (from, to) = ends(&begins, neighbour);
                begins[neighbour] = self.best_place(from, to);
            }
            for nth in weakest.saturating_sub(2)..tests.len().min(weakest + 2) {
                tests[nth] = test(&begins, nth);
            }
        }
    }

    /// Where a single step between `from` and `to` fits best.
    fn best_place(&self, from: usize, to: usize) -> usize {
        let squares = |at: &usize| self.sums.deviation(from, *at) + self.sums.deviation(*at, to);
        let places = from + SHORTEST..=to - SHORTEST;
        let best = places.min_by(|a, b| squares(a).total_cmp(&squares(b)));
        best.expect("both levels are long enough")
    }

    /// Student's test of both sides, with the values that their memory leaves of them, corrected for
    /// the places where the step might have been; and a rank test, which no outlier sways.
    fn test(&self, from: usize, at: usize, to: usize) -> Test {
        let (left, right) = ((at - from) as f64, (to - at) as f64);
        let before = self.sums.mean(from, at);
        let difference = self.sums.mean(at, to) - before;
        let squares = self.sums.deviation(from, at) + self.sums.deviation(at, to);
        // Values that follow the one before say less than their number.
        let worth = (1.0 - self.memory) / (1.0 + self.memory);
        let freedom = ((left + right) * worth - 2.0).max(1.0);
        let variance = squares / (left + right - 2.0);
        let error = (variance * (1.0 / (left * worth) + 1.0 / (right * worth))).sqrt();
        let places = (left + right - 2.0 * SHORTEST as f64 + 1.0).max(1.0);
        let p = if error <= ROUNDING {
            if difference.abs() > ROUNDING { 0.0 } else { 1.0 }
        } else {
            (student_p(difference / error, freedom) * places).min(1.0)
        };
        let p = if p < RANKS && error > ROUNDING {
            p.max(self.by_ranks(from, at, to, places))
        } else {
            p
        };
        Test { from, at, to, before, difference, error, freedom, p }
    }

    /// The p-value of a rank test where that is large, although these sizes allow a smaller one.
    fn by_ranks(&self, from: usize, at: usize, to: usize, places: f64) -> f64 {
        let p = mann_whitney(&self.raw[at..to], &self.raw[from..at]).p;
        let least = min_attainable_p(to - at, at - from) * (1.0 + ROUNDING);
        if p > least.max(RANKS / places) { (p * places).min(1.0) } else { 0.0 }
    }

    /// The relative change that a difference on the scale is.
    fn change(&self, difference: f64, test: &Test) -> f64 {
        match self.scale {
            Scale::Logarithm => difference.exp_m1(),
            Scale::Plain { .. } => match (test.before + self.middle).abs() {
                0.0 => difference.signum() * f64::INFINITY,
                before => difference / before,
            },
        }
    }

    fn step(&self, test: &Test) -> Step {
        let Test { before, difference, error, freedom, .. } = *test;
        let reach = student_quantile(CONFIDENCE, freedom) * error;
        let change = |difference| self.change(difference, test);
        Step {
            at: test.at,
            within: self.within(test),
            before: self.scale.back(before + self.middle),
            after: self.scale.back(before + difference + self.middle),
            change: change(difference),
            low: change(difference - reach),
            high: change(difference + reach),
            p: test.p,
        }
    }

    /// The places of the step that the likelihood ratio does not exclude: Hansen (2000,
    /// Econometrica 68, 575-603), whose distribution has the quantile -2 ln(1 - sqrt(confidence)).
    fn within(&self, test: &Test) -> (usize, usize) {
        let Test { from, at, to, .. } = *test;
        let squares = |at: usize| self.sums.deviation(from, at) + self.sums.deviation(at, to);
        let variance = squares(at) / (to - from - 2) as f64;
        let bound = -2.0 * (1.0 - CONFIDENCE.sqrt()).ln() * variance / (1.0 - self.memory);
        let possible = |place: &usize| squares(*place) - squares(at) <= bound;
        let earliest = (from + 1..at).rev().take_while(possible).last();
        let latest = (at + 1..to).take_while(possible).last();
        (earliest.unwrap_or(at), latest.unwrap_or(at))
    }
}

/// Chance has to be less likely than this by ranks, too.
const RANKS: f64 = 0.01;

/// The two-sided p-value of Student's distribution.
fn student_p(t: f64, freedom: f64) -> f64 {
    beta_reg(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// The t that `confidence` of Student's distribution lies within, by bisection.
pub(crate) fn student_quantile(confidence: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if 1.0 - student_p(middle, freedom) < confidence { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Random;

    fn places(values: &[f64]) -> Vec<usize> {
        steps(values, &Policy::default()).iter().map(|step| step.at).collect()
    }

    /// Levels of given lengths, with relative noise.
    fn levels(of: &[(usize, f64)], noise: f64, random: &mut Random) -> Vec<f64> {
        let each = of.iter().flat_map(|(length, level)| std::iter::repeat_n(*level, *length));
        each.map(|level| level * (1.0 + noise * random.normal())).collect()
    }

    #[test]
    fn steps_are_where_they_are() {
        let check = |of: &[(usize, f64)], noise: f64, expected: &[usize]| {
            assert_eq!(places(&levels(of, noise, &mut Random::new(7))), expected, "{of:?} {noise}");
        };
        check(&[(20, 100.0), (20, 110.0)], 0.01, &[20]);
        check(&[(40, 100.0)], 0.01, &[]);
        check(&[(20, 100.0), (8, 120.0), (30, 100.0)], 0.01, &[20, 28]);
        check(&[(50, 100.0), (50, 100.5)], 0.01, &[]);
        // Half a percent is found where nothing varies, and is too little to be worth a word.
        check(&[(10, 100.0), (10, 100.5)], 0.0, &[]);
        // What repeats exactly changed for certain, with three on either side and no fewer.
        check(&[(3, 51.0), (3, 52.0)], 0.0, &[3]);
        check(&[(3, 51.0), (2, 52.0)], 0.0, &[]);
        check(&[(30, 51.0), (1, 90.0), (30, 51.0)], 0.0, &[]);
        check(&[(30, 51.0), (2, 90.0), (30, 51.0)], 0.0, &[]);
        check(&[(10, 0.0), (10, 3.0)], 0.0, &[10]);
        check(&[(10, -5.0), (10, 5.0)], 0.0, &[10]);
        check(&[(20, 0.0)], 0.0, &[]);
        check(&[], 0.0, &[]);
    }

    #[test]
    fn a_step_says_how_much_and_how_surely() {
        let values = levels(&[(30, 100.0), (30, 110.0)], 0.02, &mut Random::new(8));
        let [step] = steps(&values, &Policy::default())[..] else { panic!("one step") };
        assert!(step.low < 0.1 && 0.1 < step.high && step.high - step.low < 0.05, "{step:?}");
        assert!(step.low < step.change && step.change < step.high && step.p < 1e-10, "{step:?}");
        assert!(step.within.0 <= 30 && 30 <= step.within.1, "{step:?}");
        assert!((step.before - 100.0).abs() < 2.0 && (step.after - 110.0).abs() < 2.0, "{step:?}");
    }

    #[test]
    fn from_zero_no_ratio_is_told() {
        let [step] = steps(&[0.0, 0.0, 0.0, 3.0, 3.0, 3.0], &Policy::default())[..] else {
            panic!("one step")
        };
        assert_eq!((step.before, step.after, step.change), (0.0, 3.0, f64::INFINITY));
    }

    #[test]
    fn students_distribution() {
        // Quantiles of the usual tables.
        let check = |confidence, freedom, expected: f64| {
            let t = student_quantile(confidence, freedom);
            assert!((t - expected).abs() < 5e-4 * expected, "{t} is not {expected}");
        };
        check(0.95, 1.0, 12.706);
        check(0.99, 10.0, 3.169);
        check(0.95, 1e6, 1.960);
    }

    proptest! {
        /// Any numbers: no panic, and no step on fewer than three values on either side.
        #[test]
        fn levels_are_never_short(
            values in proptest::collection::vec(prop_oneof![
                -1e3_f64..1e3, Just(0.0), Just(1.0), Just(f64::NAN), 1e-300_f64..1e300
            ], 0..60)
        ) {
            let mut from = 0;
            for step in steps(&values, &Policy::default()) {
                prop_assert!(step.at >= from + SHORTEST && step.at + SHORTEST <= values.len());
                prop_assert!(step.within.0 <= step.at && step.at <= step.within.1);
                prop_assert!(step.within.0 > from && step.within.1 < values.len());
                from = step.at;
            }
        }

        /// The unit of the values changes nothing.
        #[test]
        fn units_do_not_matter(seed in any::<u64>(), scale in 1e-6_f64..1e6) {
            let mut random = Random::new(seed);
            let of = [(15, 100.0), (15, 100.0 + 20.0 * random.share()), (15, 100.0)];
            let values = levels(&of, 0.02, &mut random);
            let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
            prop_assert_eq!(places(&values), places(&scaled));
        }
    }
}
