//! A long look at tests, cut short.

use crate::project::Project;

#[test]
#[ignore = "measures: an optimised build of a project"]
fn what_was_seen_is_written() {
    let project = Project::measuring("explore");
    let said = project.perfreg(&["explore", "sort", "--time", "1s", "--extremes", "1"]).expect(0);
    let report = said.stdout.trim().strip_prefix("wrote ").expect("the report is named").to_owned();
    let text = project.read(&report);
    for part in [
        "## The 1 most extreme cases",
        "## `perf::sort`",
        "### `80`",
        "| `thread_cpu_time` |",
        "| `thread_cpu_time_p99` |",
    ] {
        assert!(text.contains(part), "lacks {part}: {text}");
    }
    assert!(!text.contains("perf::parse"), "{text}");
    let folder = report.strip_suffix("report.md").unwrap();
    let figures: serde_json::Value =
        serde_json::from_str(&project.read(&format!("{folder}figures.json"))).unwrap();
    assert_eq!(figures["schema"], "perfreg-explore/1");
    let samples = project.read(&format!("{folder}samples.csv"));
    assert!(samples.starts_with("test,case,metric,unit,launch,sample,value\n"), "{samples}");
    // Three launches of two cases at least, whatever the time.
    let launches: std::collections::BTreeSet<_> =
        samples.lines().skip(1).map(|line| line.split(',').nth(4).unwrap()).collect();
    assert!(launches.len() >= 3, "{launches:?}");
    assert!(!project.path(".perfreg/runs").exists(), "nothing of it is a run");

    let said = project.perfreg(&["explore", "nothing"]).expect(2);
    assert!(said.mentions("no annotated test matches \"nothing\""), "{said}");
}
