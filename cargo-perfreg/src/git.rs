//! What git knows, asked on its command line.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use perfreg_core::model::Revision;
use perfreg_core::probe::commit_facts;

use crate::error::Error;

/// A repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    /// The folder of the working tree.
    root: PathBuf,
}

/// A state of the source that can be checked out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Snapshot {
    /// As the user knows it: a revision, or the working tree.
    pub(crate) name: String,
    /// The commit; none of the working tree.
    pub(crate) commit: Option<String>,
    /// The hash of the files: equal hash, equal source.
    pub(crate) tree: String,
}

impl Snapshot {
    /// For a reader: the name, with the commit it stands for.
    pub(crate) fn shown(&self) -> String {
        match &self.commit {
            Some(commit) if !commit.starts_with(&self.name) => {
                format!("{} ({})", self.name, &commit[..12.min(commit.len())])
            }
            _ => self.name.clone(),
        }
    }
}

impl Git {
    /// The repository that `folder` lies in.
    ///
    /// # Errors
    /// If it lies in none, or there is no git.
    pub(crate) fn of(folder: &Path) -> Result<Self, Error> {
        let here = Self { root: folder.to_owned() };
        let root = here.say(&["rev-parse", "--show-toplevel"]).map_err(|why| {
            Error::usage(format!("{} is in no git repository: {why}", folder.display()))
        })?;
        Ok(Self { root: root.into() })
    }

    /// The folder of the working tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where `folder` lies below that of the working tree; none if it does not.
    pub(crate) fn below(&self, folder: &Path) -> Option<PathBuf> {
        // Either may be reached by a link.
        let top = self.root.canonicalize().ok()?;
        folder.canonicalize().ok()?.strip_prefix(top).ok().map(Path::to_owned)
    }

    /// Whether the commit `of` grew from `ancestor`, or is the same.
    pub(crate) fn is_ancestor(&self, ancestor: &str, of: &str) -> bool {
        self.say(&["merge-base", "--is-ancestor", ancestor, of]).is_ok()
    }

    /// The newest commit that both grew from.
    ///
    /// # Errors
    /// What git says if there is none.
    pub(crate) fn merge_base(&self, one: &str, other: &str) -> Result<String, String> {
        self.say(&["merge-base", one, other])
    }

    /// What `revision` stands for.
    ///
    /// # Errors
    /// If it stands for nothing here; of a shallow clone with what to fetch.
    pub(crate) fn snapshot(&self, revision: &str) -> Result<Snapshot, Error> {
        let of =
            |what: &str| self.say(&["rev-parse", "--verify", "--quiet", "--end-of-options", what]);
        let unknown = |_| {
            let shallow = self.say(&["rev-parse", "--is-shallow-repository"]);
            let hint = match shallow.as_deref() {
                Ok("true") => {
                    "; this clone is shallow: `git fetch --unshallow`, or in a workflow \
                     `fetch-depth: 0`, brings the rest"
                }
                _ => "",
            };
            Error::usage(format!("{revision:?} is no revision of this repository{hint}"))
        };
        let commit = of(&format!("{revision}^{{commit}}")).map_err(unknown)?;
        let tree = of(&format!("{commit}^{{tree}}")).map_err(unknown)?;
        Ok(Snapshot { name: revision.to_owned(), commit: Some(commit), tree })
    }

    /// The working tree as it is: changes that are not committed and files that are not ignored.
    ///
    /// # Errors
    /// If git cannot read it.
    pub(crate) fn working_tree(&self) -> Result<Snapshot, Error> {
        let index = tempfile::Builder::new()
            .prefix("perfreg-index-")
            .tempdir()
            .map_err(|cause| Error::internal(format!("cannot make a folder: {cause}")))?;
        let path = index.path().join("index");
        // With a copy of the user's own only what changed is read; theirs stays as it is.
        if let Ok(own) = self.say(&["rev-parse", "--git-path", "index"]) {
            let _ = copy_with_time(&self.root.join(own), &path);
        }
        let with_index = |words: &[&str]| {
            let mut command = self.command(words);
            command.env("GIT_INDEX_FILE", &path);
            text(command.output())
        };
        let fails = |why| Error::usage(format!("git cannot read the working tree: {why}"));
        with_index(&["add", "--all"]).map_err(fails)?;
        let tree = with_index(&["write-tree"]).map_err(fails)?;
        Ok(Snapshot { name: "working tree".to_owned(), commit: None, tree })
    }

    /// What a record says of a snapshot: of the working tree, the commit that it grew from.
    ///
    /// # Errors
    /// If there is no commit yet.
    pub(crate) fn revision(&self, snapshot: &Snapshot) -> Result<Revision, Error> {
        let here = self.snapshot("HEAD")?;
        let head = here.commit.as_deref().expect("HEAD was found as a commit");
        let commit = snapshot.commit.as_deref().unwrap_or(head);
        let is_here = commit == head;
        let branch = self.say(&["symbolic-ref", "--quiet", "--short", "HEAD"]).ok();
        Ok(Revision {
            dirty: snapshot.commit.is_none() && snapshot.tree != here.tree,
            branch: branch.filter(|_| is_here),
            ..commit_facts(&self.root, commit)
        })
    }

    /// Makes the files of `folder` those of `tree`; what is equal already stays untouched.
    ///
    /// # Errors
    /// If git cannot write them, or the content of a submodule is not here.
    pub(crate) fn export(&self, tree: &str, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(|e| Error::io("create folder", folder, &e))?;
        let name = folder.file_name().and_then(OsStr::to_str).unwrap_or("tree");
        let index = folder.with_file_name(format!("{name}.index"));
        let mut command = self.command(&["read-tree", "--reset", "-u", tree]);
        command.env("GIT_INDEX_FILE", &index).env("GIT_WORK_TREE", folder);
        command.env("GIT_DIR", self.git_dir()?);
        text(command.output()).map_err(|why| {
            Error::internal(format!("git cannot check out {tree} to {}: {why}", folder.display()))
        })?;
        for (path, commit) in self.submodules(tree)? {
            let of = Self { root: self.root.join(&path) };
            let is_here = of.root.join(".git").exists() && of.snapshot(&commit).is_ok();
            if !is_here {
                return Err(Error::usage(format!(
                    "the submodule {path} lacks the commit {commit}: \
                     `git submodule update --init --recursive` or a fetch in it brings it"
                )));
            }
            of.export(&commit, &folder.join(&path))?;
        }
        Ok(())
    }

    /// Paths and commits of the submodules of `tree`.
    fn submodules(&self, tree: &str) -> Result<Vec<(String, String)>, Error> {
        let listed = self
            .say(&["ls-tree", "-r", "-z", "--full-tree", tree])
            .map_err(|why| Error::internal(format!("git cannot list {tree}: {why}")))?;
        let module = |entry: &str| {
            let (about, path) = entry.split_once('\t')?;
            let mut words = about.split(' ');
            let is_module = words.next()? == "160000";
            is_module.then(|| (path.to_owned(), words.nth(1).unwrap_or_default().to_owned()))
        };
        Ok(listed.split('\0').filter_map(module).collect())
    }

    fn git_dir(&self) -> Result<PathBuf, Error> {
        let dir = self.say(&["rev-parse", "--absolute-git-dir"]).map_err(|why| {
            Error::internal(format!("git does not say where it keeps its files: {why}"))
        })?;
        Ok(dir.into())
    }

    /// What git answers, without the line's end.
    pub(crate) fn say(&self, words: &[&str]) -> Result<String, String> {
        text(self.command(words).output())
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(words).current_dir(&self.root);
        // A hook, or git itself, may have called us with the surroundings of another repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command
    }
}

fn text(output: std::io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|cause| format!("cannot call git: {cause}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
}

/// A copy that is as old as the original: a file of the size and second that an index remembers is
/// read again only if the index itself is no younger.
fn copy_with_time(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to)?;
    fs::File::options().write(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Git;

    fn repository(folder: &Path) -> Git {
        let git = Git { root: folder.to_owned() };
        for words in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["config", "user.email", "a@example.com"],
            &["config", "user.name", "A"],
        ] {
            git.say(words).unwrap();
        }
        git
    }

    fn commit(git: &Git, file: &str, content: &str) {
        fs::write(git.root.join(file), content).unwrap();
        git.say(&["add", "--all"]).unwrap();
        git.say(&["commit", "--quiet", "-m", content]).unwrap();
    }

    #[test]
    fn a_change_within_the_second_of_its_commit_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let git = repository(folder.path());
        commit(&git, "a.txt", "100");
        // Of the same size, and looked at when the second is over.
        fs::write(folder.path().join("a.txt"), "130").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_ne!(git.working_tree().unwrap().tree, git.snapshot("HEAD").unwrap().tree);
    }

    #[test]
    fn states_are_told_apart_and_written_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("with blank");
        fs::create_dir(&root).unwrap();
        let git = repository(&root);
        commit(&git, "a.txt", "one");
        commit(&git, "b.txt", "two");
        let (old, new) = (git.snapshot("HEAD~1").unwrap(), git.snapshot("HEAD").unwrap());
        assert_ne!(old.tree, new.tree);
        assert_eq!(git.working_tree().unwrap().tree, new.tree);
        fs::create_dir_all(root.join("in/app")).unwrap();
        assert_eq!(git.below(&root.join("in/../in/app")).as_deref(), Some(Path::new("in/app")));
        assert_eq!(git.below(&root).as_deref(), Some(Path::new("")));
        assert_eq!(git.below(folder.path()), None);
        fs::write(root.join("a.txt"), "changed").unwrap();
        fs::write(root.join("c.txt"), "untracked").unwrap();
        let now = git.working_tree().unwrap();
        assert_ne!(now.tree, new.tree);
        let status = git.say(&["status", "--porcelain"]).unwrap();
        assert_eq!(status, " M a.txt\n?? c.txt", "the user's own index is not touched");

        let out = folder.path().join("out");
        let names = |out: &Path| {
            let mut names: Vec<_> =
                fs::read_dir(out).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        git.export(&now.tree, &out).unwrap();
        assert_eq!(names(&out), ["a.txt", "b.txt", "c.txt"]);
        assert_eq!(fs::read_to_string(out.join("a.txt")).unwrap(), "changed");
        let before = fs::metadata(out.join("b.txt")).unwrap().modified().unwrap();
        git.export(&new.tree, &out).unwrap();
        assert_eq!(names(&out), ["a.txt", "b.txt"]);
        assert_eq!(fs::read_to_string(out.join("a.txt")).unwrap(), "one");
        assert_eq!(fs::metadata(out.join("b.txt")).unwrap().modified().unwrap(), before);
        git.export(&old.tree, &out).unwrap();
        assert_eq!(names(&out), ["a.txt"]);
    }

    #[test]
    fn what_is_not_here_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let git = repository(&folder.path().join(".").canonicalize().unwrap());
        commit(&git, "a.txt", "one");
        commit(&git, "a.txt", "two");
        let error = git.snapshot("v9").unwrap_err().to_string();
        assert!(error.contains("\"v9\" is no revision of this repository"), "{error}");
        assert!(git.snapshot("--all").is_err());
        let clone = folder.path().join("clone");
        let url = format!("file://{}", folder.path().display());
        git.say(&["clone", "--quiet", "--depth=1", &url, clone.to_str().unwrap()]).unwrap();
        let error = Git::of(&clone).unwrap().snapshot("HEAD~1").unwrap_err().to_string();
        assert!(error.contains("git fetch --unshallow"), "{error}");
        let outside = tempfile::tempdir().unwrap();
        assert!(Git::of(outside.path()).is_err());
    }

    #[test]
    fn submodules_come_along() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, outer) = (folder.path().join("inner"), folder.path().join("outer"));
        fs::create_dir(&inner).unwrap();
        fs::create_dir(&outer).unwrap();
        commit(&repository(&inner), "x.txt", "inner");
        let git = repository(&outer);
        let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
        git.say(&[&add[..], &[inner.to_str().unwrap(), "sub"]].concat()).unwrap();
        commit(&git, "a.txt", "outer");
        let out = folder.path().join("out");
        git.export(&git.snapshot("HEAD").unwrap().tree, &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("sub/x.txt")).unwrap(), "inner");
        fs::remove_dir_all(outer.join("sub")).unwrap();
        let error = git.export(&git.snapshot("HEAD").unwrap().tree, &out).unwrap_err().to_string();
        assert!(error.contains("the submodule sub lacks the commit"), "{error}");
    }
}
