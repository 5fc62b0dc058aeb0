//! The law that predicts best what it has not seen.
//!
//! Each law is a multiple of its shape, alone or on top of a constant, fitted by least squares of
//! relative errors, since costs of sizes that differ by decades vary in proportion; a power is
//! fitted on logarithms. Each law then predicts every size from the others (cross-validation, Stone
//! 1974), and of those whose error is within one standard error of the least the simplest is taken
//! (Breiman et al. 1984, section 3.4.3).

use serde::Serialize;

use crate::scaling::law::Law;
use crate::trend::student_quantile;

/// What one size cost.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Measured {
    /// The size, above zero.
    pub(crate) size: f64,
    /// The cost, above zero.
    pub(crate) cost: f64,
    /// The standard error of the cost, as a share of it; zero if nobody knows.
    pub(crate) error: f64,
}

/// A law with its numbers: the cost is `base + factor * shape(n)`, or `factor * n^power`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Model {
    /// The law.
    pub(crate) law: Law,
    /// What does not grow.
    pub(crate) base: f64,
    /// What the shape is multiplied by.
    pub(crate) factor: f64,
    /// The power of the size that the costs grow by on the whole, with its 95 % interval.
    pub(crate) power: (f64, f64, f64),
    /// The laws that do not fit much worse.
    pub(crate) others: Vec<Law>,
    form: Form,
    /// The residual variance of the logarithm, its degrees of freedom, and what sizes it is from.
    variance: f64,
    freedom: f64,
    sizes: Vec<f64>,
}

/// A cost that is expected, with its 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(crate) struct Prediction {
    pub(crate) cost: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Both sides of the intervals together.
const CONFIDENCE: f64 = 0.95;
/// Squared relative errors that differ by less are the same.
const SAME: f64 = 1e-6;
/// Twice the error, squared: that is another matter, however few sizes say so.
const TWICE: f64 = 4.0;

/// The model of `measured`; none of fewer than three sizes, or where a cost is not above zero.
pub(crate) fn fit(measured: &[Measured]) -> Option<Model> {
    let is_good =
        |m: &Measured| m.size > 0.0 && m.size.is_finite() && m.cost > 0.0 && m.cost.is_finite();
    if measured.len() < 3 || !measured.iter().all(is_good) {
        return None;
    }
    let validated: Vec<(Form, Vec<f64>)> =
        Law::ALL.into_iter().filter_map(|law| form(law, measured)).collect();
    let sum = |errors: &[f64]| errors.iter().sum::<f64>();
    // A power can look like any law: it takes half the error of all others to be believed.
    let handicapped = |(form, errors): &&(Form, Vec<f64>)| match form.law {
        Law::Power => sum(errors) * TWICE,
        _ => sum(errors),
    };
    let best = validated.iter().min_by(|a, b| handicapped(a).total_cmp(&handicapped(b)))?;
    let best = &best.1;
    let alike = validated.iter().filter(|(_, errors)| is_alike(errors, best));
    let fitting: Vec<Form> = alike.map(|(form, _)| *form).collect();
    let (&form, others) = fitting.split_first()?;
    let numbers = numbers(form, measured)?;
    let residuals: f64 = measured.iter().map(|m| numbers.error(m).powi(2)).sum();
    let freedom = (measured.len() - form.parameters()) as f64;
    let known = measured.iter().map(|m| m.error * m.error).sum::<f64>() / measured.len() as f64;
    Some(Model {
        law: form.law,
        base: numbers.base,
        factor: numbers.factor,
        power: power(measured),
        // A power fits whatever fits; only where nothing else does is that worth a word.
        others: others.iter().map(|form| form.law).filter(|law| *law != Law::Power).collect(),
        form,
        variance: (residuals / freedom).max(known),
        freedom,
        sizes: measured.iter().map(|m| m.size).collect(),
    })
}

impl Model {
    /// What a run at the size `n` is expected to cost. The interval spans the variation of one
    /// measurement and what the numbers of the law may be off, to the first order.
    pub(crate) fn at(&self, n: f64) -> Prediction {
        let Model { form, base, factor, .. } = *self;
        let numbers = Numbers { form, base, factor, power: self.power.0 };
        let cost = numbers.cost(n);
        let leverage = self.leverage(&numbers, n);
        let reach =
            student_quantile(CONFIDENCE, self.freedom) * (self.variance * (1.0 + leverage)).sqrt();
        Prediction { cost, low: cost * (-reach).exp(), high: cost * reach.exp() }
    }

    /// How much the numbers of the law are unsure at `n`, in residual variances.
    fn leverage(&self, numbers: &Numbers, n: f64) -> f64 {
        let gradients: Vec<[f64; 2]> =
            self.sizes.iter().map(|size| numbers.gradient(*size)).collect();
        let sum = |a: usize, b: usize| gradients.iter().map(|g| g[a] * g[b]).sum::<f64>();
        let here = numbers.gradient(n);
        if self.form.parameters() == 1 {
            return 1.0 / self.sizes.len() as f64;
        }
        let (aa, ab, bb) = (sum(0, 0), sum(0, 1), sum(1, 1));
        let determinant = aa * bb - ab * ab;
        // Numbers that cannot be told apart: each of them alone explains all.
        if determinant <= aa * bb * 1e-12 {
            return here[1] * here[1] / bb.max(f64::MIN_POSITIVE);
        }
        (here[0] * here[0] * bb - 2.0 * here[0] * here[1] * ab + here[1] * here[1] * aa)
            / determinant
    }
}

/// Whether a law errs no more than the best one, as far as can be told from so many sizes.
fn is_alike(errors: &[f64], best: &[f64]) -> bool {
    let n = errors.len() as f64;
    let more: Vec<f64> = errors.iter().zip(best).map(|(error, least)| error - least).collect();
    let mean = more.iter().sum::<f64>() / n;
    let variance = more.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
    mean <= (variance / n).sqrt().max(SAME) && {
        let [all, least] = [errors, best].map(|errors| errors.iter().sum::<f64>() / n);
        all <= TWICE * least.max(SAME)
    }
}

/// A law, alone or on top of what does not grow.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Form {
    law: Law,
    base: Base,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Base {
    None,
    Fitted,
}

impl Form {
    /// How many numbers fitting determines.
    fn parameters(self) -> usize {
        match (self.law, self.base) {
            (Law::Power, _) | (_, Base::Fitted) => 2,
            _ => 1,
        }
    }
}

/// The form of a law, the simpler one if it is as good, with its errors; none if it cannot be.
fn form(law: Law, measured: &[Measured]) -> Option<(Form, Vec<f64>)> {
    let with = |base| {
        let form = Form { law, base };
        Some((form, errors_of_unseen(form, measured)?))
    };
    let alone = with(Base::None);
    if matches!(law, Law::Constant | Law::Power) {
        return alone;
    }
    match (alone, with(Base::Fitted)) {
        (Some(alone), Some(on_top)) if is_alike(&alone.1, &on_top.1) => Some(alone),
        (alone, on_top) => on_top.or(alone),
    }
}

/// The squared error at each size of a law that was fitted to the others; none if the law cannot be.
fn errors_of_unseen(form: Form, measured: &[Measured]) -> Option<Vec<f64>> {
    (0..measured.len())
        .map(|left_out| {
            let mut seen = measured.to_vec();
            let unseen = seen.remove(left_out);
            Some(numbers(form, &seen)?.error(&unseen).powi(2))
        })
        .collect()
}

/// The numbers of a law.
#[derive(Clone, Copy)]
struct Numbers {
    form: Form,
    base: f64,
    factor: f64,
    power: f64,
}

impl Numbers {
    fn cost(&self, n: f64) -> f64 {
        match self.form.law {
            Law::Power => self.factor * n.powf(self.power),
            law => self.base + self.factor * law.shape(n),
        }
    }

    /// By how much the logarithm of the cost is off.
    fn error(&self, measured: &Measured) -> f64 {
        (measured.cost / self.cost(measured.size)).ln()
    }

    /// How the logarithm of the cost at `n` moves with the two numbers.
    fn gradient(&self, n: f64) -> [f64; 2] {
        match self.form.law {
            Law::Power => [1.0, n.ln()],
            law => {
                let cost = self.cost(n);
                // In proportion to themselves, so that both are of one size.
                [1.0 / cost, law.shape(n) / cost].map(|share| share * self.factor.max(self.base))
            }
        }
    }
}

/// The numbers that fit best; none if the law cannot, because it would have to shrink.
fn numbers(form: Form, measured: &[Measured]) -> Option<Numbers> {
    if form.law == Law::Power {
        let (power, level) = line(measured.iter().map(|m| (m.size.ln(), m.cost.ln())));
        return Some(Numbers { form, base: 0.0, factor: level.exp(), power });
    }
    // Relative errors: each square is weighed by the cost, and then by what the fit makes of it.
    let mut weights: Vec<f64> = measured.iter().map(|m| m.cost.powi(-2)).collect();
    let mut found = None;
    for _ in 0..ROUNDS {
        let numbers = weighted(form, measured, &weights)?;
        weights = measured.iter().map(|m| numbers.cost(m.size).powi(-2)).collect();
        found = Some(numbers);
    }
    found.filter(|numbers| measured.iter().all(|m| numbers.error(m).is_finite()))
}

/// Rounds after which the weights hardly change.
const ROUNDS: usize = 8;

fn weighted(form: Form, measured: &[Measured], weights: &[f64]) -> Option<Numbers> {
    let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
        let each = measured.iter().zip(weights);
        each.map(|(m, w)| w * term(form.law.shape(m.size), m.cost)).sum()
    };
    let (one, cost) = (sum(&|_, _| 1.0), sum(&|_, y| y));
    let (shape, square, product) = (sum(&|x, _| x), sum(&|x, _| x * x), sum(&|x, y| x * y));
    let numbers = |base: f64, factor: f64| Some(Numbers { form, base, factor, power: 0.0 });
    match form {
        Form { law: Law::Constant, .. } => return numbers(cost / one, 0.0),
        Form { base: Base::None, .. } => return numbers(0.0, product / square),
        Form { base: Base::Fitted, .. } => {}
    }
    let determinant = one * square - shape * shape;
    let factor = (one * product - shape * cost) / determinant;
    let base = (cost - factor * shape) / one;
    match (base >= 0.0, factor > 0.0) {
        (true, true) => numbers(base, factor),
        // It is the law alone, then, or none.
        _ => None,
    }
}

/// The power of the size that the costs grow by, with its interval.
fn power(measured: &[Measured]) -> (f64, f64, f64) {
    let points = || measured.iter().map(|m| (m.size.ln(), m.cost.ln()));
    let (slope, low, high) = slope(points(), CONFIDENCE);
    (slope, low, high)
}

/// The slope of the line through `points`, with its interval.
pub(crate) fn slope(
    points: impl Iterator<Item = (f64, f64)> + Clone,
    confidence: f64,
) -> (f64, f64, f64) {
    let (slope, level) = line(points.clone());
    let n = points.clone().count() as f64;
    let mean = points.clone().map(|(x, _)| x).sum::<f64>() / n;
    let spread: f64 = points.clone().map(|(x, _)| (x - mean).powi(2)).sum();
    let residuals: f64 = points.map(|(x, y)| (y - level - slope * x).powi(2)).sum();
    let error = (residuals / (n - 2.0) / spread).sqrt();
    let reach = student_quantile(confidence, n - 2.0) * error;
    (slope, slope - reach, slope + reach)
}

/// The slope and the level of the line through `points`.
fn line(points: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64) {
    let n = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / n, y / n);
    let products: f64 = points.clone().map(|(a, b)| (a - x) * (b - y)).sum();
    let squares: f64 = points.map(|(a, _)| (a - x).powi(2)).sum();
    let slope = products / squares;
    (slope, y - slope * x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Random;

    /// Costs of a law at decades of sizes, each off by some `noise`.
    fn of(law: Law, noise: f64, random: &mut Random) -> Vec<Measured> {
        let cost = |n: f64| match law {
            Law::Power => 3.0 * n.powf(1.5),
            law => 40.0 + 5.0 * law.shape(n),
        };
        let sizes = [10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 3e4];
        let measured = sizes.map(|size| Measured {
            size,
            cost: cost(size) * (noise * random.normal()).exp(),
            error: noise,
        });
        measured.to_vec()
    }

    #[test]
    fn every_law_is_recognised() {
        let mut random = Random::new(3);
        for law in Law::ALL {
            for noise in [0.0, 0.01, 0.03] {
                let model = fit(&of(law, noise, &mut random)).unwrap();
                assert_eq!(model.law, law, "{model:?} at {noise}");
            }
        }
    }

    #[test]
    fn unseen_sizes_lie_within_the_interval() {
        let mut random = Random::new(4);
        let (mut inside, mut all) = (0, 0);
        for law in Law::ALL {
            for _ in 0..100 {
                let mut measured = of(law, 0.02, &mut random);
                let unseen = measured.pop().unwrap();
                let seen = fit(&measured).unwrap().at(unseen.size);
                inside += i32::from((seen.low..=seen.high).contains(&unseen.cost));
                all += 1;
            }
        }
        let share = f64::from(inside) / f64::from(all);
        assert!((0.9..1.0).contains(&share), "{share} of intervals of 95 % hold");
    }

    #[test]
    fn nothing_is_told_of_too_little() {
        let m = |size, cost| Measured { size, cost, error: 0.0 };
        assert_eq!(fit(&[m(1.0, 1.0), m(2.0, 2.0)]), None);
        assert_eq!(fit(&[m(1.0, 1.0), m(2.0, 0.0), m(3.0, 1.0)]), None);
        assert_eq!(fit(&[m(1.0, 1.0), m(2.0, f64::NAN), m(3.0, 1.0)]), None);
        let shrinks = fit(&[m(1.0, 4.0), m(2.0, 2.0), m(4.0, 1.0)]).unwrap();
        assert_eq!(shrinks.law, Law::Power);
        assert!((shrinks.at(8.0).cost - 0.5).abs() < 1e-9);
    }

    proptest! {
        /// Whatever was measured: finite numbers in order, no panic; and units do not matter.
        #[test]
        fn any_costs_have_a_model(
            costs in proptest::collection::vec(1e-3_f64..1e12, 3..8), scale in 1e-3_f64..1e3
        ) {
            let with = |scale: f64| -> Vec<Measured> {
                let each = costs.iter().enumerate();
                each.map(|(at, cost)| Measured {
                    size: f64::powi(4.0, at as i32 + 1), cost: cost * scale, error: 0.0
                }).collect()
            };
            let model = fit(&with(1.0)).unwrap();
            let seen = model.at(1e6);
            prop_assert!(seen.low <= seen.cost && seen.cost <= seen.high, "{:?}", seen);
            prop_assert!(seen.cost > 0.0 && seen.cost.is_finite());
            let scaled = fit(&with(scale)).unwrap();
            if scaled.law == model.law {
                let ratio = scaled.at(1e6).cost / seen.cost / scale;
                prop_assert!((ratio - 1.0).abs() < 1e-6, "{ratio}");
            }
        }
    }
}
