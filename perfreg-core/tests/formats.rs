//! Every version of every format that was ever written is still read: a stored sample each.

use std::path::{Path, PathBuf};

use perfreg_core::model::{Governor, Outcome, Placement, Power, Run, Statistic};
use perfreg_core::store::{BaselineFile, Workspace};
use perfreg_core::{HostKey, PerformanceData, Verdict};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats").join(name)
}

#[test]
fn baseline_1() {
    let text = std::fs::read_to_string(sample("baseline-1.json")).unwrap();
    let file = BaselineFile::parse(&text).unwrap();
    let entry = file.host(&HostKey::new("linux-x86_64", "AMD EPYC (26/2/1)", 2, None)).unwrap();
    let case = entry.case("parse", "default").unwrap();
    assert!(case.metrics.iter().all(|m| m.provenance.toolchain.rustc == "1.95.0"));
    assert!(case.metrics.iter().all(|m| m.provenance.sessions[0].launches == 10));
    let names: Vec<&str> = case.metrics.iter().map(|m| m.metric.name.as_str()).collect();
    assert_eq!(names, ["accuracy", "allocations", "thread_cpu_time", "wall_time"]);
    let time = case.metric("thread_cpu_time").unwrap();
    assert_eq!((time.launches.len(), time.launches[0].q10), (10, 1054.5));
    assert!(time.launches[0].distribution.is_some());
    assert!(case.metric("wall_time").unwrap().launches[0].distribution.is_none());
    assert!(case.metric("allocations").unwrap().launches.iter().all(|l| l.q10 == 51.0));
}

/// What version 1 held of these files, but for what version 2 does not keep.
#[test]
fn baseline_2() {
    for (older, newer) in
        [("baseline-1.json", "baseline-2.json"), ("baseline-1-paced.json", "baseline-2-paced.json")]
    {
        let text = std::fs::read_to_string(sample(newer)).unwrap();
        let file = BaselineFile::parse(&text).unwrap();
        assert_eq!(file.render(), text);
        let before = BaselineFile::read(&sample(older)).unwrap().unwrap();
        assert_eq!(before.render(), text);
        let launches = |file: &BaselineFile| -> Vec<_> {
            let metrics = file.hosts()[0].cases[0].metrics.iter();
            metrics.map(|m| (m.metric.clone(), m.launches.clone())).collect()
        };
        assert_eq!(launches(&file), launches(&before));
    }
}

/// A team's file: sixty cases with a time and a count, ten launches each.
fn large() -> BaselineFile {
    let stored = |name: &str| {
        let file = BaselineFile::read(&self::sample(name)).expect("the samples are in order");
        file.expect("they are there")
    };
    let (sample, counts) = (stored("baseline-2-paced.json"), stored("baseline-2.json"));
    let (host, case) = (&sample.hosts()[0].host, &sample.hosts()[0].cases[0]);
    let mut file = BaselineFile::Versioned(Vec::new());
    for i in 0..60 {
        let mut case = case.clone();
        case.subsection = format!("case_{i:02}");
        let mut count =
            counts.hosts()[0].cases[0].metric("allocations").expect("it counts").clone();
        count.provenance = case.metrics[0].provenance.clone();
        // From 100 ns to 10 s.
        let slower = 10_f64.powf(-3.0 + f64::from(i) / 7.4);
        for launch in case.metrics.iter_mut().flat_map(|metric| &mut metric.launches) {
            launch.q10 *= slower;
            let Some(d) = &mut launch.distribution else { continue };
            for value in [&mut d.min, &mut d.median, &mut d.winsorised_mean, &mut d.p95, &mut d.p99]
            {
                *value *= slower;
            }
        }
        case.metrics.insert(0, count);
        file.put(host, case).expect("the versioned form takes everything");
    }
    file
}

#[test]
fn sixty_cases_take_64_kilobytes_and_a_change_its_own_lines() {
    let before = large();
    let text = before.render();
    assert!(text.len() < 64_000, "{} bytes", text.len());
    let read = BaselineFile::parse(&text).unwrap();
    assert_eq!(read.render(), text);

    let mut after = read;
    let host = after.hosts()[0].host.clone();
    let mut case = after.hosts()[0].cases[30].clone();
    for metric in &mut case.metrics {
        metric.provenance.reason = Some("because".to_owned());
        metric.launches.iter_mut().for_each(|launch| launch.q10 *= 1.01);
    }
    after.put(&host, case).unwrap();
    let after = after.render();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(&text), lines(&after));
    assert_eq!(before.len(), after.len());
    let changed: Vec<usize> = (0..before.len()).filter(|i| before[*i] != after[*i]).collect();
    let own = before.iter().position(|line| line.contains("case_30")).unwrap();
    assert_eq!(changed, (own..own + 4).collect::<Vec<_>>());
}

#[test]
fn a_baseline_gives_performance_data() {
    let data = PerformanceData::from_json_file(sample("baseline-1.json")).unwrap();
    assert_eq!(data.samples("parse", "default").unwrap().len(), 10);
    assert_eq!(data.min("parse", "default"), Some(1045.6));
}

#[test]
fn writing_again_changes_nothing_but_what_was_put() {
    let text = std::fs::read_to_string(sample("baseline-1.json")).unwrap();
    let mut file = BaselineFile::parse(&text).unwrap();
    let written = file.render();
    assert_eq!(BaselineFile::parse(&written).unwrap(), file);

    let host = file.hosts()[0].host.clone();
    let mut case = file.hosts()[0].cases[0].clone();
    case.subsection = "second".to_owned();
    file.put(&host, case.clone()).unwrap();
    let with_second = file.render();
    case.metrics[1].provenance.reason = Some("because".to_owned());
    file.put(&host, case).unwrap();
    let changed = file.render();
    let differing: Vec<&str> = with_second
        .lines()
        .zip(changed.lines())
        .filter_map(|(before, after)| (before != after).then_some(after))
        .collect();
    // One metric accepted for itself is one line of a diff, with its own provenance.
    assert_eq!((differing.len(), with_second.lines().count()), (1, changed.lines().count()));
    assert!(differing[0].contains("\"allocations\": {\"measured\":{"), "{}", differing[0]);
    assert_eq!(BaselineFile::parse(&changed).unwrap(), file);
}

#[test]
fn a_hand_in_the_file_does_no_harm() {
    let text = std::fs::read_to_string(sample("baseline-1.json")).unwrap();
    let good = BaselineFile::parse(&text).unwrap();
    // As a tool leaves it that sorts keys, and as an editor does that marks its encoding.
    let sorted = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
    assert!(sorted.starts_with("{\"hosts\""), "{sorted}");
    assert_eq!(BaselineFile::parse(&sorted).unwrap(), good);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gt.json");
    std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
    assert_eq!(BaselineFile::read(&path).unwrap().unwrap(), good);

    // Cases in another order are found and replaced all the same.
    let mut file = good.clone();
    let entry = &good.hosts()[0];
    let mut second = entry.cases[0].clone();
    second.subsection = "another".to_owned();
    file.put(&entry.host, second.clone()).unwrap();
    let lines: Vec<String> = file.render().lines().map(str::to_owned).collect();
    let (one, two) = (lines[2..7].join("\n"), lines[7..12].join("\n"));
    let swapped =
        format!("{}\n{two},\n{}\n]}}\n]}}", lines[..2].join("\n"), one.trim_end_matches(','));
    let mut read = BaselineFile::parse(&swapped).unwrap();
    read.put(&entry.host, second).unwrap();
    assert_eq!(read, file);
}

#[test]
fn run_1() {
    let text = std::fs::read_to_string(sample("run-1.json")).unwrap();
    let run: Run = serde_json::from_str(&text).unwrap();
    assert_eq!(run.schema, Run::SCHEMA);
    assert_eq!((run.id.to_string().as_str(), &run.outcome), ("perf::parse", &Outcome::Measured));
    assert_eq!(run.cases[0].launches.len(), 10);
    assert!(run.judgements().all(|(_, judgement)| judgement.verdict == Verdict::New));
    assert_eq!(run.revision, None);
}

#[test]
fn run_2() {
    let text = std::fs::read_to_string(sample("run-2.json")).unwrap();
    let run: Run = serde_json::from_str(&text).unwrap();
    assert_eq!(run.schema, Run::IMPORTED_SCHEMA);
    let origin = run.origin.as_ref().unwrap();
    assert_eq!((origin.tool.as_str(), origin.file.as_str()), ("hyperfine", "two.json"));
    assert_eq!(origin.summary("default", "wall_time"), None);
    let summary = origin.summary("default", "process_cpu_time").unwrap();
    assert_eq!(summary.statistic, Statistic::Mean);
    assert_eq!(run.cases[0].launches[0].series[0].samples.len(), 13);
    assert_eq!(run.host.to_string(), "unknown, machine not named");
    assert_eq!(serde_json::to_string(&run).unwrap() + "\n", text);
}

#[test]
fn records_of_any_name_lie_in_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(folder.path());
    let text = std::fs::read_to_string(sample("run-2.json")).unwrap();
    let mut run: Run = serde_json::from_str(&text).unwrap();
    let long = "n".repeat(10_000);
    let names = ["../../../up", "a/b", "a_b", "a\\b", ".", "..", "\u{1b}", &long, "sleep 0.2"];
    for name in names {
        run.id.test = name.to_owned();
        let path = workspace.keep_record(&run).unwrap();
        let inside = path.strip_prefix(folder.path().join(".perfreg/runs/imported/hyperfine"));
        assert_eq!(inside.unwrap().components().count(), 2, "{name}");
    }
    assert_eq!(workspace.last_runs().unwrap().len(), names.len());
    run.id.package = "../../..".to_owned();
    run.id.target = "/".to_owned();
    let path = workspace.keep_record(&run).unwrap();
    let inside = path.strip_prefix(folder.path().join(".perfreg/runs")).unwrap();
    assert_eq!(inside.components().count(), 4, "{inside:?}");
}

#[test]
fn run_1_with_the_commit() {
    let text = std::fs::read_to_string(sample("run-1.json")).unwrap();
    let mut run: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut read = |revision: serde_json::Value| {
        run["revision"] = revision;
        serde_json::from_value::<Run>(run.clone()).unwrap().revision.unwrap()
    };
    // As the first records wrote it, and as they do now.
    let bare = read(serde_json::json!({"commit": "fedcba", "dirty": true}));
    assert_eq!((bare.dirty, bare.branch.as_ref(), bare.subject.as_ref()), (true, None, None));
    let facts = serde_json::json!({
        "commit": "fedcba", "dirty": true, "branch": "main", "subject": "Faster",
        "authored": "2026-01-02T03:04:05+02:00"
    });
    assert_eq!(serde_json::to_value(read(facts.clone())).unwrap(), facts);
    assert_eq!(read(facts).bare(), bare);
}

#[test]
fn run_1_with_the_conditions_of_its_launches() {
    let text = std::fs::read_to_string(sample("run-1-conditions.json")).unwrap();
    let read = |text: &str| serde_json::from_str::<Run>(text).unwrap();
    let run = read(&text);
    let conditions: Vec<_> = run.cases[0]
        .launches
        .iter()
        .map(|launch| &launch.health)
        .map(|health| (health.power, health.throttled, health.governor, health.placement))
        .collect();
    use Placement::{Performance, Refused, Unknown};
    let expected = [
        (Some(Power::Mains), Some(0), Some(Governor::Powersave), Some(Performance)),
        (Some(Power::Battery), Some(2), Some(Governor::Mixed), Some(Refused)),
        (None, None, Some(Governor::Schedutil), Some(Unknown)),
    ];
    assert_eq!(conditions, expected);
    assert_eq!(read(&serde_json::to_string(&run).unwrap()), run);
    // What a later system or version calls them is no reason to lose a record.
    let later = text.replace("\"schedutil\"", "\"frugal\"").replace("\"refused\"", "\"nowhere\"");
    let launches = read(&later).cases.remove(0).launches;
    assert_eq!(launches[2].health.governor, Some(Governor::Other));
    assert_eq!(launches[1].health.placement, Some(Unknown));
}

#[test]
fn a_broken_baseline_says_what_is_wrong() {
    let good = std::fs::read_to_string(sample("baseline-2.json")).unwrap();
    let check = |from: &str, to: &str, expected: &[&str]| {
        assert!(good.contains(from));
        let error = BaselineFile::parse(&good.replace(from, to)).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{from} -> {to}: `{error}` lacks `{part}`");
        }
    };
    check("perfreg-baseline/2", "perfreg-baseline/9", &["perfreg-baseline/9", "reads"]);
    check("\"q10\":[1054.5,", "\"q10\":[", &["`q10` has 9 values", "`thread_cpu_time`", "`parse`"]);
    check("\"launches\":10,\"n\":1", "\"launches\":0,\"n\":1", &["`launches` is 0", "`accuracy`"]);
    check("\"unit\":\"1\"", "\"unti\":\"1\"", &["unti"]);
    check("\"unit\":\"1\",", "", &["`accuracy`", "`unit` is missing"]);
    check("\"every\":51", "\"chain_ns\":51", &["`allocations`", "`q10` is missing"]);
    check("\"parse\"", "\"parse\", \"case\": \"twice\"", &["duplicate field `case`"]);
    let (head, case) = good.split_at(good.find("  {\"section\"").unwrap());
    let case = case.trim_end().trim_end_matches("]}").trim_end().trim_end_matches("]}").trim_end();
    let broken = |text: &str| BaselineFile::parse(text).unwrap_err().to_string();
    let twice = broken(&format!("{head}{case},\n{case}\n]}}\n]}}"));
    assert!(twice.contains("case `default` stands there twice"), "{twice}");
    let entry = format!("{}{case}\n]}}", &head[head.find("{\"host\"").unwrap()..]);
    let twice = broken(&format!("{}{entry},{entry}]}}", &head[..head.find("{\"host\"").unwrap()]));
    assert!(twice.contains("2 cores` has two entries"), "{twice}");
    let metrics = &case[case.find("\"metrics\"").unwrap()..];
    check(metrics, "\"metrics\": {}}", &["case `default` holds no metric"]);
    check("{\"host\"", "<<<<<<< ours\n{\"host\"", &["merge conflict"]);
}

#[test]
fn records_of_a_workspace_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(folder.path());
    assert!(workspace.last_runs().unwrap().is_empty() && workspace.pending().unwrap().is_empty());
    let text = std::fs::read_to_string(sample("run-1.json")).unwrap();
    let mut run: Run = serde_json::from_str(&text).unwrap();
    for day in 10..40 {
        run.started = format!("2026-12-{day}T00:00:00Z");
        workspace.keep_record(&run).unwrap();
    }
    let last = workspace.last_runs().unwrap();
    assert_eq!((last.len(), last[0].started.as_str()), (1, "2026-12-39T00:00:00Z"));
    let kept = folder.path().join(".perfreg/runs/scratch/perf/parse");
    assert_eq!(std::fs::read_dir(kept).unwrap().count(), 20);
    assert!(folder.path().join(".perfreg/.gitignore").is_file());
}

proptest::proptest! {
    /// Whatever somebody's editor or merge left of a file: an error, never a panic.
    #[test]
    fn no_text_is_too_broken_to_be_refused(version in 1..=2, at in 0_usize..1_400, cut in 0_usize..60, with in "\\PC{0,6}") {
        let good = std::fs::read_to_string(sample(&format!("baseline-{version}.json"))).unwrap();
        let start = boundary(&good, at);
        let end = boundary(&good, start + cut);
        let broken = format!("{}{with}{}", &good[..start], &good[end..]);
        let _ = BaselineFile::parse(&broken);
        let plain = good.replace(&format!("\"schema\": \"perfreg-baseline/{version}\""), "\"s\": {\"k\": [1, 2.5]}");
        let _ = PerformanceData::from_json_str(&plain.replace(&good[start..end], &with));
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[test]
fn baseline_1_with_the_pace_of_the_cpu() {
    let text = std::fs::read_to_string(sample("baseline-1-paced.json")).unwrap();
    let file = BaselineFile::parse(&text).unwrap();
    let case = &file.hosts()[0].cases[0];
    let paces = |name: &str| -> Vec<_> {
        case.metric(name).unwrap().launches.iter().filter_map(|launch| launch.pace).collect()
    };
    assert_eq!(paces("thread_cpu_time").len(), 10);
    assert!(paces("thread_cpu_time").iter().all(|p| p.chain_ns > 1000.0 && p.crowding > 1.0));
    assert!(paces("wall_time").is_empty());
}
