//! The estimates and tests of pairs and launches, against what scipy computes.

use perfreg_core::stats::{
    false_discovery_rates, hodges_lehmann, hodges_lehmann_shift, signed_rank_bounds,
    signed_rank_greater, t_greater, welch_greater,
};
use serde_json::Value;

fn reference(part: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/robust.json");
    let text = std::fs::read_to_string(path).expect("it lies in the repository");
    let mut all: Value = serde_json::from_str(&text).expect("it is JSON");
    serde_json::from_value(all[part].take()).expect("it has this list")
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).expect("a list of numbers")
}

#[track_caller]
fn check(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().expect("a number");
    let most = 1e-9 * expected.abs().max(1e-12);
    assert!((found - expected).abs() <= most, "{what}: {found} is not {expected}");
}

#[test]
fn pairs() {
    let (mut exact, mut bounds) = (0, 0);
    for case in reference("one_sample") {
        let d = numbers(&case["d"]);
        let what = format!("{d:?}");
        let negated: Vec<f64> = d.iter().map(|value| -value).collect();
        check(hodges_lehmann(&d), &case["hodges_lehmann"], &what);
        check(t_greater(&d), &case["greater"]["p_t"], &what);
        check(t_greater(&negated), &case["less"]["p_t"], &what);
        if let p @ Value::Number(_) = &case["greater"]["p_exact"] {
            exact += 1;
            check(signed_rank_greater(&d), p, &what);
            check(signed_rank_greater(&negated), &case["less"]["p_exact"], &what);
        }
        for (level, expected) in case["ci"].as_object().expect("levels") {
            let found = signed_rank_bounds(&d, level.parse().expect("a number"));
            match (found, &expected["lower"]) {
                (None, Value::Null) => {}
                (Some(found), _) => {
                    bounds += 1;
                    check(found.low, &expected["lower"], &what);
                    check(found.high, &expected["upper"], &what);
                }
                (None, lower) => panic!("{what}: no bounds at {level}, but {lower}"),
            }
        }
    }
    assert!(exact > 50 && bounds > 300, "{exact} exact, {bounds} bounds");
}

#[test]
fn two_sides() {
    let logs = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let cases = reference("two_sample");
    assert_eq!(cases.len(), 60);
    for case in cases {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let what = format!("{x:?} {y:?}");
        check(hodges_lehmann_shift(&x, &y), &case["hl_shift"], &what);
        check(welch_greater(&logs(&x), &logs(&y)), &case["welch_log_p_greater"], &what);
    }
}

#[test]
fn many_tests() {
    let cases = reference("benjamini_hochberg");
    assert_eq!(cases.len(), 20);
    for case in cases {
        let p = numbers(&case["p"]);
        for (found, expected) in
            false_discovery_rates(&p).iter().zip(case["bh"].as_array().unwrap())
        {
            check(*found, expected, &format!("{p:?}"));
        }
    }
}
