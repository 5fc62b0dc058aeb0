//! The command line: pure.

use std::path::PathBuf;

use crate::cases::Case;
use crate::document::Place;
use crate::launch::{Job, What};

pub(crate) const HELP: &str = "\
Measures dilated attention on this machine's GPU, and peers beside it.

dilated_suite run --out FOLDER [options]
dilated_suite merge --out FOLDER REPORT...

  --out FOLDER       where report.json, table.txt and gt/ go
  --device N         the GPU, counted from 0, or `all`: a folder for each, and what they do together; 0
  --cases LIST       such as 2048,4096,8192,256 (these are the usual ones), 32768, 131072, 1048576
  --rounds N         launches of each implementation, in turns with the peers; 10
  --checks LEVEL     `all` or `few`: problems on which every variant is held to the definition; all
  --python PROGRAM   a Python with PyTorch, for the peers; without it they are left out, by name
  --peers FILE       peers.py
  --minutes N        no new round after so long; 20

A process of several (RANK and WORLD_SIZE, or Open MPI's or Slurm's names) measures its own GPU unless one is
named, in FOLDER/rank-N. `merge` makes merged.json of the report.json of all of them: of each implementation
what the slowest process measured.

Exit codes:
    0  measured, and every variant is right
    1  a variant is wrong, or could not be measured
    2  wrong usage
    4  there is no GPU here that kernels can run on
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run(Run),
    /// The reports of all processes of a job.
    Merge {
        out: PathBuf,
        reports: Vec<PathBuf>,
    },
    Launch(Job),
}

/// The options of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) out: PathBuf,
    /// The GPU that is measured; of several, one after the other.
    pub(crate) device: usize,
    pub(crate) devices: Devices,
    /// Which process of a job of several this is.
    pub(crate) rank: Option<Place>,
    pub(crate) cases: Vec<Case>,
    pub(crate) rounds: u32,
    pub(crate) checks: Checks,
    pub(crate) peers: Option<Peers>,
    pub(crate) minutes: u32,
}

/// On which GPUs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Devices {
    /// The one that is named.
    One,
    /// All of them, one after the other, and then at the same time.
    All,
    /// That of this process, if it is one of several; else the first.
    Own,
}

/// How the peers are started.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    pub(crate) python: PathBuf,
    pub(crate) script: PathBuf,
}

/// On how many problems variants are checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Checks {
    /// Every rule, mask, size of rows and type.
    All,
    /// Small ones of each type.
    Few,
}

/// # Errors
/// With what is wrong, and with which option.
pub(crate) fn parse(words: &[String]) -> Result<Command, String> {
    match words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        None => Err("no command".to_owned()),
        Some(("--help" | "-h" | "help", _)) => Ok(Command::Help),
        Some(("run", rest)) if rest.iter().any(|word| word == "--help") => Ok(Command::Help),
        Some(("run", rest)) => run(rest).map(Command::Run),
        Some(("merge", rest)) => merge(rest),
        Some(("launch", rest)) => launch(rest).map(Command::Launch),
        Some((other, _)) => Err(format!("there is no command `{other}`")),
    }
}

fn run(words: &[String]) -> Result<Run, String> {
    let known = ["out", "device", "cases", "rounds", "checks", "python", "peers", "minutes"];
    let given = Given::of(words, &known)?;
    let out = given.text("out").ok_or("--out: a folder is needed")?.into();
    let named = given.text("cases").unwrap_or("2048,4096,8192,256");
    let cases = named.split(',').map(|name| {
        let seq_len = name.parse().ok().and_then(Case::of_length);
        seq_len.ok_or_else(|| format!("--cases: there is no case of length `{name}`"))
    });
    let checks = match given.text("checks") {
        None | Some("all") => Checks::All,
        Some("few") => Checks::Few,
        Some(other) => return Err(format!("--checks: `{other}` is neither `all` nor `few`")),
    };
    let peers = match (given.text("python"), given.text("peers")) {
        (Some(python), Some(script)) => {
            Some(Peers { python: python.into(), script: script.into() })
        }
        (None, None) => None,
        _ => return Err("--python and --peers: both are needed, or neither".to_owned()),
    };
    let (devices, device) = match given.text("device") {
        Some("all") => (Devices::All, 0),
        None => (Devices::Own, 0),
        Some(_) => (Devices::One, given.number("device", 0)? as usize),
    };
    let rounds = given.number("rounds", 10)?;
    if rounds == 0 {
        return Err("--rounds: 0 would measure nothing".to_owned());
    }
    Ok(Run {
        out,
        device,
        devices,
        rank: None,
        cases: cases.collect::<Result<_, _>>()?,
        rounds,
        checks,
        peers,
        minutes: given.number("minutes", 20)?,
    })
}

fn merge(words: &[String]) -> Result<Command, String> {
    match words {
        [option, out, reports @ ..] if option == "--out" && !reports.is_empty() => {
            Ok(Command::Merge {
                out: out.into(),
                reports: reports.iter().map(PathBuf::from).collect(),
            })
        }
        [option, _] if option == "--out" => Err("merge: reports are needed".to_owned()),
        _ => Err("--out: a folder is needed, before the reports".to_owned()),
    }
}

fn launch(words: &[String]) -> Result<Job, String> {
    let given = Given::of(words, &["device", "case", "what", "seed"])?;
    let length = given.number("case", 2_048)?;
    let case = Case::of_length(length).ok_or("--case: there is no such case")?;
    let what = given.text("what").and_then(What::named).ok_or("--what: there is no such work")?;
    let device = given.number("device", 0)? as usize;
    Ok(Job { device, case, what, seed: given.number("seed", 1)?.into() })
}

/// Options and their values, as they were given.
struct Given<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Given<'a> {
    fn of(words: &'a [String], known: &[&str]) -> Result<Self, String> {
        let (pairs, rest) = words.as_chunks::<2>();
        let pair = |[name, value]: &'a [String; 2]| {
            let known = name.strip_prefix("--").filter(|name| known.contains(name));
            let name = known.ok_or_else(|| format!("there is no option `{name}`"))?;
            Ok((name, value.as_str()))
        };
        match rest {
            [] => Ok(Self(pairs.iter().map(pair).collect::<Result<_, String>>()?)),
            [odd, ..] => Err(format!("`{odd}` lacks its value")),
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }

    fn number(&self, name: &str, otherwise: u32) -> Result<u32, String> {
        self.text(name).map_or(Ok(otherwise), |value| {
            value.parse().map_err(|_| format!("--{name}: `{value}` is no number"))
        })
    }
}
