//! The syntax of the attribute's arguments: `key = value, …`, with no opinion on what they mean.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
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
    /// Of `args`, which alone has the form `[a, "name" => b]`.
    Arguments(Vec<Argument>),
    /// It has its error already; that the option is there still counts.
    Broken,
}

/// An element of `args`.
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
    if key == "args" { arguments(input) } else { input.parse().map(Value::Expr) }
}

fn arguments(input: ParseStream<'_>) -> syn::Result<Value> {
    if !input.peek(syn::token::Bracket) {
        let value: Expr = input.parse()?;
        return Err(syn::Error::new_spanned(
            value,
            "`args` is a list, such as `args = [1_000, \"large\" => 100_000]`",
        ));
    }
    let list;
    syn::bracketed!(list in input);
    let arguments = list.parse_terminated(Argument::parse, Token![,]);
    // What is left of a broken list would be an error of its own.
    list.parse::<proc_macro2::TokenStream>()?;
    Ok(Value::Arguments(arguments?.into_iter().collect()))
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let first: Expr = input.parse()?;
        if !input.peek(Token![=>]) {
            return Ok(Self { name: None, value: first });
        }
        let Some(name) = literals::string(&first) else {
            return Err(syn::Error::new_spanned(
                first,
                "the name of an argument is a string, as in `\"large\" => 100_000`",
            ));
        };
        input.parse::<Token![=>]>()?;
        Ok(Self { name: Some(name), value: input.parse()? })
    }
}
