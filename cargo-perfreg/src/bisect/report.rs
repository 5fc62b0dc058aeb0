//! What the reader of a search sees. Pure.

use std::fmt::Write as _;

use perfreg_core::report::format_value;

use crate::bisect::evidence::{Answer, Evidence, Step};
use crate::bisect::git_log::git_log;
use crate::bisect::search::Next;
use crate::bisect::state::State;
use crate::commits::Commit;
use crate::plain::plain;
use crate::words::counted;

/// What is going to be done.
pub(crate) fn begin(state: &State) -> String {
    let (line, asked) = (&state.line, &state.asked);
    let bad = line.after.last().expect("the bad end is one of them");
    let (commits, steps) = (line.after.len(), state.steps_left());
    let mut text = format!(
        "{}: {} after the good {} up to the bad {}, along first parents\n",
        asked.test,
        counted(commits, "commit"),
        short(&line.good),
        short(bad)
    );
    if !state.steps.is_empty() {
        let _ = writeln!(text, "goes on after {}", counted(state.steps.len(), "step"));
    }
    if state.is_over() {
        return text + "it is over; --restart measures again\n\n";
    }
    let _ = writeln!(
        text,
        "about {} left, the next decided wrongly with a risk of {}; of the whole search it is {}\n",
        counted(steps as usize, "step"),
        percent(state.share()),
        percent(asked.risk)
    );
    text
}

/// What was found at a commit.
pub(crate) fn told(step: &Step, state: &State) -> String {
    let commit = state.line.after.iter().find(|commit| commit.hash == step.commit);
    let mut text = match commit {
        Some(commit) => format!("{:<4}  {}\n", step.answer.word(), named(commit)),
        None => format!("{:<4}  {}\n", step.answer.word(), step.commit),
    };
    for one in &step.evidence {
        let _ = writeln!(text, "      {}", of_evidence(one));
    }
    if let Some(why) = &step.skipped {
        let _ = writeln!(text, "      skipped: {}", plain(why, 300));
    }
    text
}

fn of_evidence(one: &Evidence) -> String {
    let Evidence { case, metric, change, finding, rounds, why, .. } = one;
    let value = |value: f64| format_value(value, &metric.unit);
    let change = change.map_or_else(String::new, |change| format!(", {change}"));
    format!(
        "{case} {}: {}, {} -> {}{change}, {}; {why}",
        metric.name,
        finding.word(),
        value(one.baseline),
        value(one.current),
        counted(*rounds, "round"),
    )
}

/// What the search came to, once it is over.
pub(crate) fn end(state: &State) -> String {
    let line = &state.line;
    let mut text = match state.next() {
        Next::Found(at) => found(&line.after[at], state),
        Next::Among(first, last) => {
            let these = &line.after[first..=last];
            let mut text =
                "the first bad commit is one of these; the others were skipped:\n".to_owned();
            text.extend(these.iter().map(|commit| format!("  {}\n", named(commit))));
            text
        }
        Next::Look(_) => String::new(),
    };
    let spent: f64 = state.steps.iter().map(|step| step.risk).sum();
    let looked = state.steps.iter().filter(|step| !step.evidence.is_empty()).count();
    let _ = writeln!(
        text,
        "\n{} measured; that any of them was decided wrongly has a risk of {} at most\n\n{}",
        counted(looked, "commit"),
        percent(spent),
        git_log(state)
    );
    text
}

fn found(commit: &Commit, state: &State) -> String {
    let mut text = format!(
        "{} is the first bad commit\n  date     {}\n  subject  {}\n",
        commit.hash,
        commit.date,
        plain(&commit.subject, 200)
    );
    let bad = |step: &&Step| step.commit == commit.hash && step.answer == Answer::Bad;
    for one in state.steps.iter().filter(bad).flat_map(|step| &step.evidence) {
        let _ = writeln!(text, "  change   {}", of_evidence(one));
    }
    text
}

fn short(commit: &Commit) -> &str {
    &commit.hash[..12.min(commit.hash.len())]
}

fn named(commit: &Commit) -> String {
    format!("{} {}", short(commit), plain(&commit.subject, 100))
}

fn percent(share: f64) -> String {
    // Shares of a risk are odd numbers; three digits of them are enough.
    let digits = format!("{:.2e}", share * 100.0);
    let value: f64 = digits.parse().expect("a formatted number is one");
    format!("{value} %")
}

#[cfg(test)]
mod tests {
    use super::{begin, end, percent, told};
    use crate::bisect::evidence::Answer::{Bad, Good, Skip};
    use crate::bisect::state::tests::state;

    #[test]
    fn the_search_is_told() {
        let found = state(&[(4, Good), (6, Bad), (5, Good)]);
        insta::assert_snapshot!("begin", begin(&state(&[(4, Good)])));
        let steps: String = found.steps.iter().map(|step| told(step, &found)).collect();
        insta::assert_snapshot!("steps", steps);
        insta::assert_snapshot!("end", end(&found));
        let among = state(&[(4, Good), (6, Bad), (5, Skip)]);
        insta::assert_snapshot!("skipped", told(&among.steps[3], &among));
        insta::assert_snapshot!("range", end(&among));
    }

    #[test]
    fn risks_are_short() {
        let check = |share: f64, expected: &str| assert_eq!(percent(share), expected);
        check(0.01, "1 %");
        check(0.01 / 3.0, "0.333 %");
        check(0.0025, "0.25 %");
        check(1e-5, "0.001 %");
    }
}
