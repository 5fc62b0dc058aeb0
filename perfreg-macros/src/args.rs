//! The syntax of the attribute's arguments: `key = value, …`, with no opinion on what they mean.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
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
            match input.parse() {
                Ok(setting) => settings.push(setting),
                Err(error) => {
                    errors.push(error);
                    skip_setting(input)?;
                }
            }
            if !input.is_empty()
                && let Err(error) = input.parse::<Token![,]>()
            {
                errors.push(error);
                skip_setting(input)?;
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = syn::parse::Parser::parse2(parser, tokens) {
        errors.push(error);
    }
    settings
}

/// Skips to the next comma or the end, so that the settings after a broken one are still read.
fn skip_setting(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an option, such as `baseline = \"gt/sort.json\"`"));
        }
        let key = Ident::parse_any(input)?;
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(key.span(), format!("`{key}` needs a value: `{key} = …`")));
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(key.span(), format!("`{key} =` needs a value")));
        }
        let value = if key == "args" { arguments(input)? } else { Value::Expr(input.parse()?) };
        Ok(Self { key, value })
    }
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
    let arguments = list.parse_terminated(Argument::parse, Token![,])?;
    Ok(Value::Arguments(arguments.into_iter().collect()))
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
