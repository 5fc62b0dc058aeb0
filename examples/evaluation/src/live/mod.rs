//! The procedures on this machine, interleaved: every kernel and slowdown goes through each of them in
//! turn, in an order that is drawn.

mod busy;
mod others;
mod own;
mod schedule;
mod subject;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perfreg_core::measure::MachineLock;

use crate::arguments::{Arguments, Surroundings};
use crate::output::{Report, load};
use crate::table::{Cost, Outcome, Table, of_outcomes};
use crate::tally::{Check, Tally};

pub(crate) use busy::{SPIN, spin};
pub(crate) use own::Paired;
pub(crate) use subject::{Subject, cargo_executable, cargo_folder};

use schedule::Schedule;

/// One way of finding out whether a kernel became slower.
trait Procedure {
    /// Its name in the tables.
    fn name(&self) -> String;

    /// How many sessions its stored baseline has; 0 if it stores none.
    fn sessions(&self) -> usize;

    /// Measures one session of the unchanged kernel for the baseline.
    fn take_session(&mut self, kernel: &'static str) -> Result<(), String>;

    /// Compares the kernel at `slowdown` percent with the unchanged one.
    fn check(&mut self, kernel: &'static str, slowdown: u32, seed: u64) -> Result<Check, String>;

    /// Forgets all sessions.
    fn forget(&mut self);
}

/// How long baselines are compared with before they are taken anew.
const BLOCK: Duration = Duration::from_secs(20 * 60);
/// How often a table is printed.
const TOLD: Duration = Duration::from_secs(150);

/// What was measured, by kernel and procedure.
type Found = BTreeMap<(usize, String), BTreeMap<u32, Tally>>;

/// Checks until the time is over; `report` gets the table again and again.
///
/// # Errors
/// In words, if the kernels cannot be built, or perfreg itself fails.
pub(crate) fn run(arguments: &Arguments, report: &mut Report) -> Result<(), String> {
    let subject = Subject::build()?;
    let mut notes = Vec::new();
    let mut procedures = procedures(&subject, arguments, &mut notes);
    if procedures.is_empty() {
        return Err(format!("--tools {}: no procedure is left", arguments.tools.join(",")));
    }
    let _spinning = match arguments.surroundings {
        Surroundings::AsFound => None,
        Surroundings::Busy => Some(busy::Spinning::begin()?),
    };
    let mut run = Run {
        ends: Instant::now() + arguments.time,
        schedule: Schedule::new(arguments.seed, arguments.unchanged),
        found: Found::new(),
        loads: Vec::new(),
        notes,
        surroundings: arguments.surroundings,
        seed: arguments.seed,
    };
    while run.has_time() {
        let block = Instant::now();
        run.take_baselines(&mut procedures)?;
        while run.has_time() && block.elapsed() < BLOCK {
            let told = Instant::now();
            while run.has_time() && told.elapsed() < TOLD {
                run.round(&mut procedures)?;
            }
            report.add(run.table())?;
        }
    }
    Ok(())
}

fn procedures(
    subject: &Subject,
    arguments: &Arguments,
    notes: &mut Vec<String>,
) -> Vec<Box<dyn Procedure>> {
    let wanted = |name: &str| {
        let tools = &arguments.tools;
        tools.is_empty() || tools.iter().any(|tool| name.starts_with(tool.as_str()))
    };
    let mut all: Vec<Box<dyn Procedure>> = own::all(subject);
    all.retain(|procedure| wanted(&procedure.name()));
    for tool in others::Tool::ALL.into_iter().filter(|tool| wanted(tool.name())) {
        match others::Other::build(tool) {
            Ok(other) => all.push(Box::new(other)),
            Err(error) => notes.push(format!("{} does not build here: {error}", tool.name())),
        }
    }
    all
}

struct Run {
    ends: Instant,
    schedule: Schedule,
    found: Found,
    loads: Vec<f64>,
    notes: Vec<String>,
    surroundings: Surroundings,
    seed: u64,
}

impl Run {
    fn has_time(&self) -> bool {
        Instant::now() < self.ends
    }

    /// Session by session over all kernels, so that a kernel's sessions lie apart.
    fn take_baselines(&mut self, procedures: &mut Vec<Box<dyn Procedure>>) -> Result<(), String> {
        let sessions = procedures.iter().map(|procedure| procedure.sessions()).max().unwrap_or(0);
        procedures.iter_mut().for_each(|procedure| procedure.forget());
        for session in 0..sessions {
            for kernel in subject::kernels() {
                let mut failed = Vec::new();
                for (at, procedure) in procedures.iter_mut().enumerate() {
                    if session < procedure.sessions() {
                        let _machine = lock()?;
                        if let Err(error) = procedure.take_session(kernel) {
                            failed.push((at, error));
                        }
                    }
                }
                self.give_up(procedures, failed)?;
            }
        }
        Ok(())
    }

    /// One check of each procedure on the next kernel and slowdown.
    fn round(&mut self, procedures: &mut Vec<Box<dyn Procedure>>) -> Result<(), String> {
        let next = self.schedule.next();
        self.loads.extend(load());
        let mut failed = Vec::new();
        for at in self.schedule.order(procedures.len()) {
            let _machine = lock()?;
            let begun = Instant::now();
            let procedure = &mut procedures[at];
            match procedure.check(next.kernel(), next.slowdown, next.seed) {
                Ok(check) => {
                    let check = Check { cost: begun.elapsed().as_secs_f64(), ..check };
                    let of = self.found.entry((next.number, procedure.name())).or_default();
                    of.entry(next.slowdown).or_default().add(check);
                }
                Err(error) => failed.push((at, error)),
            }
        }
        self.give_up(procedures, failed)
    }

    /// Goes on without the tools that failed, and says so; perfreg itself must not fail.
    fn give_up(
        &mut self,
        procedures: &mut Vec<Box<dyn Procedure>>,
        mut failed: Vec<(usize, String)>,
    ) -> Result<(), String> {
        failed.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, error) in failed {
            let name = procedures[at].name();
            if !others::Tool::ALL.iter().any(|tool| name.starts_with(tool.name())) {
                return Err(format!("{name}: {error}"));
            }
            procedures.remove(at);
            self.notes.push(format!("{name} was given up: {error}"));
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let outcome =
            |((kernel, procedure), by_slowdown): (&(usize, String), &BTreeMap<_, Tally>)| {
                let at = |slowdown: u32| {
                    (slowdown, by_slowdown.get(&slowdown).cloned().unwrap_or_default())
                };
                let kernel = subject::kernels()[*kernel].to_owned();
                Outcome {
                    labels: vec![kernel, procedure.clone()],
                    by_slowdown: schedule::SLOWDOWNS.map(at).into(),
                }
            };
        let mut outcomes: Vec<Outcome> = self.found.iter().map(outcome).collect();
        outcomes.extend(self.over_all_kernels());
        let surroundings = match self.surroundings {
            Surroundings::AsFound => "as found",
            Surroundings::Busy => "with a spinning process for every core",
        };
        let loads = perfreg_core::stats::sorted(&self.loads);
        let range = match (loads.first(), loads.last()) {
            (Some(low), Some(high)) => format!("{low:.1} to {high:.1}"),
            _ => "not known".to_owned(),
        };
        let title = format!("Live, {surroundings}");
        let mut table = of_outcomes(&title, &["kernel", "procedure"], Cost::Seconds, &outcomes)
            .noted(format!("seed {}; load average {range} in the course of it", self.seed));
        for note in &self.notes {
            table = table.noted(note.clone());
        }
        table
    }

    fn over_all_kernels(&self) -> Vec<Outcome> {
        let mut all: BTreeMap<&str, BTreeMap<u32, Tally>> = BTreeMap::new();
        for ((_, procedure), by_slowdown) in &self.found {
            let of = all.entry(procedure.as_str()).or_default();
            for (slowdown, tally) in by_slowdown {
                of.entry(*slowdown).or_default().extend(tally.clone());
            }
        }
        let outcome = |(procedure, mut by): (&str, BTreeMap<u32, Tally>)| Outcome {
            labels: vec!["all".to_owned(), procedure.to_owned()],
            by_slowdown: schedule::SLOWDOWNS
                .map(|slowdown| (slowdown, by.remove(&slowdown).unwrap_or_default()))
                .into(),
        };
        all.into_iter().map(outcome).collect()
    }
}

/// One measurement at a time on a machine, for as long as a check takes.
pub(crate) fn lock() -> Result<MachineLock, String> {
    let path = std::env::var_os("PERFREG_LOCK_FILE")
        .map_or_else(MachineLock::default_path, std::path::PathBuf::from);
    MachineLock::acquire(&path, "perfreg-evaluation", |_| {}).map_err(|error| error.to_string())
}
