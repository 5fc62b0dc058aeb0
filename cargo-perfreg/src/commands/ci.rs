//! `cargo perfreg ci`: tells a service of continuous integration what came out. Nothing is measured.

mod base;
mod comment;
mod issue;
mod records;
mod surroundings;
mod tell;

use crate::cli::{CiArgs, CiCommand};
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;

pub(crate) use records::{folder_of, leave};

/// Does what `args` ask for.
///
/// # Errors
/// If a record cannot be read, the environment lacks something, or a forge refuses.
pub(crate) fn run(args: &CiArgs, context: &Context) -> Result<ExitCode, Error> {
    match &args.command {
        None => tell::run(&args.tell, context),
        Some(CiCommand::Comment(args)) => comment::run(args, context),
        Some(CiCommand::Issue(args)) => issue::run(args, context),
        Some(CiCommand::Base) => base::run(context),
    }
}
