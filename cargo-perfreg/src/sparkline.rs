//! A series as a line of blocks: values in, text out.

use perfreg_core::stats::median;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const COLUMNS: usize = 40;

/// The values in order, a block each, from the smallest to the largest; of more than fit, medians
/// of neighbours. Empty if there are none.
pub(crate) fn sparkline(values: &[f64]) -> String {
    let columns: Vec<f64> = if values.len() <= COLUMNS {
        values.to_vec()
    } else {
        let at = |column: usize| column * values.len() / COLUMNS;
        (0..COLUMNS).map(|column| median(&values[at(column)..at(column + 1)])).collect()
    };
    let low = columns.iter().copied().fold(f64::INFINITY, f64::min);
    let high = columns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let block = |value: &f64| match high - low {
        // Noise of a percent drawn as mountains would mislead.
        height if height > low.abs().max(high.abs()) * FLAT => {
            let share = (value - low) / height * (BLOCKS.len() - 1) as f64;
            BLOCKS[share.round() as usize]
        }
        _ => BLOCKS[BLOCKS.len() / 2 - 1],
    };
    columns.iter().map(block).collect()
}

/// A series that varies by less than this share of its size is drawn flat.
const FLAT: f64 = 0.01;

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn values_become_blocks() {
        let check = |values: &[f64], expected: &str| assert_eq!(sparkline(values), expected);
        check(&[], "");
        check(&[0.0, 0.0], "▄▄");
        check(&[100.0, 100.4, 100.9], "▄▄▄");
        check(&[1.0, 2.0, 3.0, 8.0], "▁▂▃█");
        check(&[-1.0, 1.0], "▁█");
        let long: Vec<f64> = (0..4_000).map(f64::from).collect();
        assert_eq!(sparkline(&long).chars().count(), 40);
        assert!(sparkline(&long).starts_with("▁▁▁") && sparkline(&long).ends_with("███"));
    }
}
