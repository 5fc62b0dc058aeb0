//! The search as `git bisect log` would tell it; `git bisect replay` understands it. Pure.

use std::fmt::Write as _;

use crate::bisect::evidence::Answer;
use crate::bisect::search::Next;
use crate::bisect::state::State;
use crate::commits::Commit;
use crate::plain::plain;

/// The log of `state`.
pub(crate) fn git_log(state: &State) -> String {
    let mut log = "git bisect start '--first-parent'\n".to_owned();
    tell(&mut log, Answer::Good, &state.line.good);
    for step in &state.steps {
        if let Some(commit) = state.line.after.iter().find(|commit| commit.hash == step.commit) {
            tell(&mut log, step.answer, commit);
        }
    }
    match state.is_over().then(|| state.next()) {
        Some(Next::Found(at)) => {
            let _ = writeln!(log, "# first bad commit: {}", named(&state.line.after[at]));
        }
        Some(Next::Among(first, last)) => {
            log += "# only skipped commits left to test\n";
            for commit in state.line.after[first..=last].iter().rev() {
                let _ = writeln!(log, "# possible first bad commit: {}", named(commit));
            }
        }
        Some(Next::Look(_)) | None => {}
    }
    log
}

fn tell(log: &mut String, answer: Answer, commit: &Commit) {
    let (word, hash) = (answer.word(), &commit.hash);
    let _ = writeln!(log, "# {word}: {}\ngit bisect {word} {hash}", named(commit));
}

fn named(commit: &Commit) -> String {
    format!("[{}] {}", commit.hash, plain(&commit.subject, 200))
}

#[cfg(test)]
mod tests {
    use super::git_log;
    use crate::bisect::evidence::Answer::{Bad, Good, Skip};
    use crate::bisect::state::tests::state;

    #[test]
    fn the_log_is_git_s_own() {
        let short = |log: String| log.replace(&"0".repeat(35), "");
        let skipped = state(&[(4, Good), (6, Bad), (5, Skip)]);
        insta::assert_snapshot!("git_log", short(git_log(&skipped)));
        let log = short(git_log(&state(&[(4, Good), (6, Bad), (5, Good)])));
        assert!(log.ends_with("# first bad commit: [00006] Change 6\n"), "{log}");
        let log = short(git_log(&state(&[(4, Good)])));
        assert!(log.ends_with("git bisect good 00004\n"), "{log}");
    }
}
