//! What a shared store still has to get: the documents of the archive that it has not confirmed.
//!
//! `.perfreg/pushed/` holds a file for every address that was pushed to, and in it the digests that
//! are there. What ends in the middle leaves nothing out: at worst a document is sent once more.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use perfreg_core::store::Workspace;

use crate::error::Error;
use crate::files::write_whole;
use crate::history::archive::{Archive, Problem};
use crate::history::digest::Digest;
use crate::history::postgres::{Address, Loaded, PostgresStore};
use crate::history::rows::Filed;

/// The format that this version writes, in the first line of the file.
const SCHEMA: &str = "perfreg-pushed/1";
/// Documents sent at once: enough to be fast, few enough that little is sent twice.
const BATCH: usize = 64;

/// What is known to lie in one store.
pub(crate) struct Queue {
    path: PathBuf,
    identity: Option<String>,
    confirmed: BTreeSet<Digest>,
}

/// Which documents are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// Those that were not confirmed.
    Waiting,
    /// All, whatever was confirmed: the store knows those that it has.
    All,
}

/// What became of the documents.
#[derive(Default, Debug)]
pub(crate) struct Pushed {
    /// So many were sent.
    pub(crate) sent: u64,
    /// What the store did with them.
    pub(crate) loaded: Loaded,
    /// What cannot be sent, and stays here.
    pub(crate) refused: Vec<Problem>,
}

impl Queue {
    /// What `workspace` knows of the store at `address`, as of `project`.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub(crate) fn of(
        workspace: &Workspace,
        address: &Address,
        project: &str,
    ) -> Result<Self, Error> {
        let name = Digest::of(format!("{address}\n{project}").as_bytes());
        let folder = workspace.make_folder()?.join("pushed");
        let path = folder.join(format!("{}.txt", name.short()));
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(Error::io("read", &path, &cause)),
        };
        let (identity, confirmed) = parse(&text);
        Ok(Self { path, identity, confirmed })
    }

    /// The documents of `archived` that were not confirmed.
    pub(crate) fn waiting<'a>(&self, archived: &'a BTreeSet<Digest>) -> Vec<&'a Digest> {
        archived.iter().filter(|digest| !self.confirmed.contains(*digest)).collect()
    }

    /// The store is the one of this identity; what another one at its place confirmed says nothing.
    fn meets(&mut self, identity: &str) -> Result<(), Error> {
        if self.identity.as_deref() == Some(identity) {
            return Ok(());
        }
        self.confirmed.clear();
        self.identity = Some(identity.to_owned());
        write_whole(&self.path, format!("{SCHEMA} {identity}\n").as_bytes())
    }

    fn confirm(&mut self, digests: Vec<Digest>) -> Result<(), Error> {
        let new: Vec<Digest> =
            digests.into_iter().filter(|digest| !self.confirmed.contains(digest)).collect();
        // A line that was torn by a crash ends here, and is none.
        let lines: String = new.iter().map(|digest| format!("\n{digest}")).collect();
        let file = OpenOptions::new().append(true).open(&self.path);
        file.and_then(|mut file| file.write_all(lines.as_bytes()))
            .map_err(|cause| Error::io("write", &self.path, &cause))?;
        self.confirmed.extend(new);
        Ok(())
    }
}

/// Which store a file is of, and what it confirmed; nothing if this version cannot read it.
fn parse(text: &str) -> (Option<String>, BTreeSet<Digest>) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix(' ')) {
        Some(identity) => {
            (Some(identity.to_owned()), rest.lines().filter_map(Digest::parse).collect())
        }
        None => (None, BTreeSet::new()),
    }
}

/// Sends documents of `archive` to `store`.
///
/// # Errors
/// If the store or a file fails; what was confirmed until then stays confirmed.
pub(crate) fn push(
    archive: &Archive,
    queue: &mut Queue,
    store: &mut PostgresStore,
    which: Which,
) -> Result<Pushed, Error> {
    queue.meets(&store.identity()?)?;
    let (archived, _) = archive.documents()?;
    let meant = match which {
        Which::Waiting => queue.waiting(&archived),
        Which::All => archived.iter().collect(),
    };
    let mut pushed = Pushed::default();
    for batch in meant.chunks(BATCH) {
        let mut filed: Vec<Filed> = Vec::new();
        for digest in batch {
            match archive.read(digest) {
                Ok(one) => match PostgresStore::takes(&one) {
                    Ok(()) => filed.push(one),
                    Err(what) => {
                        let path = archive.find(digest).unwrap_or_default();
                        pushed.refused.push(Problem { path, what });
                    }
                },
                Err(problem) => pushed.refused.push(problem),
            }
        }
        let loaded = store.load(&filed)?;
        pushed.loaded.new += loaded.new;
        pushed.loaded.expired += loaded.expired;
        pushed.sent += filed.len() as u64;
        queue.confirm(filed.iter().map(|filed| filed.digest().clone()).collect())?;
    }
    Ok(pushed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../tests/data/formats/pushed-1.txt");

    #[test]
    fn every_version_of_the_file_is_read() {
        let (identity, confirmed) = parse(SAMPLE);
        assert_eq!(identity.as_deref(), Some("0d1f3c52-6a4e-4f0b-9a53-7b0c4e2f8d11"));
        assert_eq!(confirmed.len(), 2);
        // What this version does not know is asked of the store again.
        let newer = SAMPLE.replace("pushed/1", "pushed/2");
        assert_eq!(parse(&newer), (None, BTreeSet::new()));
        assert_eq!(parse(""), (None, BTreeSet::new()));
        let torn = &SAMPLE[..SAMPLE.trim_end().len() - 3];
        assert_eq!(parse(torn).1.len(), 1);
    }

    #[test]
    fn a_queue_survives_its_process_and_forgets_another_store() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(folder.path());
        let address = Address::parse("postgres://db/perf", |_| None).unwrap();
        let open = |project: &str| Queue::of(&workspace, &address, project).unwrap();
        let digests: Vec<Digest> = (0..3).map(|n: u8| Digest::of(&[n])).collect();
        let archived: BTreeSet<Digest> = digests.iter().cloned().collect();
        let mut queue = open("one");
        queue.meets("first").unwrap();
        queue.confirm(digests[..2].to_vec()).unwrap();
        assert_eq!(queue.waiting(&archived), [&digests[2]]);
        assert_eq!(open("one").waiting(&archived), [&digests[2]]);
        assert_eq!(open("other").waiting(&archived).len(), 3);
        // A crash tore the last line; what follows is not lost with it.
        let mut text = fs::read_to_string(&queue.path).unwrap();
        text.truncate(text.len() - 5);
        fs::write(&queue.path, text).unwrap();
        let mut queue = open("one");
        queue.confirm(vec![digests[2].clone()]).unwrap();
        assert_eq!(open("one").waiting(&archived).len(), 1);
        let mut queue = open("one");
        queue.meets("second").unwrap();
        assert_eq!(queue.waiting(&archived).len(), 3);
        assert_eq!(open("one").waiting(&archived).len(), 3);
    }
}
