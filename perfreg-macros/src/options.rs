//! What each option may say.

use std::collections::HashSet;

use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr, Path};

use crate::args::{Argument, Setting, Value};
use crate::errors::Errors;
use crate::limit_text;
use crate::literals;
use crate::model::{Case, Options};
use crate::suggest;

const OPTIONS: [&str; 12] = [
    "args",
    "baseline",
    "budget",
    "crate",
    "executor",
    "launches",
    "limits",
    "metrics",
    "reason",
    "samples",
    "skip_if",
    "threshold",
];

const METRICS: [&str; 15] = [
    "time",
    "wall_time",
    "thread_cpu_time",
    "process_cpu_time",
    "p95",
    "p99",
    "instructions",
    "allocations",
    "allocated_bytes",
    "peak_bytes",
    "process_allocations",
    "process_allocated_bytes",
    "process_peak_bytes",
    "peak_resident_bytes",
    "cpu_share",
];

/// Reads the options; what is wrong becomes an error and stays `None`.
pub(crate) fn read(settings: Vec<Setting>, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let mut seen = HashSet::new();
    let mut reason = None;
    for Setting { key, value } in settings {
        let name = key.to_string();
        if !OPTIONS.contains(&name.as_str()) {
            let hint = suggest::hint(&name, &OPTIONS);
            errors.at(&key, format!("unknown option `{name}`: {hint}"));
            continue;
        }
        if name == "reason" {
            reason.get_or_insert_with(|| key.clone());
        }
        if !seen.insert(name.clone()) {
            errors.at(&key, format!("`{name}` is set twice"));
            continue;
        }
        match value {
            Value::Broken => {}
            Value::Arguments(arguments) => options.args = cases(&key, arguments, errors),
            Value::Limits(limits) => options.limits = self::limits(&key, limits, errors),
            Value::Expr(value) => {
                if let Err(error) = options.set(&name, &value, errors) {
                    errors.push(error);
                }
            }
        }
    }
    if let Some(key) = reason
        && !seen.contains("threshold")
    {
        errors.at(key, "`reason` says why the threshold was chosen: there is no `threshold`");
    }
    options
}

impl Options {
    fn set(&mut self, name: &str, value: &Expr, errors: &mut Errors) -> syn::Result<()> {
        match name {
            "baseline" => self.baseline = Some(baseline(value)?),
            "budget" => self.budget_ns = Some(budget(value)?),
            "crate" => {
                self.krate = Some(path(value, "`crate` is a path, such as `crate = ::renamed`")?);
            }
            "executor" => {
                let message = "`executor` is the path of a function that runs a future, such as \
                     `executor = my::block_on`";
                self.executor = Some(path(value, message)?);
            }
            "launches" => self.launches = Some(at_least(3, 12, name, value)?),
            "metrics" => self.metrics = metrics(value, errors)?,
            "reason" => self.reason = Some(reason(value)?),
            "samples" => self.samples = Some(at_least(1, 50, name, value)?),
            "skip_if" => {
                let message = "`skip_if` is the path of a `fn() -> Option<impl Display>`, such as \
                     `skip_if = gpu::unavailable`";
                self.skip_if = Some(path(value, message)?);
            }
            "threshold" => self.threshold = Some(threshold(value)?),
            _ => {}
        }
        Ok(())
    }
}

fn error<T>(at: impl quote::ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new_spanned(at, message))
}

fn path(value: &Expr, message: &str) -> syn::Result<Path> {
    literals::path(value).cloned().map_or_else(|| error(value, message), Ok)
}

fn baseline(value: &Expr) -> syn::Result<LitStr> {
    let Some(literal) = literals::string(value) else {
        return error(value, "`baseline` is a string, such as `baseline = \"gt/sort.json\"`");
    };
    let path = literal.value();
    if path.contains('\\') {
        return error(value, "the parts of a `baseline` are separated by `/`, on every system");
    }
    if path.chars().any(char::is_control) {
        return error(value, "a `baseline` has no control characters");
    }
    // `C:` would be absolute on Windows alone.
    if path.starts_with('/') || path.chars().nth(1) == Some(':') {
        return error(value, "a `baseline` is relative to the package's directory, not absolute");
    }
    if path.split('/').any(|part| part == "..") {
        return error(value, "a `baseline` stays in its package: `..` may not stand in its path");
    }
    let file = path.rsplit('/').next().unwrap_or_default();
    if file.strip_suffix(".json").is_none_or(str::is_empty) {
        return error(
            value,
            "a `baseline` is a file that ends in `.json`, such as \"gt/sort.json\"",
        );
    }
    Ok(literal)
}

fn threshold(value: &Expr) -> syn::Result<f64> {
    literals::string(value).and_then(|text| literals::percentage(&text.value())).map_or_else(
        || {
            error(
                value,
                "`threshold` is a percentage above 0 and under 1000, such as `threshold = \"3%\"`",
            )
        },
        Ok,
    )
}

fn budget(value: &Expr) -> syn::Result<u64> {
    literals::string(value).and_then(|text| literals::duration(&text.value())).map_or_else(
        || {
            error(
                value,
                "`budget` is a duration above 0 in ns, us, ms, s or m, such as `budget = \"2s\"`",
            )
        },
        Ok,
    )
}

fn reason(value: &Expr) -> syn::Result<LitStr> {
    literals::string(value).filter(|text| !text.value().trim().is_empty()).map_or_else(
        || error(value, "`reason` is a string that says why the threshold was chosen"),
        Ok,
    )
}

fn at_least(least: u32, example: u32, name: &str, value: &Expr) -> syn::Result<u32> {
    literals::integer(value)
        .and_then(|literal| literal.base10_parse().ok())
        .filter(|number| *number >= least)
        .map_or_else(
            || {
                error(
                    value,
                    format!(
                        "`{name}` is a whole number of at least {least}, such as \
                         `{name} = {example}`"
                    ),
                )
            },
            Ok,
        )
}

fn metrics(value: &Expr, errors: &mut Errors) -> syn::Result<Option<Vec<String>>> {
    let Some(elements) = literals::list(value) else {
        return error(value, "`metrics` is a list, such as `metrics = [wall_time, \"accuracy\"]`");
    };
    let elements: Vec<&Expr> = elements.collect();
    if elements.is_empty() {
        return error(value, "`metrics` is empty: name one, or remove the option");
    }
    let mut names = Vec::new();
    for element in elements {
        match metric(element) {
            Ok(name) if names.contains(&name) => {
                errors.at(element, format!("the metric `{name}` stands here twice"));
            }
            Ok(name) => names.push(name),
            Err(error) => errors.push(error),
        }
    }
    Ok(Some(names))
}

fn metric(element: &Expr) -> syn::Result<String> {
    if let Some(name) = literals::path(element).and_then(Path::get_ident) {
        let name = name.to_string();
        if METRICS.contains(&name.as_str()) {
            return Ok(name);
        }
        let hint = suggest::hint(&name, &METRICS);
        let custom = "one that the test itself records is written in quotes";
        return error(element, format!("unknown metric `{name}`: {hint}; {custom}"));
    }
    let Some(literal) = literals::string(element) else {
        return error(element, "a metric is a known name, such as `wall_time`, or a string");
    };
    let name = literal.value();
    if METRICS.contains(&name.as_str()) {
        return error(element, format!("`{name}` is a known metric: write it without quotes"));
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return error(element, "the name of a metric is text on one line");
    }
    Ok(name)
}

fn cases(key: &syn::Ident, arguments: Vec<Argument>, errors: &mut Errors) -> Option<Vec<Case>> {
    if arguments.is_empty() {
        errors.at(key, "`args` is empty: the test would have no case");
        return None;
    }
    let mut seen = HashSet::new();
    for argument in &arguments {
        let Some((name, span)) = known_name(argument) else { continue };
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            errors.push(syn::Error::new(span, "the name of an argument is text on one line"));
        } else if !seen.insert(name.clone()) {
            let message =
                format!("two arguments are called `{name}`: name them with `\"name\" => value`");
            errors.push(syn::Error::new(span, message));
        }
    }
    Some(arguments.into_iter().map(|Argument { name, value }| Case { name, value }).collect())
}

/// Every limit with its reason; what is wrong is an error where it stands.
fn limits(key: &syn::Ident, pairs: Vec<Argument>, errors: &mut Errors) -> Vec<(LitStr, LitStr)> {
    if pairs.is_empty() {
        errors.at(key, "`limits` is empty: write one, or remove the option");
    }
    let mut limits = Vec::new();
    for Argument { name, value } in pairs {
        let Some(limit) = name else {
            let message = "a limit needs its reason: \"under 50 ms\" => \"a frame lasts 60 ms\"";
            errors.at(&value, message);
            continue;
        };
        if let Err(message) = limit_text::parse(&limit.value()) {
            errors.at(&limit, message);
        }
        match literals::string(&value).filter(|reason| !reason.value().trim().is_empty()) {
            Some(reason) => limits.push((limit, reason)),
            None => errors.at(&value, "the reason of a limit is a string that says why"),
        }
    }
    limits
}

/// The case's name and where it stands, as far as it can be known before the argument is built.
fn known_name(argument: &Argument) -> Option<(String, proc_macro2::Span)> {
    if let Some(name) = &argument.name {
        return Some((name.value(), name.span()));
    }
    let name = match literals::literal(&argument.value)? {
        Lit::Str(literal) => literal.value(),
        Lit::Char(literal) => literal.value().to_string(),
        Lit::Bool(literal) => literal.value().to_string(),
        Lit::Int(literal) => literal.base10_digits().to_owned(),
        _ => return None,
    };
    Some((name, argument.value.span()))
}
