//! `cargo perfreg compare` on files, by every rule, with its exit codes.

use insta::assert_snapshot;

use crate::project::Project;

/// Twenty samples around `centre`.
fn samples(centre: f64) -> String {
    let values: Vec<String> =
        (0..20).map(|i| (centre + f64::from(i % 5) * 0.1).to_string()).collect();
    format!("[{}]", values.join(", "))
}

fn project() -> Project {
    let file = |parse: f64, sort: f64| {
        let (parse, sort) = (samples(parse), samples(sort));
        format!(
            "{{\"rust\": {{\"parse\": {parse}, \"sort\": {sort}}}, \"cpp\": {{\"parse\": {sort}}}}}"
        )
    };
    Project::new(&[
        ("a.json", &file(100.0, 200.0)),
        ("b.json", &file(120.0, 190.0)),
        ("other.json", "{\"else\": {\"parse\": [1, 2, 3]}}"),
        ("broken.json", "{\"rust\": {\"parse\": [1, null]}}"),
        ("part.json", &format!("{{\"rust\": {{\"parse\": {}}}}}", samples(100.0))),
    ])
}

#[test]
fn rules_and_exit_codes() {
    let project = project();
    let check = |words: &[&str], code: i32, part: &str| {
        let said = project.perfreg(&[&["compare"], words].concat()).expect(code);
        assert!(said.mentions(part), "{words:?} lacks {part}: {said}");
    };
    check(
        &["a.json", "a.json"],
        0,
        "3 compared by specified: 0 regressed, 0 improved, 3 unchanged",
    );
    check(&["a.json", "b.json"], 1, "Performance regression: +19.96");
    check(&["a.json", "b.json", "--rule", "mean-effect"], 1, "1 regressed, 2 improved");
    check(&["a.json", "b.json", "--rule", "percent=20"], 0, "0 regressed");
    check(&["a.json", "b.json", "--rule", "percent=15"], 1, "at most 15 % worse passes");
    check(&["a.json", "b.json", "--rule", "levels"], 0, "warning  Latency increased by 20.0%");
    check(&["a.json", "b.json", "--rule", "levels", "--fail-on", "warning"], 1, "warning");
    check(&["a.json", "b.json", "--rule", "min:10%"], 1, "min:10% fails");
    check(&["a.json", "b.json", "--rule", "min:7.5%", "--fail-on", "never"], 0, "1 regressed");
    check(&["a.json", "b.json", "--better", "higher"], 1, "2 regressed, 1 improved");
    check(&["a.json", "b.json", "--rule", "median"], 2, "known are specified, mean-effect");
    check(&["a.json", "b.json", "--rule", "percent=-3"], 2, "`-3` is no percentage of 0 or more");
    check(&["a.json", "other.json"], 4, "nothing compared: the files share no series");
    check(
        &["a.json", "part.json"],
        2,
        "lacks 2 of the first (--allow-missing):\n  cpp parse samples",
    );
    check(&["a.json", "part.json", "--allow-missing"], 0, "1 compared");
    check(&["a.json", "broken.json"], 2, "broken.json: section `rust`, subsection `parse`");
    check(&["a.json", "none.json"], 2, "cannot read none.json");
    check(&["a.json"], 2, "name a second file");
    check(&["a.json", "--between", "rust", "cpp"], 0, "rust is better");
    check(&["a.json", "--between", "rust", "c"], 2, "there are cpp, rust");
}

#[test]
fn what_it_prints() {
    let project = project();
    let text = |words: &[&str]| project.perfreg(&[&["compare"], words].concat()).stdout;
    assert_snapshot!("compare_text", text(&["a.json", "b.json", "--rule", "levels"]));
    assert_snapshot!("compare_between", text(&["a.json", "--between", "rust", "cpp"]));
    let json = text(&["a.json", "part.json", "--allow-missing", "--format", "json"]);
    assert_snapshot!("compare_json", json);
}
