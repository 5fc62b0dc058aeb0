//! A kernel's declarations, labels and statements.

use std::collections::HashMap;

use super::mnemonic;
use super::operands::Names;
use crate::error::{Fault, syntax};
use crate::instruction::{Guard, Instruction, Operation};
use crate::program::Parsed;

/// Reads the kernel of this name.
pub(crate) fn kernel(ptx: &str, entry: &str) -> Result<Parsed, Fault> {
    let mut names = Names::default();
    let header = format!(".entry {entry}(");
    let mut lines = ptx.lines().enumerate().map(|(at, line)| (at + 1, without_comment(line)));
    let mut dynamic = None;
    loop {
        let Some((number, line)) = lines.next() else {
            return syntax(0, format!("there is no kernel `{entry}`"));
        };
        if let Some(name) = line.strip_prefix(".extern .shared") {
            dynamic = Some((number, name.to_owned()));
        }
        if line.ends_with(&header) {
            break;
        }
    }
    let mut parsed = Parsed::default();
    for (number, line) in lines.by_ref() {
        if line.starts_with(".param") {
            parsed.argument_bytes = names.declare_argument(number, line)?;
        }
        if line == "{" {
            break;
        }
    }
    read_body(lines, &mut names, &mut parsed, dynamic)?;
    parsed.registers = names.registers;
    Ok(parsed)
}

/// A statement of the body, with its line; its branch target is still a name.
struct Statement<'a> {
    line: usize,
    text: &'a str,
}

fn read_body<'a>(
    lines: impl Iterator<Item = (usize, &'a str)>,
    names: &mut Names,
    parsed: &mut Parsed,
    dynamic: Option<(usize, String)>,
) -> Result<(), Fault> {
    let mut labels = HashMap::new();
    let mut statements = Vec::new();
    for (number, line) in lines {
        match line {
            "" => {}
            "}" => break,
            _ if line.starts_with(".reg") || line.starts_with(".pragma") => {}
            _ if line.starts_with(".shared") => {
                parsed.shared_bytes = names.declare_shared(number, line, parsed.shared_bytes)?;
            }
            _ => match line.strip_suffix(':') {
                Some(label) => {
                    labels.insert(label, statements.len());
                }
                None => statements.push(Statement { line: number, text: line }),
            },
        }
    }
    if let Some((number, line)) = dynamic {
        // What a launch adds lies behind what is declared.
        parsed.shared_bytes = names.declare_shared(number, &line, parsed.shared_bytes)?;
    }
    for statement in statements {
        parsed.instructions.push(read_statement(&statement, names, &labels)?);
    }
    Ok(())
}

fn read_statement(
    statement: &Statement<'_>,
    names: &mut Names,
    labels: &HashMap<&str, usize>,
) -> Result<Instruction, Fault> {
    let line = statement.line;
    let Some(text) = statement.text.strip_suffix(';') else {
        return syntax(line, format!("no end of a statement in `{}`", statement.text));
    };
    let (guard, text) = match text.strip_prefix('@') {
        None => (None, text),
        Some(rest) => {
            let (predicate, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let (when, name) =
                predicate.strip_prefix('!').map_or((true, predicate), |name| (false, name));
            (Some(Guard { register: names.register(name), when }), text)
        }
    };
    let (mnemonic, operands) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    let operation = match mnemonic.trim() {
        "bra" | "bra.uni" => match labels.get(operands.trim()) {
            Some(target) => Operation::Branch(*target),
            None => return syntax(line, format!("no label `{}`", operands.trim())),
        },
        mnemonic => mnemonic::decode(line, mnemonic, operands, names)?,
    };
    Ok(Instruction { line, guard, operation })
}

fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(text, _)| text).trim()
}
