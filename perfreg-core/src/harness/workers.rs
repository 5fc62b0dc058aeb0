//! Workers of a test in any executable, one launch at a time: what comparing two builds is made of.

use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::harness::entry::Test;
use crate::harness::gate::blank;
use crate::harness::launcher::Scratch;
use crate::logging::Log;
use crate::measure::{Ask, Job, PROTOCOL, Plan, WorkerCommand};
use crate::model::{Launch, Run};
use crate::probe;

/// The workers of one annotated test of one executable.
pub struct Workers {
    command: WorkerCommand,
    test: String,
    _scratch: Scratch,
}

impl Workers {
    /// Workers of the test that libtest prints as `test`; `call` starts the executable, without
    /// arguments, in the surroundings that its tests expect.
    ///
    /// # Errors
    /// If there is no place for their results.
    pub fn new(
        test: &str,
        call: impl Fn() -> Command + 'static,
        timeout: Duration,
        log: Log,
    ) -> Result<Self, Error> {
        let scratch = Scratch::new()?;
        let command = WorkerCommand {
            call: Box::new(call),
            steady: None,
            scratch: scratch.path.clone(),
            timeout,
            log,
        };
        Ok(Self { command, test: test.to_owned(), _scratch: scratch })
    }

    /// What the test is.
    ///
    /// # Errors
    /// If the executable cannot be started, or is of another version of perfreg.
    pub fn describe(&self) -> Result<Description, Error> {
        self.command.answer(&self.job(Ask::Description, 0, Plan::for_budget(1e9, 1, None)))
    }

    /// One launch of the case with this index.
    ///
    /// # Errors
    /// If the test fails, or does not end in time.
    pub fn launch(&self, case: usize, plan: Plan) -> Result<Launch, Error> {
        self.command.launch(&self.job(Ask::Launch, case, plan))
    }

    /// One launch of the case that writes where this process does, however long it takes: for calls
    /// through another program, such as a profiler.
    ///
    /// # Errors
    /// If it cannot be started, or the test fails.
    pub fn launch_in_view(&self, case: usize, plan: Plan) -> Result<Launch, Error> {
        self.command.launch_in_view(&self.job(Ask::Launch, case, plan))
    }

    fn job(&self, ask: Ask, case: usize, plan: Plan) -> Job {
        let result = self.command.scratch.join("result.json");
        Job { test: self.test.clone(), case, plan, result, ask, protocol: PROTOCOL }
    }
}

/// What an executable says of one of its tests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// The cases, in the order of the attribute.
    pub cases: Vec<String>,
    /// Why the test does not run here, if its `skip_if` says so.
    pub skip: Option<String>,
    /// What crates that the test uses tell of this machine's devices, a line of JSON each.
    #[serde(default)]
    pub devices: Vec<String>,
    /// The signature of the annotated function, as its tokens.
    pub signature: String,
    /// The metrics that the attribute lists, if it does.
    pub metrics: Option<Vec<String>>,
    /// The threshold of the attribute, as a share.
    pub threshold: Option<f64>,
    /// The launches of the attribute.
    pub launches: Option<u32>,
    /// The samples of the attribute.
    pub samples: Option<u32>,
    /// The budget of the attribute, in nanoseconds.
    pub budget_ns: Option<u64>,
    /// The record of a run, without its commit and measurements.
    pub record: Run,
}

impl Description {
    pub(super) fn of(test: &Test<'_>, skip: Option<String>) -> Self {
        let options = &test.spec.options;
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            cases: test.cases.to_vec(),
            skip,
            devices: probe::devices(),
            signature: test.spec.signature.to_owned(),
            metrics: options.metrics.map(owned),
            threshold: options.threshold,
            launches: options.launches,
            samples: options.samples,
            budget_ns: options.budget_ns,
            record: blank(test),
        }
    }
}
