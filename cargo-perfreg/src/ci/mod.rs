//! What a service of continuous integration is told: a record in; annotations, a summary, outputs,
//! comments and issues out. All of it is pure but for `forge`, which asks a server.

mod annotations;
mod code_quality;
mod comment;
mod event;
mod finding;
pub(crate) mod forge;
mod gitlab_metrics;
mod issue;
mod listing;
mod log_text;
mod marker;
mod origin;
mod outputs;
mod place;
mod record;
mod service;
mod summary_page;

pub(crate) use annotations::annotations;
pub(crate) use code_quality::code_quality;
pub(crate) use comment::{Plan, Step, Thread, When, plan};
pub(crate) use event::{NoRequest, Subject, Which, before, event_base, main_branch, subject};
pub(crate) use finding::findings;
pub(crate) use gitlab_metrics::gitlab_metrics;
pub(crate) use issue::{Outcome, issue};
pub(crate) use log_text::in_line;
pub(crate) use marker::Key;
pub(crate) use origin::{Link, Origin};
pub(crate) use outputs::{Delimiter, Outputs};
pub(crate) use record::{Compared, JobRecord};
pub(crate) use service::Service;
pub(crate) use summary_page::summary_page;
