//! The container: what it reads, what it refuses and in which words, and what it writes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;

use perfreg_core::PerformanceData;
use proptest::prelude::*;

fn read(text: &str) -> PerformanceData {
    PerformanceData::from_json_str(text).unwrap()
}

/// The error must say `expected`, as text and with the file's name when read from a file.
fn refused(text: &str, expected: &str) {
    let error = PerformanceData::from_json_str(text).expect_err(text);
    assert!(error.is_data(), "{text}: {error}");
    assert!(error.to_string().contains(expected), "{text}: {error}");

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bad.json");
    fs::write(&path, text).unwrap();
    let error = PerformanceData::from_json_file(&path).expect_err(text);
    assert_eq!(error.path(), Some(&*path));
    assert!(error.to_string().contains(expected), "{text}: {error}");
    assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
}

#[test]
fn keeps_the_order_of_the_file() {
    let data = read(r#"{"b": {"z": [1], "y": [2.5]}, "a": {"x": [-3e2, 4]}, "empty": {}}"#);
    assert_eq!(data.sections().collect::<Vec<_>>(), ["b", "a", "empty"]);
    assert_eq!(data.subsections("b").collect::<Vec<_>>(), ["z", "y"]);
    assert_eq!(data.subsections("none").count(), 0);
    assert_eq!(data.samples("a", "x"), Some(&[-300.0, 4.0][..]));
    assert_eq!(data.samples("a", "none"), None);
}

#[test]
fn equality_ignores_order_and_number_format() {
    let one = read(r#"{"a": {"x": [1, 2], "y": [3]}, "b": {}}"#);
    assert_eq!(one, read(r#"{"b": {}, "a": {"y": [3.0], "x": [1.0, 2e0]}}"#));
    assert_ne!(one, read(r#"{"b": {}, "a": {"y": [3], "x": [2, 1]}}"#));
    assert_ne!(one, read(r#"{"a": {"x": [1, 2], "y": [3]}}"#));
}

#[test]
fn empty_documents_read() {
    assert_eq!(read("{}"), PerformanceData::new());
    assert_eq!(read(r#"{"s": {}}"#).sections().count(), 1);
}

#[test]
fn refuses_what_is_not_the_form() {
    refused("[]", "invalid type: sequence, expected an object of sections");
    refused("3", "invalid type: integer `3`, expected an object of sections");
    refused(r#"{"s": [1]}"#, "section `s`: invalid type: sequence, expected an object of subsec");
    refused(r#"{"s": "x"}"#, "section `s`: invalid type: string \"x\"");
    refused(r#"{"s": {"k": 3}}"#, "section `s`, subsection `k`: invalid type: integer `3`");
    refused(r#"{"s": {"k": {"a": 1}}}"#, "subsection `k`: invalid type: map, expected a list");
    refused(r#"{"s": {"k": []}}"#, "section `s`, subsection `k`: no samples");
}

#[test]
fn refuses_what_is_no_finite_number() {
    let place = "section `s`, subsection `k`, sample 1: ";
    for (value, said) in [
        ("\"x\"", "invalid type: string \"x\", expected a finite number"),
        ("true", "invalid type: boolean `true`"),
        ("null", "invalid type: null"),
        ("[2]", "invalid type: sequence"),
        ("NaN", "`NaN`: expected value"),
        ("Infinity", "`Infinity`: expected value"),
        ("-Infinity", "`-Infinity`: invalid number"),
        ("1e400", "`1e400`: number out of range"),
        ("-1e999", "`-1e999`: number out of range"),
        ("1.", "`1.`: invalid number"),
        ("nul", "`nul`: expected ident"),
    ] {
        for text in [
            format!(r#"{{"s": {{"k": [1, {value}]}}}}"#),
            format!("{{\"s\":\n {{\"j\": [1],\n\"k\": [1,\n{value}\n, 2]}}}}"),
        ] {
            refused(&text, &format!("{place}{said}"));
        }
    }
}

#[test]
fn refuses_duplicate_names_also_when_escaped() {
    refused(r#"{"a": {}, "b": {}, "a": {}}"#, "section `a`: this section appears twice");
    refused(r#"{"a": {}, "\u0061": {}}"#, "section `a`: this section appears twice");
    let twice = "section `s`, subsection `k`: this subsection appears twice";
    refused(r#"{"s": {"k": [1], "k": [2]}}"#, twice);
    refused(r#"{"s": {"k": [1], "\u006b": [2]}}"#, twice);
}

#[test]
fn refuses_damaged_text() {
    refused("", "EOF while parsing");
    refused(r#"{"s": {"k": [1, 2"#, "section `s`, subsection `k`, sample 2: ");
    refused(r#"{"s": {"k": [1,]}}"#, "trailing comma");
    refused(r#"{"s": {"k": [1]}} x"#, "`x`: trailing characters");
    refused("{\"s\": {\"é\": [1, ü]}}", "subsection `é`, sample 1: `ü`: expected value");
    refused("<<<<<<< HEAD\n{}", "`<<<<<<<`: expected value at line 1 column 1");
}

#[test]
fn integers_beyond_53_bits_round_as_python_does() {
    let data = read(r#"{"s": {"k": [9007199254740993, 123456789012345678901234567890, -5]}}"#);
    assert_eq!(
        data.samples("s", "k"),
        Some(&[9_007_199_254_740_992.0, 123_456_789_012_345_678_901_234_567_890.0, -5.0][..])
    );
}

#[test]
fn a_byte_order_mark_is_no_obstacle_and_bad_utf8_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    fs::write(&path, "\u{feff}{\"s\": {\"k\": [1]}}").unwrap();
    assert_eq!(PerformanceData::from_json_file(&path).unwrap(), read(r#"{"s": {"k": [1]}}"#));
    fs::write(&path, b"{\"s\xff\": {}}").unwrap();
    let error = PerformanceData::from_json_file(&path).unwrap_err();
    assert!(error.is_data() && error.to_string().contains("byte 3 is not UTF-8"), "{error}");
    let error = PerformanceData::from_json_file(dir.path().join("none.json")).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("none.json"), "{error}");
}

#[test]
fn insert_replaces_in_place_and_checks() {
    let mut data = read(r#"{"s": {"a": [1], "b": [2]}}"#);
    data.insert("s", "a", vec![7.0]).unwrap();
    data.insert("t", "c", vec![8.0]).unwrap();
    assert_eq!(data, read(r#"{"t": {"c": [8]}, "s": {"a": [7], "b": [2]}}"#));
    assert_eq!(data.subsections("s").collect::<Vec<_>>(), ["a", "b"]);

    let before = data.clone();
    let error = data.insert("s", "a", vec![]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "section `s`, subsection `a`: no samples; at least one is needed"
    );
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = data.insert("u", "a", vec![1.0, bad]).unwrap_err();
        assert!(error.is_data() && error.to_string().contains(&bad.to_string()), "{error}");
    }
    assert_eq!(data, before);
}

#[test]
fn statistics_of_a_series() {
    let data = read(r#"{"s": {"k": [4, 1, 3, 2]}}"#);
    assert_eq!(data.median("s", "k"), Some(2.5));
    assert_eq!(data.mad("s", "k"), Some(1.0));
    assert_eq!(data.mean("s", "k"), Some(2.5));
    assert_eq!(data.std_dev("s", "k"), Some(1.25_f64.sqrt()));
    assert_eq!((data.min("s", "k"), data.max("s", "k")), (Some(1.0), Some(4.0)));
    assert_eq!(data.percentile("s", "k", 25.0), Some(1.75));
    assert_eq!(data.percentile("s", "k", 101.0), None);
    assert_eq!(data.percentile("s", "none", 50.0), None);
    assert_eq!(data.median("none", "k"), None);
}

#[test]
fn converts_from_a_map() {
    let map = |samples: Vec<f64>| {
        let section = BTreeMap::from([("k".to_owned(), samples)]);
        BTreeMap::from([("s".to_owned(), section), ("empty".to_owned(), BTreeMap::new())])
    };
    let data = PerformanceData::try_from(map(vec![1.0])).unwrap();
    assert_eq!(data, read(r#"{"empty": {}, "s": {"k": [1]}}"#));
    let error = PerformanceData::try_from(map(vec![f64::NAN])).unwrap_err();
    assert!(error.to_string().contains("section `s`, subsection `k`"), "{error}");
}

#[test]
fn serde_reads_and_writes_the_plain_form() {
    let data: PerformanceData = serde_json::from_str(r#"{"s": {"k": [1, 2.5]}}"#).unwrap();
    assert_eq!(serde_json::to_string(&data).unwrap(), r#"{"s":{"k":[1.0,2.5]}}"#);
    let value = serde_json::to_value(&data).unwrap();
    assert_eq!(serde_json::from_value::<PerformanceData>(value).unwrap(), data);
    let error = serde_json::from_str::<PerformanceData>(r#"{"s": {"k": [1, true]}}"#).unwrap_err();
    assert!(error.to_string().starts_with("section `s`, subsection `k`, sample 1: invalid type"));
}

#[test]
fn written_text_has_one_line_a_subsection() {
    let data = read(r#"{"b": {"z": [1, 2.5], "y\n\"": [3]}, "empty": {}, "a": {"x": [1e-7]}}"#);
    let expected = r#"{
  "b": {
    "z": [1.0, 2.5],
    "y\n\"": [3.0]
  },
  "empty": {},
  "a": {
    "x": [1e-7]
  }
}
"#;
    assert_eq!(data.to_json_string(), expected);
    assert_eq!(PerformanceData::new().to_json_string(), "{}\n");
}

#[test]
fn files_round_trip() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    let data = read(r#"{"b": {"z": [1, 2.5]}, "a": {}}"#);
    data.to_json_file(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), data.to_json_string());
    assert_eq!(PerformanceData::from_json_file(&path).unwrap(), data);
    assert!(data.to_json_file(dir.path().join("none/x.json")).unwrap_err().is_io());
}

#[test]
fn the_versioned_form_is_recognised_and_a_section_of_that_name_is_none() {
    let data = read(r#"{"schema": {"k": [1]}}"#);
    assert_eq!(data.samples("schema", "k"), Some(&[1.0][..]));
    // As text it is no plain form; from a file it is, but not of a version that is known.
    let versioned = r#"{"schema": "perfreg-baseline/9", "hosts": []}"#;
    assert!(PerformanceData::from_json_str(versioned).unwrap_err().is_data());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    fs::write(&path, versioned).unwrap();
    let error = PerformanceData::from_json_file(&path).unwrap_err();
    assert!(error.to_string().contains("`perfreg-baseline/9`"), "{error}");
}

fn any_name() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..6).prop_map(|chars| chars.into_iter().collect())
}

fn any_samples() -> impl Strategy<Value = Vec<f64>> {
    let finite = any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite());
    prop::collection::vec(finite, 1..20)
}

proptest! {
    #[test]
    fn every_value_survives_writing_and_reading(
        sections in prop::collection::btree_map(
            any_name(),
            prop::collection::btree_map(any_name(), any_samples(), 0..4),
            0..4,
        )
    ) {
        let data = PerformanceData::try_from(sections).unwrap();
        let text = data.to_json_string();
        let back = PerformanceData::from_json_str(&text).unwrap();
        prop_assert_eq!(&back, &data);
        prop_assert_eq!(back.to_json_string(), text);
    }

    #[test]
    fn no_text_makes_reading_panic(text in r#"[{}\[\],:"a1.eE+\\é\n -]{0,40}"#) {
        let _ = PerformanceData::from_json_str(&text);
    }
}

#[test]
fn ten_thousand_subsections_are_found_at_once() {
    let mut data = PerformanceData::new();
    let names: Vec<String> = (0..10_000).map(|i| format!("case_{i}")).collect();
    for name in &names {
        data.insert("s", name, vec![1.0]).unwrap();
        data.insert("s", name, vec![2.0]).unwrap();
    }
    assert_eq!(data.subsections("s").count(), 10_000);
    assert!(names.iter().all(|name| data.max("s", name) == Some(2.0)));
}
