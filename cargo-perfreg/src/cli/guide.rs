//! The guide: every command in it is one of ours, its links lead somewhere, and nothing is left out of it in
//! silence. The functional tests run its commands.

pub(crate) mod page;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{CommandFactory, Parser};
use yaml_rust2::YamlLoader;

use crate::cli::Cli;
use crate::config::Config;
use crate::exit_code::ExitCode;

use page::{Block, CHAPTERS, Page, page, pages, spans};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where the guide points to for what is no chapter.
const REPOSITORY: &str = "https://github.com/perfreg/perfreg/";

/// What else shows commands.
const READMES: [&str; 4] =
    ["README.md", "cargo-perfreg/README.md", "examples/README.md", "perfreg-cuda/README.md"];

/// Why blocks are not run or compiled, and how many there are of each.
const LEFT_OUT: [(&str, usize); 6] = [
    ("it installs a program", 1),
    ("it needs a forge", 2),
    ("the tests of perfreg-cuda compile it", 1),
    ("it needs the sources of perfreg-cuda", 1),
    ("it needs a GPU", 1),
    ("it is another tool's", 4),
];

/// The arguments of each `cargo perfreg` in a line of a shell.
fn calls(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or_default();
    if let Some((before, rest)) = line.split_once("$(") {
        // What a command answers stands in the other as one word.
        let (within, after) = rest.split_once(')').unwrap_or((rest, ""));
        return [calls(within), calls(&format!("{before}answer{after}"))].concat();
    }
    let whole = line.split("cargo perfreg ").skip(1);
    let until = |rest: &str| rest.split([';', '|', '>', '&']).next().unwrap_or_default().to_owned();
    whole.map(until).collect()
}

#[track_caller]
fn check_call(place: &str, call: &str) {
    let words = shlex::split(call).unwrap_or_else(|| panic!("{place}: {call}"));
    let words = std::iter::once("cargo-perfreg".to_owned()).chain(words);
    match Cli::try_parse_from(words) {
        Ok(_) => {}
        Err(error) if !error.use_stderr() => {}
        Err(error) => panic!("{place}: `cargo perfreg {call}`: {error}"),
    }
}

fn blocks<'a>(pages: &'a [Page], language: &str) -> Vec<(String, &'a Block)> {
    let place = |page: &Page, block: &Block| format!("{}:{}", page.name, block.line);
    let all = pages
        .iter()
        .flat_map(|page| page.blocks.iter().map(move |block| (place(page, block), block)));
    all.filter(|(_, block)| block.language() == language).collect()
}

/// The chapters, and what else shows commands.
fn all_pages() -> Vec<Page> {
    let read = |name: &str| fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
    pages().into_iter().chain(READMES.map(|name| page(name, &read(name)))).collect()
}

#[test]
fn every_command_is_one_of_ours() {
    let pages = all_pages();
    let mut checked = 0;
    for (place, block) in blocks(&pages, "console") {
        for typed in block.typed() {
            for call in calls(&typed.command) {
                check_call(&place, &call);
                checked += 1;
            }
        }
    }
    for (place, block) in ["yaml", "sh"].iter().flat_map(|language| blocks(&pages, language)) {
        for call in block.text.lines().flat_map(calls) {
            check_call(&place, &call);
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} calls were looked at");
}

/// The options that a piece of code gives one of our commands, as `--strict` in `run --strict`, and the command.
fn options<'a>(code: &'a str, all: &clap::Command) -> Option<(clap::Command, Vec<&'a str>)> {
    let code = code.strip_prefix("cargo perfreg ").unwrap_or(code);
    let mut words = code.split_whitespace().peekable();
    let mut command = all.find_subcommand(words.next()?)?.clone();
    while let Some(inner) = words.peek().and_then(|word| command.find_subcommand(word)).cloned() {
        command = inner;
        words.next();
    }
    Some((command, words.filter_map(|word| word.strip_prefix("--")).collect()))
}

#[test]
fn options_in_the_text_are_ours() {
    let mut all = Cli::command();
    all.build();
    let mut checked = 0;
    // The `run` of perfreg-cuda's is that of its suite.
    for page in all_pages().iter().filter(|page| page.name != "perfreg-cuda/README.md") {
        for (line, text) in &page.said {
            for code in spans(text) {
                let Some((command, given)) = options(code, &all) else { continue };
                for option in given {
                    let option = option.split(['=', '|']).next().unwrap_or_default();
                    let is_known = |of: &clap::Arg| of.get_long() == Some(option);
                    let place = format!("{}:{line}: `{code}`", page.name);
                    assert!(
                        command.get_arguments().any(is_known),
                        "{place}: there is no --{option}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 30, "only {checked} options were looked at");
}

/// Everything that the sources say, with the lines of a long text put together.
fn sources(folder: &Path, said: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, said);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *said += &fs::read_to_string(path).unwrap();
        }
    }
}

#[test]
fn messages_that_are_explained_are_said() {
    let mut said = String::new();
    for package in ["perfreg-core", "cargo-perfreg"] {
        sources(&Path::new(ROOT).join(package).join("src"), &mut said);
    }
    let said = said.split("\\\n").map(str::trim_start).collect::<String>();
    let pages = pages();
    let troubles = pages.iter().find(|page| page.name == "troubleshooting.md").unwrap();
    let mut is_of_messages = false;
    let mut checked = 0;
    for (line, text) in &troubles.said {
        is_of_messages = text.starts_with("| message |") || is_of_messages && text.starts_with('|');
        let message = text.split('|').nth(1).filter(|_| is_of_messages).unwrap_or_default();
        for part in spans(message).flat_map(|message| message.split('…')).map(str::trim) {
            let part = part.trim_matches(['"', ':', ',', ' ']);
            let is_said = part.len() < 8 || said.contains(&part.replace('"', "\\\""));
            assert!(is_said, "{}:{line}: nothing says `{part}`", troubles.name);
            checked += 1;
        }
    }
    assert!(checked > 15, "only {checked} parts of messages were looked at");
}

#[test]
fn targets_of_cargo_that_are_not_run_are_there() {
    let pages = pages();
    let mut checked = 0;
    for (place, block) in blocks(&pages, "console") {
        for typed in block.typed() {
            let words: Vec<_> = typed.command.split_whitespace().collect();
            let after = |option: &str| {
                words.iter().position(|word| *word == option).and_then(|at| words.get(at + 1))
            };
            let Some(package) = after("-p") else { continue };
            for (option, folder) in [("--test", "tests"), ("--example", "examples")] {
                if let Some(target) = after(option) {
                    let target = Path::new(ROOT).join(package).join(folder).join(target);
                    let is_there =
                        target.with_extension("rs").exists() || target.join("main.rs").exists();
                    assert!(is_there, "{place}: there is no {}", target.display());
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 4);
}

#[test]
fn what_is_neither_run_nor_compiled_says_why() {
    const KNOWN: [&str; 8] = ["console", "rust", "toml", "yaml", "sh", "text", "json", "python"];
    let pages = pages();
    let mut left_out: Vec<(String, usize)> = Vec::new();
    for page in &pages {
        for block in &page.blocks {
            let place = format!("{}:{}", page.name, block.line);
            assert!(KNOWN.contains(&block.language()), "{place}: what is `{}`?", block.info);
            let is_code = matches!(block.language(), "rust" | "toml");
            let is_used = !is_code || block.file().is_some() || block.left_out.is_some();
            assert!(is_used, "{place}: of which file is it, or why is it not compiled?");
            // A reader does not see what stands behind the fence.
            let is_named = |file: &str| block.before.contains(&format!("`{file}`"));
            assert!(block.file().is_none_or(is_named), "{place}: the text does not name its file");
            if let Some(why) = &block.left_out {
                println!("{place}: {why}");
                match left_out.iter_mut().find(|(of, _)| of == why) {
                    Some((_, count)) => *count += 1,
                    None => left_out.push((why.clone(), 1)),
                }
            }
        }
    }
    let left_out: Vec<_> = left_out.iter().map(|(why, count)| (why.as_str(), *count)).collect();
    assert_eq!(left_out, LEFT_OUT, "each of these is one that nothing tests");
}

#[test]
fn what_a_chapter_writes_is_built_in_it() {
    let builds = [
        "cargo test",
        "cargo build",
        "cargo perfreg run",
        "cargo perfreg diff",
        "cargo perfreg list",
    ];
    for page in pages() {
        let at = |is: &dyn Fn(&Block) -> bool| page.blocks.iter().rposition(is);
        let written = at(&|block| block.language() == "rust" && block.file().is_some());
        let is_build = |block: &Block| {
            block.language() == "console"
                && block.left_out.is_none()
                && builds.iter().any(|build| block.text.contains(build))
        };
        let built = at(&is_build);
        assert!(written <= built, "{}: nothing builds the last file that it writes", page.name);
    }
}

#[test]
fn workflows_and_settings_are_in_order() {
    let pages = pages();
    for (place, block) in blocks(&pages, "yaml") {
        YamlLoader::load_from_str(&block.text).unwrap_or_else(|e| panic!("{place}: {e}"));
    }
    for (place, block) in blocks(&pages, "toml") {
        if block.file() == Some("perfreg.toml") {
            toml::from_str::<Config>(&block.text).unwrap_or_else(|e| panic!("{place}: {e}"));
        }
    }
}

/// A doctest would not look into the body of a test.
#[test]
fn the_example_of_a_kernel_is_one_that_is_compiled() {
    let read =
        |path: &str| fs::read_to_string(Path::new(ROOT).join("perfreg-cuda").join(path)).unwrap();
    let compiled = read("tests/on_device/example.rs");
    let (_, compiled) = compiled.split_once("\n\n").unwrap();
    let pages = pages();
    let kernel = |(place, _): &(String, &Block)| place.starts_with("gpu.md");
    let shown: Vec<_> = blocks(&pages, "rust").into_iter().filter(kernel).collect();
    assert_eq!(shown.iter().map(|(_, block)| &*block.text).collect::<Vec<_>>(), [compiled]);
    let own = read("src/lib.rs");
    let documented = own.lines().map_while(|line| line.strip_prefix("//!"));
    let documented: String =
        documented.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    assert!(documented.contains(&format!("```\n{compiled}```\n")), "{documented}");
}

#[test]
fn the_contents_list_every_chapter_once() {
    let listed: Vec<_> = pages().into_iter().map(|page| page.name).collect();
    let files = fs::read_dir(CHAPTERS)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    let written: BTreeSet<_> = files.filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), written);
    assert_eq!(listed.len(), written.len(), "{listed:?}");
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut checked = 0;
    for page in &pages {
        for (line, link) in &page.links {
            let place = format!("{}:{line}: {link}", page.name);
            checked += 1;
            if let Some(rest) = link.strip_prefix(REPOSITORY) {
                let path = rest.strip_prefix("blob/main/").or(rest.strip_prefix("tree/main/"));
                let path = path.and_then(|path| path.split('#').next());
                assert!(path.is_some_and(|path| Path::new(ROOT).join(path).exists()), "{place}");
            } else if !link.starts_with("https://") {
                let (name, anchor) = link.split_once('#').unwrap_or((link, ""));
                let meant = if name.is_empty() { &page.name } else { name };
                let other = pages.iter().find(|page| page.name == meant);
                let other = other.unwrap_or_else(|| panic!("{place}: no such chapter"));
                assert!(
                    anchor.is_empty() || other.anchors.iter().any(|is| is == anchor),
                    "{place}"
                );
            }
        }
    }
    assert!(checked > 30, "only {checked} links were looked at");
}

/// What the reference has to name: all that can be said.
#[test]
fn the_reference_is_whole() {
    let pages = pages();
    let reference = fs::read_to_string(Path::new(CHAPTERS).join("reference.md")).unwrap();
    assert!(pages.iter().any(|page| page.name == "reference.md"));
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(
            reference.contains(&format!("`{name}")),
            "the reference lacks `cargo perfreg {name}`"
        );
    }
    // What is not understood is answered by what would have been.
    let tables = ["", "run", "baselines", "severity", "severity.latency", "override"];
    for table in tables {
        let text = match table {
            "" => "nonsense = 1".to_owned(),
            "override" => "[[override]]\nnonsense = 1".to_owned(),
            name => format!("[{name}]\nnonsense = 1"),
        };
        let error = toml::from_str::<Config>(&text).unwrap_err().to_string();
        let keys = error.split("expected ").nth(1).unwrap_or_else(|| panic!("{error}"));
        for key in keys.split('`').skip(1).step_by(2) {
            let forms = [format!("{key} ="), format!("[{key}"), format!(".{key}]")];
            let is_there = forms.iter().any(|form| reference.contains(form));
            assert!(is_there, "the reference lacks `{key}` of [{table}]");
        }
    }
    for line in ExitCode::HELP.lines().skip(1) {
        let code = line.split_whitespace().next().unwrap();
        assert!(reference.contains(&format!("| {code} |")), "the reference lacks exit code {code}");
    }
}

#[test]
fn a_chapter_is_read() {
    let text = "# One: two\n\nA [link](b.md#c) and `[no](link)`.\n\n<!-- exit 1 -->\n\n```console\n\
                $ a\n$ b | cargo perfreg last; c\nsaid\n```\n<!-- not compiled: other's -->\n```rust,file=x.rs\nfn f() {}\n```\n";
    let page = page("a.md", text);
    assert_eq!(page.anchors, ["one-two"]);
    assert_eq!(page.links, [(3, "b.md#c".to_owned())]);
    let typed = page.blocks[0].typed();
    let told: Vec<_> =
        typed.iter().map(|one| (one.line, &*one.command, one.exit, one.shown.len())).collect();
    assert_eq!(told, [(8, "a", 0, 0), (9, "b | cargo perfreg last; c", 1, 1)]);
    assert_eq!(calls(&typed[1].command), ["last"]);
    assert_eq!(
        calls("cargo perfreg diff \"$(cargo perfreg ci base)\" HEAD > x"),
        ["ci base", "diff \"answer\" HEAD "]
    );
    let block = &page.blocks[1];
    assert_eq!((block.language(), block.file(), block.exit), ("rust", Some("x.rs"), 0));
    assert_eq!(block.left_out.as_deref(), Some("other's"));
}

#[test]
#[should_panic(expected = "cargo perfreg run --fast")]
fn a_command_that_is_none_is_found() {
    check_call("a.md:1", "run --fast");
}
