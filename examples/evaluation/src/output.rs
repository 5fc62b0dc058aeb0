//! What leaves the evaluation: text on standard output, and files under `target/evaluation`.

use std::fs;
use std::path::{Path, PathBuf};

use perfreg_core::probe::host;
use serde::Serialize;

use crate::table::Table;

/// One part's tables, as they come in.
#[derive(Debug)]
pub(crate) struct Report {
    folder: PathBuf,
    name: &'static str,
    content: Content,
}

#[derive(Debug, Serialize)]
struct Content {
    part: &'static str,
    seed: u64,
    machine: String,
    load: Option<f64>,
    tables: Vec<Table>,
}

impl Report {
    /// A report of the part called `name`, with nothing in it.
    pub(crate) fn new(folder: &Path, name: &'static str, seed: u64) -> Self {
        let content = Content {
            part: name,
            seed,
            machine: host().to_string(),
            load: load(),
            tables: Vec::new(),
        };
        println!("## {name}\n\n{}\n", content.heading());
        Self { folder: folder.to_owned(), name, content }
    }

    /// Prints and keeps a table; another of the same title takes its place in the files.
    ///
    /// # Errors
    /// In words, if the files cannot be written.
    pub(crate) fn add(&mut self, table: Table) -> Result<(), String> {
        println!("{}", table.markdown());
        self.content.tables.retain(|other| other.title != table.title);
        self.content.tables.push(table);
        self.write()
    }

    fn write(&self) -> Result<(), String> {
        let Self { folder, name, content } = self;
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let tables: Vec<String> = content.tables.iter().map(Table::markdown).collect();
        let markdown = format!("## {name}\n\n{}\n\n{}", content.heading(), tables.join("\n"));
        let json = serde_json::to_string_pretty(content).expect("tables are plain data");
        for (ending, text) in [("md", markdown), ("json", json + "\n")] {
            let path = folder.join(format!("{name}.{ending}"));
            fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok(())
    }
}

impl Content {
    fn heading(&self) -> String {
        let load =
            self.load.map_or_else(String::new, |l| format!("; load average {l:.1} at first"));
        format!("Machine: {}{load}. Seed: {}.", self.machine, self.seed)
    }
}

/// The load average over one minute.
pub(crate) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}
