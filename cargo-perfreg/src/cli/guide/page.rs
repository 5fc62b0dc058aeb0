//! A chapter of the guide, read: what it says, what it has one type, and what it points to.
//!
//! A block of code is run or compiled unless a comment before it says why that cannot be. The tests of
//! the command line and the functional tests read it alike.

use std::fs;
use std::path::Path;

/// The folder of the chapters.
pub(crate) const CHAPTERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/src");

/// A chapter.
#[derive(Debug)]
pub(crate) struct Page {
    /// The file below [`CHAPTERS`].
    pub(crate) name: String,
    /// The blocks of code, in their order.
    pub(crate) blocks: Vec<Block>,
    /// Where the text points to, each with its line.
    pub(crate) links: Vec<(usize, String)>,
    /// The headings, as links name them.
    pub(crate) anchors: Vec<String>,
    /// The lines that are no code, each with its number.
    pub(crate) said: Vec<(usize, String)>,
}

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line of its fence.
    pub(crate) line: usize,
    /// What is said since the block before.
    pub(crate) before: String,
    /// What stands behind the fence, such as `rust,file=tests/perf.rs`.
    pub(crate) info: String,
    /// The lines in it.
    pub(crate) text: String,
    /// Why it is not run or compiled.
    pub(crate) left_out: Option<String>,
    /// How its last command ends.
    pub(crate) exit: i32,
}

/// What is typed, and what it answers.
#[derive(Debug)]
pub(crate) struct Typed {
    pub(crate) line: usize,
    pub(crate) command: String,
    /// The lines shown; `…` stands for anything.
    pub(crate) shown: Vec<String>,
    pub(crate) exit: i32,
}

impl Block {
    /// The language of the block.
    pub(crate) fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default()
    }

    /// The file of the project that it is the text of.
    pub(crate) fn file(&self) -> Option<&str> {
        self.info.split(',').find_map(|word| word.strip_prefix("file="))
    }

    /// The commands of a block of the language `console`.
    pub(crate) fn typed(&self) -> Vec<Typed> {
        let mut all: Vec<Typed> = Vec::new();
        for (at, line) in self.text.lines().enumerate() {
            if let Some(command) = line.strip_prefix("$ ") {
                let (line, command) = (self.line + at + 1, command.to_owned());
                all.push(Typed { line, command, shown: Vec::new(), exit: 0 });
            } else {
                let last = all.last_mut();
                let last = last.unwrap_or_else(|| panic!("line {}: no `$ ` before", self.line));
                last.shown.push(line.to_owned());
            }
        }
        if let Some(last) = all.last_mut() {
            last.exit = self.exit;
        }
        all
    }
}

/// The chapters that the table of contents lists, in its order.
pub(crate) fn pages() -> Vec<Page> {
    let contents = read("SUMMARY.md");
    let names = contents.lines().filter_map(|line| line.trim().split_once("](")?.1.split_once(')'));
    names.map(|(name, _)| page(name, &read(name))).collect()
}

fn read(name: &str) -> String {
    let path = Path::new(CHAPTERS).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Reads the chapter `name`.
pub(crate) fn page(name: &str, text: &str) -> Page {
    let mut page = Page {
        name: name.to_owned(),
        blocks: Vec::new(),
        links: Vec::new(),
        anchors: Vec::new(),
        said: Vec::new(),
    };
    let mut lines = text.lines().zip(1..);
    let (mut before, mut left_out, mut exit) = (String::new(), None, 0);
    while let Some((line, number)) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let within: Vec<_> =
                lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```").collect();
            let text = within.iter().map(|line| format!("{line}\n")).collect();
            let info = info.to_owned();
            let (before, left_out) = (std::mem::take(&mut before), left_out.take());
            let block = Block { line: number, before, info, text, left_out, exit };
            page.blocks.push(block);
            exit = 0;
        } else if let Some(comment) = line.strip_prefix("<!-- ") {
            let comment =
                comment.strip_suffix(" -->").unwrap_or_else(|| panic!("{name}:{number}: {line}"));
            match comment.split_once(' ') {
                Some(("exit", code)) => {
                    exit = code.parse().unwrap_or_else(|_| panic!("{name}:{number}: {line}"));
                }
                _ => match comment
                    .strip_prefix("not run: ")
                    .or(comment.strip_prefix("not compiled: "))
                {
                    Some(why) => left_out = Some(why.to_owned()),
                    None => panic!("{name}:{number}: what is `{comment}`?"),
                },
            }
        } else {
            let marked = left_out.is_some() || exit != 0;
            assert!(
                line.is_empty() || !marked,
                "{name}:{number}: the comment before stands before no block"
            );
            if let Some(heading) = line.strip_prefix('#') {
                page.anchors.push(anchor(heading.trim_start_matches('#').trim()));
            }
            before += line;
            page.said.push((number, line.to_owned()));
            page.links.extend(links(line).map(|link| (number, link)));
        }
    }
    page
}

/// A heading as the books' links name it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The code within a line.
pub(crate) fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Where a line points to, outside of code.
fn links(line: &str) -> impl Iterator<Item = String> {
    let outside: String = line.split('`').step_by(2).collect();
    let links: Vec<_> = outside
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link.to_owned())
        .collect();
    links.into_iter()
}
