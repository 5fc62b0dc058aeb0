//! Levels that fit a series best, if each further one has its price.

/// No level is shorter.
pub(crate) const SHORTEST: usize = 3;

/// Sums from the start, for the squared deviations of any stretch in constant time.
pub(crate) struct Sums {
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    /// The sums of `values`, which should lie around zero for the sake of precision.
    pub(crate) fn of(values: &[f64]) -> Self {
        let running = |term: fn(f64) -> f64| {
            let mut sum = 0.0;
            let sums = values.iter().map(|value| {
                sum += term(*value);
                sum
            });
            std::iter::once(0.0).chain(sums).collect()
        };
        Self { values: running(|value| value), squares: running(|value| value * value) }
    }

    /// The mean of the values from `from` to before `to`.
    pub(crate) fn mean(&self, from: usize, to: usize) -> f64 {
        (self.values[to] - self.values[from]) / (to - from) as f64
    }

    /// Their squared deviations from that mean, summed.
    pub(crate) fn deviation(&self, from: usize, to: usize) -> f64 {
        let sum = self.values[to] - self.values[from];
        let squares = self.squares[to] - self.squares[from];
        (squares - sum * sum / (to - from) as f64).max(0.0)
    }
}

/// Where each level but the first begins: the ends that make the squared deviations, plus `price`
/// a level, least of all. Exact, by the pruning of Killick, Fearnhead and Eckley (2012).
pub(crate) fn segments(sums: &Sums, price: f64) -> Vec<usize> {
    let n = sums.values.len() - 1;
    if n < 2 * SHORTEST {
        return Vec::new();
    }
    let mut least = vec![f64::INFINITY; n + 1];
    let mut last = vec![0; n + 1];
    least[0] = -price;
    let mut starts: Vec<usize> = Vec::new();
    for end in SHORTEST..=n {
        let newest = end - SHORTEST;
        // To begin at the newest start is cheaper from now on than at one that costs more up to it.
        let dearer = |from: usize| least[from] + sums.deviation(from, newest) > least[newest];
        starts.retain(|&from| newest - from < SHORTEST || !dearer(from));
        starts.push(newest);
        for &from in &starts {
            let cost = least[from] + sums.deviation(from, end) + price;
            if cost < least[end] {
                (least[end], last[end]) = (cost, from);
            }
        }
    }
    let mut begins = Vec::new();
    let mut end = last[n];
    while end > 0 {
        begins.push(end);
        end = last[end];
    }
    begins.reverse();
    begins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{SHORTEST, Sums, segments};

    fn check(values: &[f64], price: f64, expected: &[usize]) {
        assert_eq!(segments(&Sums::of(values), price), expected, "{values:?} at {price}");
    }

    #[test]
    fn levels_are_found() {
        check(&[0.0, 0.0, 0.0, 5.0, 5.0, 5.0], 1.0, &[3]);
        check(&[0.0, 0.0, 0.0, 5.0, 5.0, 5.0], 100.0, &[]);
        check(&[0.0, 0.0, 0.0, 5.0, 5.0], 1.0, &[]);
        check(&[0.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0], 1.0, &[3, 7]);
        check(&[1.0; 50], 0.5, &[]);
        check(&[], 1.0, &[]);
    }

    /// The least cost, by trying everything.
    fn by_force(sums: &Sums, end: usize, price: f64) -> f64 {
        if end == 0 {
            return -price;
        }
        let froms = (0..end).filter(|from| end - from >= SHORTEST);
        let cost = |from| by_force(sums, from, price) + sums.deviation(from, end) + price;
        froms.map(cost).fold(f64::INFINITY, f64::min)
    }

    proptest! {
        #[test]
        fn no_other_levels_are_better(
            values in proptest::collection::vec(-5.0_f64..5.0, 6..14), price in 0.1_f64..20.0
        ) {
            let sums = Sums::of(&values);
            let begins = segments(&sums, price);
            let ends = begins.iter().copied().chain([values.len()]);
            let starts = std::iter::once(0).chain(begins.iter().copied());
            let mut cost = -price;
            for (from, to) in starts.zip(ends) {
                prop_assert!(to - from >= SHORTEST);
                cost += sums.deviation(from, to) + price;
            }
            let best = by_force(&sums, values.len(), price);
            prop_assert!((cost - best).abs() < 1e-9, "{cost} is not {best}");
        }
    }
}
