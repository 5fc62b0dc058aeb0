//! Launches from anywhere, by the gate's rules: what they decide, and what no rule may depend on.

use perfreg_core::Direction::{HigherIsBetter, LowerIsBetter};
use perfreg_core::Verdict::{Improved, Inconclusive, Regressed, Unchanged};
use perfreg_core::{Finding, LaunchPolicy, LaunchSamples, Verdict, judge_launches};
use proptest::prelude::*;

/// Launches of twelve samples around `centre`; each launch is off by up to `spread`, as a share.
fn side(launches: usize, centre: f64, spread: f64) -> Vec<Vec<f64>> {
    let launch = |at: usize| {
        let off = 1.0 + spread * ((at * 7 % 11) as f64 / 5.0 - 1.0);
        (0..12).map(|i| centre * off * (1.0 + 0.001 * ((at + i) % 7) as f64)).collect()
    };
    (0..launches).map(launch).collect()
}

fn judged(baseline: Vec<Vec<Vec<f64>>>, current: Vec<Vec<f64>>, policy: &LaunchPolicy) -> Finding {
    let baseline = LaunchSamples::new(baseline).expect("sides are not empty");
    let current = LaunchSamples::of_one_session(current).expect("sides are not empty");
    judge_launches(&baseline, &current, policy).expect("as many positive launches on either side")
}

#[test]
fn a_rule_for_each_way_of_measuring() {
    let check =
        |policy: LaunchPolicy, sessions: usize, launches, ratio: f64, spread, verdict, more| {
            let baseline = vec![side(launches, 100.0, spread); sessions];
            let found = judged(baseline, side(launches, 100.0 * ratio, spread), &policy);
            assert_eq!((found.verdict, found.more), (verdict, more), "{ratio}: {found:?}");
        };
    let stored = LaunchPolicy::stored();
    check(stored, 1, 10, 1.00, 0.002, Unchanged, None);
    check(stored, 1, 10, 1.08, 0.002, Regressed, None);
    check(stored, 1, 10, 0.92, 0.002, Improved, None);
    check(stored, 1, 10, 1.08, 0.100, Inconclusive, Some(5));
    check(stored, 1, 28, 1.08, 0.200, Inconclusive, Some(2));
    // Five sessions that agree make 3 % visible, and one does not.
    check(stored.threshold(0.02), 5, 10, 1.03, 0.002, Regressed, None);
    check(stored.threshold(0.02), 1, 10, 1.03, 0.002, Unchanged, None);
    check(stored.direction(HigherIsBetter), 1, 10, 0.92, 0.002, Regressed, None);
    let paired = LaunchPolicy::paired();
    check(paired, 1, 16, 1.00, 0.002, Unchanged, None);
    check(paired, 1, 16, 1.03, 0.002, Regressed, None);
    check(paired, 1, 7, 1.03, 0.002, Inconclusive, Some(2));
    check(paired, 1, 16, 0.97, 0.002, Improved, None);
    check(paired.direction(HigherIsBetter), 1, 16, 0.97, 0.002, Regressed, None);
    // What 16 rounds convict in one test needs more rounds in a suite of a thousand.
    check(paired.tests(1_000), 1, 16, 1.03, 0.002, Inconclusive, Some(5));
}

#[test]
fn counts_that_repeat_convict_by_one() {
    let check = |before: [f64; 3], now: [f64; 3], verdict: Verdict| {
        let side = |values: [f64; 3]| values.map(|value| vec![value; 4]).to_vec();
        let found = judged(vec![side(before)], side(now), &LaunchPolicy::exact());
        assert_eq!(found.verdict, verdict, "{found:?}");
    };
    check([100.0; 3], [100.0; 3], Unchanged);
    check([100.0; 3], [101.0; 3], Regressed);
    check([100.0; 3], [99.0; 3], Improved);
    check([100.0, 101.0, 100.0], [101.0; 3], Unchanged);
    check([100.0, 101.0, 100.0], [109.0; 3], Regressed);
}

#[test]
fn what_cannot_be_judged_is_named() {
    let check =
        |before: Vec<Vec<f64>>, now: Vec<Vec<f64>>, policy: LaunchPolicy, expected: &str| {
            let of = |side| LaunchSamples::of_one_session(side).unwrap();
            let error = judge_launches(&of(before), &of(now), &policy).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} lacks {expected}");
        };
    let (ten, nine) = (side(10, 1.0, 0.0), side(9, 1.0, 0.0));
    let paired = LaunchPolicy::paired();
    check(ten.clone(), nine, paired, "10 launches of the baseline and 9 current ones");
    check(ten.clone(), vec![vec![0.0]; 10], paired, "current, launch 1: the median 0 ");
    check(ten.clone(), ten.clone(), paired.threshold(0.0), "threshold is 0;");
    check(ten.clone(), ten.clone(), paired.threshold(f64::NAN), "threshold is NaN;");
    check(ten.clone(), ten, paired.tests(0), "tests is 0;");
}

#[test]
fn findings_come_back_from_json() {
    let found = judged(vec![side(10, 1.0, 0.01)], side(10, 1.02, 0.01), &LaunchPolicy::stored());
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&text).unwrap(), found);
}

fn policies() -> impl Strategy<Value = LaunchPolicy> {
    prop_oneof![
        Just(LaunchPolicy::stored()),
        Just(LaunchPolicy::paired()),
        Just(LaunchPolicy::exact())
    ]
}

/// Launches that vary by some percent, and of one side by a few percent more.
fn sides() -> impl Strategy<Value = (Vec<Vec<f64>>, Vec<Vec<f64>>)> {
    let launches = |centre: f64| {
        let launch = proptest::collection::vec(centre * 0.98..centre * 1.02, 3..8);
        proptest::collection::vec(launch, 16)
    };
    (0.9..1.1).prop_flat_map(move |ratio| (launches(100.0), launches(100.0 * ratio)))
}

proptest! {
    /// The same samples give the same finding, in every byte.
    #[test]
    fn judging_twice_is_judging_once((before, now) in sides(), policy in policies()) {
        let text = || {
            let found = judged(vec![before.clone()], now.clone(), &policy);
            serde_json::to_string(&found).unwrap()
        };
        prop_assert_eq!(text(), text());
    }

    /// Neither the order of launches within a look nor that of samples within a launch matters.
    #[test]
    fn order_does_not_matter((before, now) in sides(), policy in policies(), turn in 0_usize..7) {
        let found = judged(vec![before.clone()], now.clone(), &policy);
        let turned = |side: &[Vec<f64>]| {
            let mut side = side.to_vec();
            // The first look of the paired rule is at seven rounds.
            side[..7].rotate_left(turn);
            side.iter_mut().for_each(|launch| launch.reverse());
            side
        };
        let again = judged(vec![turned(&before)], turned(&now), &policy);
        prop_assert_eq!((found.verdict, found.launches), (again.verdict, again.launches));
    }

    /// Microseconds or nanoseconds: a ratio has no unit. Powers of two scale without rounding.
    #[test]
    fn scale_does_not_matter((before, now) in sides(), policy in policies(), power in -20_i32..20) {
        let found = judged(vec![before.clone()], now.clone(), &policy);
        let scaled = |side: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let launch = |launch: &Vec<f64>| launch.iter().map(|v| v * 2_f64.powi(power)).collect();
            side.iter().map(launch).collect()
        };
        let again = judged(vec![scaled(&before)], scaled(&now), &policy);
        prop_assert_eq!(found.verdict, again.verdict);
    }

    /// What is worse one way is better the other way, and turns with what is better.
    #[test]
    fn sides_and_directions_flip(ratio in 1.1..1.5, spread in 0.0..0.01, policy in policies()) {
        let (before, now) = (side(16, 100.0, spread), side(16, 100.0 * ratio, spread));
        let verdict = |before: &[Vec<f64>], now: &[Vec<f64>], direction| {
            judged(vec![before.to_vec()], now.to_vec(), &policy.direction(direction)).verdict
        };
        prop_assert_eq!(verdict(&before, &now, LowerIsBetter), Regressed);
        prop_assert_eq!(verdict(&now, &before, LowerIsBetter), Improved);
        prop_assert_eq!(verdict(&before, &now, HigherIsBetter), Improved);
        prop_assert_eq!(verdict(&now, &before, HigherIsBetter), Regressed);
    }
}
