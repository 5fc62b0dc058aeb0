//! Which store holds the history here, and sending it what was measured.

use perfreg_core::store::Workspace;

use crate::commands::{tell, workspace};
use crate::config::Config;
use crate::context::Context;
use crate::error::Error;
use crate::history::{Address, History, Index, PostgresStore, Project, Pushed, Queue, Which, push};
use crate::words::counted;

/// A store that a team shares, with the name of this workspace in it.
pub(super) struct Shared {
    pub(super) address: Address,
    pub(super) project: String,
}

/// Means that the history is that of this workspace alone, whatever is configured.
const LOCAL: &str = "local";

impl Shared {
    /// The store that `--store`, `PERFREG_STORE` or `perfreg.toml` names; none if none does.
    ///
    /// # Errors
    /// If what names it is in no order.
    pub(super) fn of(context: &Context, workspace: &Workspace) -> Result<Option<Self>, Error> {
        let config = Config::of_workspace(workspace.root())?.store;
        let address = match (&context.store, &config.url) {
            (Some(given), _) if given == LOCAL => return Ok(None),
            (Some(given), _) => Address::parse(given, variable)?,
            (None, Some(url)) => Address::without_password(url, variable)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(Self { address, project: named(config.project, workspace) }))
    }

    /// The same, even where the history of this workspace alone is asked: the store that gets what
    /// is measured here.
    ///
    /// # Errors
    /// If what names it is in no order.
    pub(super) fn configured(
        context: &Context,
        workspace: &Workspace,
    ) -> Result<Option<Self>, Error> {
        if context.store.as_deref() != Some(LOCAL) {
            return Self::of(context, workspace);
        }
        let config = Config::of_workspace(workspace.root())?.store;
        let of_environment = variable("PERFREG_STORE").filter(|url| !url.is_empty());
        let address = match (of_environment.filter(|url| url != LOCAL), &config.url) {
            (Some(given), _) => Address::parse(&given, variable)?,
            (None, Some(url)) => Address::without_password(url, variable)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(Self { address, project: named(config.project, workspace) }))
    }

    /// The same where there has to be one.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn required(context: &Context, workspace: &Workspace) -> Result<Self, Error> {
        Self::of(context, workspace)?.ok_or_else(|| {
            Error::usage(
                "no store is named that could be shared; `--store postgres://…`, PERFREG_STORE \
                 or `url` under [store] in perfreg.toml does",
            )
        })
    }

    /// The store itself.
    ///
    /// # Errors
    /// If it cannot be reached or used.
    pub(super) fn open(&self) -> Result<PostgresStore, Error> {
        PostgresStore::open(&self.address, &self.project)
    }
}

/// What this workspace is called among others: as `project` of the table `store` in `perfreg.toml` says, else as its folder.
///
/// # Errors
/// If `perfreg.toml` is in no order.
pub(super) fn project_of(workspace: &Workspace) -> Result<String, Error> {
    Ok(named(Config::of_workspace(workspace.root())?.store.project, workspace))
}

fn named(configured: Option<String>, workspace: &Workspace) -> String {
    configured.unwrap_or_else(|| Project::name_of(workspace))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The history as it is asked: the shared one, or the workspace's own, brought up to date, with
/// whatever could not be read told.
///
/// # Errors
/// If there is no workspace, or its history cannot be read or written.
pub(super) fn history_of(context: &Context) -> Result<History, Error> {
    let workspace = workspace(context)?;
    if let Some(shared) = Shared::of(context, &workspace)? {
        let hint = "`--store local` asks the history of this workspace";
        let store = shared.open().map_err(|error| error.hint(hint))?;
        return Ok(History::shared(Box::new(store)));
    }
    let history = Project::of(&workspace)?.update()?;
    tell(&history.problems);
    Ok(history)
}

/// The index that knows what was before a run, as it is: the shared one, or the workspace's own,
/// if there is one. Nothing is brought up to date.
///
/// # Errors
/// If it cannot be reached or opened.
pub(super) fn index_of(context: &Context, workspace: &Workspace) -> Result<Option<Index>, Error> {
    match Shared::of(context, workspace)? {
        Some(shared) => {
            let store = shared.open()?;
            Ok(Some(Index::shared(Box::new(store), shared.project)))
        }
        None => Project::index_of(workspace),
    }
}

/// Takes what was measured or accepted into the history of the workspace, and sends it to the
/// store that is shared, if there is one. What could not be sent waits.
///
/// # Errors
/// If there is no workspace, or its history cannot be read or written.
pub(super) fn take_stock(context: &Context) -> Result<(), Error> {
    let workspace = workspace(context)?;
    let project = Project::of(&workspace)?;
    tell(&project.update()?.problems);
    let Some(shared) = Shared::of(context, &workspace)? else { return Ok(()) };
    let mut queue = Queue::of(&workspace, &shared.address, &shared.project)?;
    let sent = shared
        .open()
        .and_then(|mut store| push(&project.archive, &mut queue, &mut store, Which::Waiting));
    match sent {
        Ok(pushed) => {
            tell_refused(&pushed);
            if pushed.loaded.expired > 0 {
                let expired = counted(pushed.loaded.expired as usize, "document");
                eprintln!("warning: the store left out {expired}: their months were dropped there");
            }
        }
        Err(error) => {
            let waiting = queue.waiting(&project.archive.documents()?.0).len();
            let waiting = counted(waiting, "document");
            eprintln!("warning: {error}; {waiting} will wait for `cargo perfreg history push`");
        }
    }
    Ok(())
}

/// Sends what was accepted to the store that is shared, if there is one. It was accepted, whatever
/// becomes of it.
pub(super) fn send_on(context: &Context) {
    let sent = workspace(context).and_then(|workspace| match Shared::of(context, &workspace)? {
        Some(_) => take_stock(context),
        None => Ok(()),
    });
    if let Err(error) = sent {
        eprintln!("warning: what was accepted is not in the store: {error}");
    }
}

/// Names what cannot be sent.
pub(super) fn tell_refused(pushed: &Pushed) {
    for problem in &pushed.refused {
        eprintln!("warning: did not send {problem}");
    }
}
