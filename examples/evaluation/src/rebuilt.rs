//! Unchanged code, built otherwise: what the layout of an executable alone does to times.
//!
//! A workspace of its own is generated under `target/evaluation/rebuilt`, with one package for each
//! variant. They share their dependencies; each compiles the kernels and their tests once more.

use std::fs;
use std::path::Path;
use std::time::Instant;

use perfreg_evaluation::kernels::ALL;

use crate::arguments::Arguments;
use crate::live::{Paired, Subject, cargo_executable, cargo_folder, lock};
use crate::output::Report;
use crate::seed::mixed;
use crate::table::{Cell, Table};
use crate::tally::{Check, Tally};

/// How the source or the compilation differs; the work does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Variant {
    /// The same in every byte, under another package name.
    Copied,
    /// A comment before every item, which moves every line.
    Commented,
    /// The functions in the opposite order.
    Reordered,
    /// One codegen unit instead of sixteen.
    OneUnit,
}

impl Variant {
    const ALL: [Variant; 4] =
        [Variant::Copied, Variant::Commented, Variant::Reordered, Variant::OneUnit];

    fn name(self) -> &'static str {
        match self {
            Variant::Copied => "copied",
            Variant::Commented => "commented",
            Variant::Reordered => "reordered",
            Variant::OneUnit => "one-unit",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Variant::Copied => "the same source in a package of another name",
            Variant::Commented => "a comment before every item",
            Variant::Reordered => "the items in the opposite order",
            Variant::OneUnit => "codegen-units = 1",
        }
    }

    fn source(self, text: &str) -> String {
        match self {
            Variant::Copied | Variant::OneUnit => text.to_owned(),
            Variant::Commented => commented(text),
            Variant::Reordered => reordered(text),
        }
    }
}

/// What the variants are compared with.
const ORIGINAL: &str = "original";

/// Builds the variants and compares each with the original until the time is over.
///
/// # Errors
/// In words, if a variant cannot be built or a launch fails.
pub(crate) fn run(arguments: &Arguments, report: &mut Report) -> Result<(), String> {
    let root = cargo_folder().join("rebuilt");
    generate(&root)?;
    let original = build(&root, ORIGINAL)?;
    let mut variants = Vec::new();
    for variant in Variant::ALL {
        variants.push((variant, build(&root, variant.name())?));
    }
    let begun = Instant::now();
    let mut tallies = vec![vec![Tally::default(); ALL.len()]; variants.len()];
    for turn in 0_u64.. {
        for (kernel, (name, _)) in ALL.iter().enumerate() {
            for (at, (_, subject)) in variants.iter().enumerate() {
                if begun.elapsed() >= arguments.time {
                    return report.add(table(&variants, &tallies, arguments.seed));
                }
                let _machine = lock()?;
                let started = Instant::now();
                let seed = mixed(&[arguments.seed, turn, kernel as u64, at as u64]);
                let (before, now) = (original.workers(name, 0)?, subject.workers(name, 0)?);
                let check = Paired::compare(&before, &now, seed)?;
                tallies[at][kernel].add(Check { cost: started.elapsed().as_secs_f64(), ..check });
            }
        }
        report.add(table(&variants, &tallies, arguments.seed))?;
    }
    Ok(())
}

fn table(variants: &[(Variant, Subject)], tallies: &[Vec<Tally>], seed: u64) -> Table {
    let columns =
        ["variant", "kernel", "checks", "worse", "better", "inconclusive", "seen in %", "seconds"];
    let mut rows = Vec::new();
    for ((variant, _), of_kernels) in variants.iter().zip(tallies) {
        for ((name, _), tally) in ALL.iter().zip(of_kernels) {
            let mut row = vec![
                Cell::Text(variant.about().to_owned()),
                Cell::Text((*name).to_owned()),
                Cell::Number(tally.count() as f64),
            ];
            row.extend([tally.worse(), tally.better(), tally.undecided()].map(Cell::Share));
            row.push(Cell::from(tally.typical_change().map(|change| change * 100.0)));
            row.push(Cell::from(tally.median_cost()));
            rows.push(row);
        }
    }
    Table {
        title: "Unchanged code built otherwise, paired rule at 2 %".to_owned(),
        notes: vec![
            format!("seed {seed}; each against the original, in rounds, a suspicion heard again"),
            "the executables differ, the work does not: what is found here is real, and no line of the source is to blame".to_owned(),
        ],
        columns: columns.map(String::from).into(),
        rows,
    }
}

fn build(root: &Path, package: &str) -> Result<Subject, String> {
    eprintln!("building the variant {package} …");
    let package_name = format!("variant-{package}");
    let arguments = ["test", "--release", "--package", &package_name, "--test", "kernels"];
    Ok(Subject::new(cargo_executable(root, &arguments, "kernels")?, &root.join(package)))
}

fn generate(root: &Path) -> Result<(), String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = own.join("../..");
    let repository =
        repository.canonicalize().map_err(|error| format!("{}: {error}", repository.display()))?;
    let mut names = vec![ORIGINAL];
    names.extend(Variant::ALL.map(Variant::name));
    let members = names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let one_unit = Variant::OneUnit.name();
    write(
        &root.join("Cargo.toml"),
        &format!(
            "[workspace]\nmembers = [{members}]\nresolver = \"3\"\n\n\
             [profile.release.package.variant-{one_unit}]\ncodegen-units = 1\n"
        ),
    )?;
    // The versions that perfreg itself is built with; cargo leaves out what is not needed.
    let locked = read(&repository.join("Cargo.lock"))?;
    if !root.join("Cargo.lock").exists() {
        write(&root.join("Cargo.lock"), &locked)?;
    }
    for name in names {
        generate_variant(&root.join(name), name, &repository)?;
    }
    Ok(())
}

fn generate_variant(folder: &Path, name: &str, repository: &Path) -> Result<(), String> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let variant = Variant::ALL.into_iter().find(|variant| variant.name() == name);
    let source = |path: &str| {
        let text = read(&own.join(path))?;
        Ok::<_, String>(variant.map_or(text.clone(), |variant| variant.source(&text)))
    };
    let perfreg = repository.display().to_string();
    write(
        &folder.join("Cargo.toml"),
        &format!(
            "[package]\nname = \"variant-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             publish = false\n\n[lib]\nname = \"perfreg_evaluation\"\n\n\
             [dev-dependencies]\nperfreg = {{ path = {perfreg:?} }}\n"
        ),
    )?;
    let lib = "//! A variant of the kernels of perfreg's evaluation.\n\npub mod kernels;\n";
    write(&folder.join("src/lib.rs"), lib)?;
    write(&folder.join("src/kernels.rs"), &source("src/kernels.rs")?)?;
    write(&folder.join("tests/kernels.rs"), &source("tests/kernels.rs")?)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes what differs, so that nothing is built again for nothing.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let failed = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// The items of formatted source: an empty line followed by a line that is not indented ends one.
fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let ends = line.is_empty()
            && lines.peek().is_some_and(|next| !next.is_empty() && !next.starts_with(' '));
        match (ends, items.last_mut()) {
            (false, Some(item)) => {
                item.push_str(line);
                item.push('\n');
            }
            _ => items.push(String::new()),
        }
    }
    items
}

fn is_header(item: &str) -> bool {
    ["//!", "#!", "use "].iter().any(|start| item.starts_with(start))
}

fn commented(text: &str) -> String {
    let comment = "// A comment that says nothing,\n// in two lines.\n";
    let with = |item: &String| match is_header(item) {
        true => item.clone(),
        false => format!("{comment}{item}"),
    };
    items(text).iter().map(with).collect::<Vec<_>>().join("\n")
}

fn reordered(text: &str) -> String {
    let (mut headers, mut others): (Vec<String>, Vec<String>) =
        items(text).into_iter().partition(|item| is_header(item));
    others.reverse();
    headers.extend(others);
    headers.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Variant, commented, items, reordered};

    const SOURCE: &str =
        "//! Header.\n\nuse a::b;\n\n/// One.\nfn one() {\n    1;\n\n    2;\n}\n\nfn two() {}\n";

    #[test]
    fn items_are_told_apart() {
        let found = items(SOURCE);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found.join("\n"), SOURCE);
        assert_eq!(found[2], "/// One.\nfn one() {\n    1;\n\n    2;\n}\n");
    }

    #[test]
    fn variants_keep_every_item() {
        assert_eq!(
            reordered(SOURCE),
            "//! Header.\n\nuse a::b;\n\nfn two() {}\n\n/// One.\nfn one() {\n    1;\n\n    2;\n}\n"
        );
        let comments = commented(SOURCE).matches("// A comment").count();
        assert_eq!(comments, 2);
        assert_eq!(Variant::Copied.source(SOURCE), SOURCE);
    }
}
