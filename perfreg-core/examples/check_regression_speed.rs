//! Times `check_regression` on two files of samples and prints the seconds of each repetition, for
//! `check_regression_speed.py` to set beside SciPy in the same run.
//!
//! ```console
//! $ cargo run --release --example check_regression_speed -- BASELINE.json CURRENT.json REPETITIONS
//! ```

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use perfreg_core::{PerformanceData, check_regression};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [baseline, current, repetitions] = arguments.as_slice() else {
        return Err("expected BASELINE.json CURRENT.json REPETITIONS".into());
    };
    let baseline = PerformanceData::from_json_file(baseline)?;
    let current = PerformanceData::from_json_file(current)?;
    for _ in 0..repetitions.parse()? {
        let begun = Instant::now();
        let report = black_box(check_regression(black_box(&baseline), black_box(&current))?);
        let seconds = begun.elapsed().as_secs_f64();
        let regressions = report.iter().filter(|(_, _, result)| result.is_regression).count();
        println!("{seconds} {regressions}");
    }
    Ok(())
}
