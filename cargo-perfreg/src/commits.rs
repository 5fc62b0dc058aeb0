//! The commits between two revisions, along first parents.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::git::{Git, Snapshot};

/// A commit, as a reader knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Commit {
    pub(crate) hash: String,
    /// The author's date, as RFC 3339.
    pub(crate) date: String,
    /// The first line of its message.
    pub(crate) subject: String,
}

/// A commit and those that came after it on one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) good: Commit,
    /// Those after it, oldest first; the last is the bad end.
    pub(crate) after: Vec<Commit>,
}

impl Line {
    /// The commits after `good` up to `bad`. Of a merge that is the merge itself, not what it merged;
    /// where `good` was merged into the line, it begins with that merge.
    ///
    /// # Errors
    /// If `good` is not an ancestor of `bad`, or is the same commit.
    pub(crate) fn between(git: &Git, good: &Snapshot, bad: &Snapshot) -> Result<Self, Error> {
        let (from, to) = (hash(good), hash(bad));
        if from == to {
            return Err(Error::usage(format!(
                "good {} and bad {} are one commit",
                good.shown(),
                bad.shown()
            )));
        }
        if !git.is_ancestor(from, to) {
            let hint = match git.is_ancestor(to, from) {
                true => {
                    "it is the other way round: to find what made a test faster, look at `trend`"
                }
                false => "name their common ancestor as good: `git merge-base` says it",
            };
            return Err(Error::usage(format!(
                "good {} is no ancestor of bad {}; {hint}",
                good.shown(),
                bad.shown()
            )));
        }
        let failed = |why| Error::internal(format!("git cannot list {from}..{to}: {why}"));
        let range = format!("{from}..{to}");
        let format = "--format=%H%x1f%aI%x1f%s%x1e";
        let words = ["log", "--first-parent", "--no-show-signature", "--no-color", format, &range];
        let mut after = read(&git.say(&words).map_err(failed)?);
        // Newest first: those that have `good` in their past come before those that do not.
        after.truncate(after.partition_point(|commit| git.is_ancestor(from, &commit.hash)));
        after.reverse();
        let words = ["log", "-1", "--no-show-signature", "--no-color", format, from];
        let good = read(&git.say(&words).map_err(failed)?).pop();
        let good = good.ok_or_else(|| failed("it says nothing".to_owned()))?;
        Ok(Self { good, after })
    }
}

/// The hash of what was looked up as a revision.
fn hash(snapshot: &Snapshot) -> &str {
    snapshot.commit.as_deref().expect("a revision stands for a commit")
}

/// What `git log` lists, in its order.
fn read(listed: &str) -> Vec<Commit> {
    let commit = |entry: &str| {
        let mut fields = entry.trim_start_matches('\n').splitn(3, '\u{1f}').map(str::to_owned);
        Some(Commit { hash: fields.next()?, date: fields.next()?, subject: fields.next()? })
    };
    listed.split('\u{1e}').filter_map(commit).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Line;
    use crate::git::Git;

    /// A repository with a line of three commits, a side branch of two that is merged, and two more.
    fn repository(folder: &Path) -> Git {
        let run = |words: &[&str]| {
            let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
            let mut command = std::process::Command::new("git");
            command.args(identity).args(words).current_dir(folder);
            assert!(command.output().unwrap().status.success(), "{words:?}");
        };
        let commit = |name: &str| run(&["commit", "--quiet", "--allow-empty", "-m", name]);
        run(&["init", "--quiet", "--initial-branch=main"]);
        ["one", "two", "three"].into_iter().for_each(commit);
        run(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
        ["left", "right"].into_iter().for_each(commit);
        run(&["checkout", "--quiet", "main"]);
        run(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
        ["four", "five"].into_iter().for_each(commit);
        run(&["branch", "apart", "main~1"]);
        Git::of(folder).unwrap()
    }

    #[test]
    fn a_line_follows_first_parents_from_where_it_holds_the_good_commit() {
        let folder = tempfile::tempdir().unwrap();
        let git = repository(folder.path());
        let between = |good: &str, bad: &str| {
            let (good, bad) = (git.snapshot(good).unwrap(), git.snapshot(bad).unwrap());
            Line::between(&git, &good, &bad)
        };
        let check = |good: &str, bad: &str, expected: &[&str]| {
            let line = between(good, bad).unwrap();
            let subjects: Vec<_> = line.after.iter().map(|c| c.subject.as_str()).collect();
            assert_eq!(subjects, expected, "{good}..{bad}");
        };
        check("main~4", "main", &["three", "merge", "four", "five"]);
        check("main~1", "main", &["five"]);
        // Merged into the line: what the line had before does not hold it.
        check("side", "main", &["merge", "four", "five"]);
        check("side~1", "main", &["merge", "four", "five"]);
        check("side~1", "side", &["right"]);
        let line = between("main~1", "main").unwrap();
        assert_eq!(line.good.subject, "four");
        assert!(line.good.date.contains('T') && line.good.hash.len() == 40, "{line:?}");

        let fails = |good: &str, bad: &str, expected: &str| {
            let error = between(good, bad).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        fails("main", "main~0", "are one commit");
        fails("main", "main~2", "the other way round");
        fails("main~3", "side", "git merge-base");
    }
}
