//! The process that runs the peers: questions and answers, a line of JSON each.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cases::Case;
use crate::document::{Measured, Peer, PeerRound, Surroundings};
use crate::options;

/// The peers that every report names, whether they run or not.
const NAMES: [&str; 5] = ["sdpa_gather", "strided", "flex", "flex_permuted", "reference"];
const LAUNCHES: [&str; 2] = ["eager", "graph"];

/// Compiling a peer takes minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A process that runs peers, or why there is none.
pub(crate) struct Peers {
    process: Result<Process, String>,
    pub(crate) surroundings: Surroundings,
}

struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

/// What a peer said of itself.
#[derive(Deserialize)]
struct Prepared {
    name: String,
    about: String,
    missing: Option<String>,
    output_error: Option<f64>,
}

impl Peers {
    /// Starts the process, if there is a Python to start.
    pub(crate) fn start(options: Option<&options::Peers>, device: usize) -> Self {
        let started = match options {
            None => Err("no Python was given".to_owned()),
            Some(options) => Process::start(options, device),
        };
        let begun = started.and_then(|mut process| {
            let versions: BTreeMap<String, String> = process.ask(&json!({"do": "begin"}))?;
            Ok((process, versions))
        });
        match begun {
            Ok((process, versions)) => {
                Self { process: Ok(process), surroundings: Surroundings::Found(versions) }
            }
            Err(why) => {
                Self { process: Err(why.clone()), surroundings: Surroundings::Missing(why) }
            }
        }
    }

    /// How fast matrices are multiplied here.
    pub(crate) fn matmul(&mut self) -> Measured {
        match self.ask(&json!({"do": "matmul"})) {
            Ok(flops_per_second) => Measured::Value(flops_per_second),
            Err(why) => Measured::Missing(why),
        }
    }

    /// Makes every peer ready for a case whose numbers lie in `folder`, and has it computed once.
    pub(crate) fn prepare(&mut self, case: &Case, folder: &Path) -> Vec<Peer> {
        let question = json!({
            "do": "prepare",
            "seq_len": case.seq_len,
            "heads": 8,
            "head_dim": 64,
            "patterns": case.patterns,
            "folder": folder,
        });
        let (prepared, why): (Vec<Prepared>, String) = match self.ask(&question) {
            Ok(prepared) => (prepared, "it was not named".to_owned()),
            Err(why) => (Vec::new(), why),
        };
        let mut peers: Vec<Peer> = prepared
            .into_iter()
            .map(|Prepared { name, about, missing, output_error }| Peer {
                name,
                about,
                missing,
                output_error,
                rounds: Vec::new(),
            })
            .collect();
        for name in NAMES.iter().flat_map(|name| LAUNCHES.map(|launch| format!("{name} {launch}")))
        {
            if !peers.iter().any(|peer| peer.name == name) {
                let (missing, about) = (Some(why.clone()), String::new());
                peers.push(Peer { name, about, missing, output_error: None, rounds: Vec::new() });
            }
        }
        peers
    }

    /// One turn of a peer that was made ready.
    ///
    /// # Errors
    /// Why it could not be measured.
    pub(crate) fn measure(&mut self, peer: &str) -> Result<PeerRound, String> {
        self.ask(&json!({"do": "measure", "peer": peer}))
    }

    fn ask<T: DeserializeOwned>(&mut self, question: &Value) -> Result<T, String> {
        let answer = match &mut self.process {
            Ok(process) => process.ask(question),
            Err(why) => return Err(why.clone()),
        };
        if let Err(Failed { why, gone: true }) = &answer {
            self.process = Err(why.clone());
        }
        answer.map_err(|failed| failed.why)
    }
}

/// A question without a good answer.
struct Failed {
    why: String,
    /// Whether there will be no answer to any other, either.
    gone: bool,
}

impl From<Failed> for String {
    fn from(failed: Failed) -> Self {
        failed.why
    }
}

impl Process {
    fn start(options: &options::Peers, device: usize) -> Result<Self, String> {
        let mut child = Command::new(&options.python)
            .arg(&options.script)
            .args(["--device", &device.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", options.python.display()))?;
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            let told = BufReader::new(stdout).lines().map_while(Result::ok);
            // Whoever asked may be gone.
            told.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        Ok(Self { child, stdin, lines })
    }

    fn ask<T: DeserializeOwned>(&mut self, question: &Value) -> Result<T, Failed> {
        let gone = |why: String| Failed { why, gone: true };
        if writeln!(self.stdin, "{question}").is_err() {
            return Err(gone(self.ended()));
        }
        loop {
            let line = self.lines.recv_timeout(PATIENCE).map_err(|why| match why {
                RecvTimeoutError::Disconnected => gone(self.ended()),
                RecvTimeoutError::Timeout => {
                    gone(format!("the peers did not answer within {} s", PATIENCE.as_secs()))
                }
            })?;
            // Libraries print what they like; answers are marked.
            let Some(answer) = line.strip_prefix("perfreg-peers/1 ") else { continue };
            let odd = |error: serde_json::Error| gone(format!("the peers' answer: {error}"));
            let mut answer: Value = serde_json::from_str(answer).map_err(odd)?;
            return match answer.get("missing").and_then(Value::as_str) {
                Some(why) => Err(Failed { why: why.to_owned(), gone: false }),
                None => serde_json::from_value(answer["answer"].take()).map_err(odd),
            };
        }
    }
}

impl Process {
    /// How it ended: what it no longer reads or writes, it soon does not run any more.
    fn ended(&mut self) -> String {
        for _ in 0..100 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!("the peers' process ended ({status})");
            }
            thread::sleep(Duration::from_millis(10));
        }
        "the peers' process closed its input or output".to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends by itself when it is asked nothing any more; a call that hangs does not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
