//! A distribution as a line of blocks: values in, text out.

/// The blocks of a column, from nothing to full.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const COLUMNS: usize = 32;

/// How the values of both sides lie on one scale, from the smallest to the largest of all: a column
/// of blocks says how many fall there. `None` if there is nothing to draw.
pub(crate) fn sketch(before: &[f64], now: &[f64]) -> Option<[String; 2]> {
    let all = || before.iter().chain(now).copied().filter(|value| value.is_finite());
    let (low, high) =
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    (all().count() > 1 && low < high).then(|| [before, now].map(|side| line(side, low, high)))
}

/// How the values between `low` and `high` lie; those beyond are in the outermost columns.
pub(crate) fn histogram(values: &[f64], low: f64, high: f64) -> String {
    if low < high { line(values, low, high) } else { BLOCKS[BLOCKS.len() - 1].to_string() }
}

fn line(values: &[f64], low: f64, high: f64) -> String {
    let mut counts = [0_usize; COLUMNS];
    for value in values {
        let at = (value - low) / (high - low) * COLUMNS as f64;
        counts[(at as usize).min(COLUMNS - 1)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(0).max(1);
    let full = BLOCKS.len() - 1;
    // Whatever is there at all is seen.
    counts.iter().map(|count| BLOCKS[(count * full).div_ceil(most)]).collect()
}

#[cfg(test)]
mod tests {
    use super::sketch;

    #[test]
    fn both_sides_stand_on_one_scale() {
        let [before, now] = sketch(&[10.0, 10.1, 10.1, 10.1], &[12.0, 12.1]).unwrap();
        assert_eq!(before.trim_end(), "▃█");
        assert_eq!(now.trim_start(), "██");
        assert_eq!((before.chars().count(), now.chars().count()), (32, 32));
    }

    #[test]
    fn nothing_to_draw() {
        assert_eq!(sketch(&[], &[]), None);
        assert_eq!(sketch(&[1.0], &[]), None);
        assert_eq!(sketch(&[1.0, 1.0], &[1.0]), None);
        assert!(sketch(&[], &[1.0, 2.0]).is_some());
    }
}
