//! `docs/src/how-a-verdict-is-reached.md` tells the truth: its tables, judged again, give its figures.

use perfreg::judge::{
    Decision, LaunchValue, Pair, PairedPolicy, StoredPolicy, judge_paced, judge_pairs,
};
use perfreg::model::{Direction, Pace};

const PAGE: &str = include_str!("../docs/src/how-a-verdict-is-reached.md");

/// The rows of numbers of the table whose head begins so.
fn table(head: &str) -> Vec<Vec<f64>> {
    let at = PAGE.find(head).expect("the page has the table");
    let number = |cell: &str| cell.trim().trim_end_matches(" %").parse().ok();
    let row = |line: &str| -> Option<Vec<f64>> {
        line.trim_matches('|').split('|').map(number).collect()
    };
    PAGE[at..]
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| row(line).unwrap_or_else(|| panic!("{line} is a row of numbers")))
        .collect()
}

fn says(text: &str) {
    let page = PAGE.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains(text), "the page does not say: {text}");
}

fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

#[test]
fn the_stored_example_is_what_the_gate_says() {
    let rows = table("| launch |");
    assert_eq!(rows.len(), 10);
    let side = |at: usize, is_paced: fn(f64) -> Option<Pace>| -> Vec<LaunchValue> {
        rows.iter().map(|row| LaunchValue::new(row[at], is_paced(row[at + 1]))).collect()
    };
    let policy = StoredPolicy::new(0.05, Direction::LowerIsBetter);
    let judged = |rounds: &[usize], is_paced: fn(f64) -> Option<Pace>| {
        let now: Vec<LaunchValue> = rounds.iter().flat_map(|at| side(*at, is_paced)).collect();
        judge_paced(&side(1, is_paced), &now, &policy)
    };
    let pace = |chain| Some(Pace::of_baseline(chain, 1.11));
    let all = judged(&[3, 5], pace);
    let change = all.change.expect("enough launches");
    let (low, high) = (percent(change.low), percent(change.high));
    assert_eq!(all.decision, Decision::Worse);
    says(&format!("thread_cpu_time {}, 99 % interval {low} to {high}", percent(change.estimate)));
    says(&format!("change {:.2} µs -> {:.2} µs", all.baseline / 1e3, all.current / 1e3));
    // The rounds are told apart, and as time alone.
    let estimate = |look: perfreg::judge::Look| percent(look.change.expect("launches").estimate);
    let (first, second) = (estimate(judged(&[3], pace)), estimate(judged(&[5], pace)));
    says(&format!("{}; a second round after a pause agrees ({first}, then {second})", all.why));
    says(&format!("As time it would have been {}", estimate(judged(&[3, 5], |_| None))));
}

#[test]
fn the_paired_example_is_what_diff_says() {
    let rows = table("| round |");
    let pair = |row: &Vec<f64>| {
        let clock = (row[6] / row[3]).ln();
        let (as_time, mean) = ((row[4] / row[1]).ln(), (row[5] / row[2]).ln());
        let shown = [as_time, as_time - clock, mean - clock].map(|log| log.exp_m1() * 100.0);
        let is_shown = shown.iter().zip(&row[7..]).all(|(is, said)| (is - said).abs() < 0.01);
        assert!(is_shown && row.len() == 10, "{row:?}: {shown:?}");
        Pair { location: as_time - clock, mean: Some(mean - clock) }
    };
    let pairs: Vec<Pair> = rows.iter().map(pair).collect();
    let look = judge_pairs(&pairs, &PairedPolicy::new(0.02, 1, Direction::LowerIsBetter));
    assert_eq!((look.decision, look.rounds), (Decision::Worse, 16));
    says(&look.why);
    let (low, high) = (percent(look.change.low), percent(look.change.high));
    let typical = percent(look.change.estimate);
    says(&format!("it is **{typical}**, 99 % interval {low} to {high}"));
    for rounds in [7, 9, 12] {
        let early =
            judge_pairs(&pairs[..rounds], &PairedPolicy::new(0.02, 1, Direction::LowerIsBetter));
        assert_eq!(early.decision, Decision::Undecided, "{rounds} rounds");
        let (of, p) = (2_u32.pow(rounds as u32), early.p);
        let shown = [format!("{p:.3}"), format!("{p:.4}")]
            .map(|p| format!("| {rounds} | 1 / {of} | {p} | no |"));
        assert!(shown.iter().any(|row| PAGE.contains(row)), "{shown:?}");
    }
}
