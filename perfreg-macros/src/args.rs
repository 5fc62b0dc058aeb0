//! The syntax of the attribute's arguments: `key = value, …`, with no opinion on what they mean.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitStr, Token};

use crate::errors::Errors;
use crate::literals;

/// One `key = value`.
pub(crate) struct Setting {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What stands behind the `=`.
pub(crate) enum Value {
    Expr(Expr),
    /// Of `args`, which has the form `[a, "name" => b]`.
    Arguments(Vec<Argument>),
    /// Of `limits`, which has the form `["limit" => "reason"]`.
    Limits(Vec<Argument>),
    /// It has its error already; that the option is there still counts.
    Broken,
}

/// An element of `args` or `limits`.
pub(crate) struct Argument {
    pub(crate) name: Option<LitStr>,
    pub(crate) value: Expr,
}

/// Reads all settings that can be read; the others become errors.
pub(crate) fn read(tokens: proc_macro2::TokenStream, errors: &mut Errors) -> Vec<Setting> {
    let mut settings = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = setting(input, &mut settings) {
                errors.push(error);
                // The settings after a broken one are still read.
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
    settings
}

fn setting(input: ParseStream<'_>, settings: &mut Vec<Setting>) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected an option, such as `baseline = \"gt/sort.json\"`"));
    }
    let key = Ident::parse_any(input)?;
    let value = value(&key, input);
    let (value, error) = value.map_or_else(|e| (Value::Broken, Some(e)), |v| (v, None));
    settings.push(Setting { key, value });
    match error {
        Some(error) => Err(error),
        None if input.is_empty() || input.peek(Token![,]) => Ok(()),
        None => Err(input.error("expected `,`")),
    }
}

fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Value> {
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(key.span(), format!("`{key}` needs a value: `{key} = …`")));
    }
    match key.to_string().as_str() {
        "args" => {
            let example = "`args` is a list, such as `args = [1_000, \"large\" => 100_000]`";
            list(
                input,
                example,
                "the name of an argument is a string, as in `\"large\" => 100_000`",
            )
            .map(Value::Arguments)
        }
        "limits" => {
            let example = "`limits` is a list, such as \
                 `limits = [\"under 50 ms\" => \"a frame lasts 60 ms\"]`";
            let name = "a limit is a string, as in `\"under 50 ms\" => \"a frame lasts 60 ms\"`";
            list(input, example, name).map(Value::Limits)
        }
        _ => input.parse().map(Value::Expr),
    }
}

/// `[value, "name" => value, …]`; `example` says so where it is not, `name` where the name is none.
fn list(input: ParseStream<'_>, example: &str, name: &str) -> syn::Result<Vec<Argument>> {
    if !input.peek(syn::token::Bracket) {
        let value: Expr = input.parse()?;
        return Err(syn::Error::new_spanned(value, example));
    }
    let list;
    syn::bracketed!(list in input);
    let arguments = terminated(&list, name);
    // What is left of a broken list would be an error of its own.
    list.parse::<proc_macro2::TokenStream>()?;
    arguments
}

fn terminated(input: ParseStream<'_>, name: &str) -> syn::Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    while !input.is_empty() {
        arguments.push(argument(input, name)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(arguments)
}

fn argument(input: ParseStream<'_>, message: &str) -> syn::Result<Argument> {
    let first: Expr = input.parse()?;
    if !input.peek(Token![=>]) {
        return Ok(Argument { name: None, value: first });
    }
    let Some(name) = literals::string(&first) else {
        return Err(syn::Error::new_spanned(first, message));
    };
    input.parse::<Token![=>]>()?;
    Ok(Argument { name: Some(name), value: input.parse()? })
}
