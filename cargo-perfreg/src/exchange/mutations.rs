//! Files that were damaged, cut or made by an enemy: an error or numbers, never a panic.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::reading::{Content, Reading, read};
use super::samples_of_tools::{FILES, READABLE};
use super::{Facts, Format, placeholder, runs_of};
use crate::comparison::compare;
use crate::rules::{Levels, Rule};
use crate::series::of_run;
use crate::units::unit_change;

/// What damage puts in place of something.
const HOSTILE: [&str; 18] = [
    "1e308",
    "-1e308",
    "1e999",
    "NaN",
    "-1",
    "0",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "\\u0000",
    "\u{202e}",
    "\u{1b}[2J",
    "9999999999999999999999",
    "\"\\ud800\"",
    "../../etc/passwd",
    "-0.0",
];

/// One way to damage a text; numbers are shares of its length.
#[derive(Clone, Debug)]
enum Damage {
    Cut(f64),
    Replace(f64, f64, usize),
    Repeat(f64, f64),
    Nest(f64, usize),
    LongName(f64),
    Swap(f64, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || 0.0..1.0_f64;
    prop_oneof![
        at().prop_map(Damage::Cut),
        (at(), 0.0..0.01_f64, 0..HOSTILE.len())
            .prop_map(|(at, n, with)| Damage::Replace(at, n, with)),
        (at(), 0.0..0.05_f64).prop_map(|(at, n)| Damage::Repeat(at, n)),
        (at(), 1..2000_usize).prop_map(|(at, deep)| Damage::Nest(at, deep)),
        at().prop_map(Damage::LongName),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Swap(at, byte)),
    ]
}

/// Tokens are what parsers look at: the place moves to the beginning of one.
fn place(text: &str, share: f64) -> usize {
    let mut at = (text.len() as f64 * share) as usize;
    while at > 0 && !text.is_char_boundary(at) {
        at -= 1;
    }
    text[at..].find([' ', ':', ',', '[', '"']).map_or(at, |next| at + next + 1).min(text.len())
}

fn damaged(mut text: String, damage: &Damage) -> String {
    match damage {
        Damage::Cut(at) => text.truncate(place(&text, *at)),
        Damage::Replace(at, length, with) => {
            let (from, to) = (place(&text, *at), place(&text, at + length));
            text.replace_range(from..to.max(from), HOSTILE[*with]);
        }
        Damage::Repeat(at, length) => {
            let (from, to) = (place(&text, *at), place(&text, at + length));
            let part = text[from..to.max(from)].to_owned();
            text.insert_str(from, &part);
        }
        Damage::Nest(at, deep) => text.insert_str(place(&text, *at), &"[".repeat(*deep)),
        Damage::LongName(at) => text.insert_str(place(&text, *at), &"n".repeat(10_000)),
        Damage::Swap(at, byte) => {
            let at = place(&text, *at);
            let mut bytes = std::mem::take(&mut text).into_bytes();
            if let Some(one) = bytes.get_mut(at) {
                *one = *byte;
            }
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    text
}

/// Everything that is done with a file, without the disk.
fn use_it(content: &Content, format: Option<Format>) -> Result<(), String> {
    let beside = |_: &str| Ok(vec![0, 0, 128, 63]);
    let how = Reading { better: None, kept: "new", beside: &beside };
    let reports = read(content, format, &how)?;
    let facts = Facts { file: "f", written: "2026-01-02T03:04:05Z", here: None, revision: None };
    for report in &reports {
        let _ = placeholder::reason(report);
        for run in runs_of(report, &facts) {
            let text = perfreg_core::store::text_of_record(&run);
            let again = serde_json::from_str(&text).map_err(|cause| format!("no record: {cause}"));
            assert_eq!(again, Ok(run.clone()), "what was written is what is read");
            let names = run.cases.iter().map(|case| &case.name).chain([&run.id.test]);
            for name in names {
                assert!(name.chars().count() <= 200 && !name.chars().any(char::is_control));
            }
            let series = of_run(&run);
            let _ = unit_change(&series, &series);
            for rule in [Rule::Specified, Rule::MeanEffect, Rule::Levels] {
                let _ = compare(&series, &series, rule, &Levels::default());
            }
        }
    }
    Ok(())
}

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let path = |(path, _, _): &(&str, &str, &str)| Path::new(FILES).join(path);
    READABLE.iter().map(path).filter_map(|path| std::fs::read_to_string(path).ok()).collect()
});

#[test]
fn cut_anywhere_json_is_an_error_with_its_place() {
    for text in TEXTS.iter().filter(|text| text.starts_with(['{', '[', 'w'])) {
        // From the last brace on only a semicolon or white space is missed.
        let last = text.rfind(['}', ']']).unwrap();
        for sixteenth in 1..16 {
            let mut end = last * sixteenth / 16;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let error = Content::of_text(&text[..end])
                .and_then(|content| use_it(&content, None))
                .expect_err(&text[..end.min(80)]);
            let has_place = error.contains(" at line ")
                || error.contains("of no known format")
                || error.contains("assigns nothing");
            assert!(has_place, "{error}");
        }
    }
}

#[test]
fn cut_lines_are_errors_with_their_place() {
    let check = |text: &str, format: Format, expected: &str| {
        let content = Content::of_text(text).unwrap();
        assert_eq!(use_it(&content, Some(format)).unwrap_err(), expected);
    };
    let whole = "BenchmarkA-8 10 325 ns/op\n";
    check(
        &format!("{whole}BenchmarkB-8 10 32"),
        Format::Go,
        "line 2: is cut off: a value and its unit stand together",
    );
    check("BenchmarkB-8 10 x ns/op", Format::Go, "line 1: `x` is no number");
    check(
        "BenchmarkB-8 10 -1 ns/op",
        Format::Go,
        "BenchmarkB, wall_time: sample 0 is -1.0, negative, which no value in `ns` is",
    );
    check("test a ... bench: 3,1", Format::Libtest, "line 1: is cut off: the number has no unit");
    check("test a ... bench:", Format::Libtest, "line 1: is cut off behind `bench:`");
    check("test a ... bench: 3 ns/iter (+/- x", Format::Libtest, "line 1: `x` is no spread");
    check("test a ... bench: 3 MB/s", Format::Libtest, "line 1: `MB/s` is no time per iteration");
}

#[test]
fn a_file_beside_is_not_anywhere() {
    let text = std::fs::read_to_string(Path::new(FILES).join("nvbench/with-samples.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    let check = |name: &str, expected: &str| {
        std::fs::write(&path, text.replace("with-samples.json-bin/0.bin", name)).unwrap();
        let choice = super::samples_of_tools::choice("");
        let error = super::given(&path, &choice).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("/x", "`/x` does not lie beside it");
    check("/etc/passwd", &format!("cannot read {}", folder.path().join("etc/passwd").display()));
    check("..", "`..` does not lie beside it");
    check("../0.bin", "`../0.bin` does not lie beside it");
    check("0.bin", "cannot read ");
    std::fs::write(folder.path().join("1.bin"), [0; 8]).unwrap();
    check("1.bin", "1.bin: has 8 bytes, 40 samples take 4 each");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_a_reader_panic(
        file in 0..READABLE.len(),
        damages in prop::collection::vec(damage(), 1..4),
        format in prop::option::of(0..Format::ALL.len()),
        broken in 0..2_usize,
    ) {
        let mut text = TEXTS[file % TEXTS.len()].clone();
        for damage in &damages {
            text = damaged(text, damage);
        }
        let format = format.map(|at| Format::ALL[at]);
        if let Ok(content) = Content::of_text(&text) {
            let _ = use_it(&content, format);
            let _ = use_it(&content, None);
        }
        // The same as a part of a folder.
        let tree = ["benchmark.json", "sample.json", "estimates.json"];
        let whole = r#"{"group_id": "g", "function_id": null, "value_str": null}"#;
        let sample = r#"{"iters": [1.0], "times": [2.0]}"#;
        let tree = tree.into_iter().enumerate().map(|(at, name)| {
            let own = if at == 0 { whole } else { sample };
            let text = if at == broken { text.clone() } else { own.to_owned() };
            (format!("g/new/{name}"), text)
        });
        let _ = use_it(&Content::Tree(tree.collect()), None);
    }
}
