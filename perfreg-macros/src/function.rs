//! The annotated item: a function whose body stays a lump of tokens, so that a half-typed one is
//! the compiler's and the editor's business.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

use crate::errors::Errors;

/// The annotated function.
pub(crate) struct Function {
    /// Those that the generated test keeps: documentation, conditions, lint levels, `#[ignore]`.
    pub(crate) outer: Vec<Attribute>,
    /// All others: they were written for the function itself.
    pub(crate) inner: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenTree,
}

struct Item {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: TokenTree,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body: TokenTree = input.parse()?;
        match &body {
            // A block that comes out of a `macro_rules!` fragment has an invisible group around it.
            TokenTree::Group(group)
                if matches!(group.delimiter(), Delimiter::Brace | Delimiter::None) => {}
            other => return Err(syn::Error::new_spanned(other, "a test needs a body: `{ … }`")),
        }
        Ok(Self { attributes, visibility, signature, body })
    }
}

/// Reads the function and refuses attributes that cannot stand beside this one.
pub(crate) fn read(item: TokenStream, errors: &mut Errors) -> Option<Function> {
    if let Some((keyword, what)) = other_item(&item) {
        let message = format!("`#[perf_regression]` goes on a function, not on {what}");
        errors.at(keyword, message);
        return None;
    }
    let item: Item = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    for attribute in &item.attributes {
        if let Some(message) = refusal(attribute) {
            errors.at(attribute, message);
        }
    }
    let (outer, inner) = item.attributes.into_iter().partition(stays_outside);
    Some(Function {
        outer,
        inner,
        visibility: item.visibility,
        signature: item.signature,
        body: item.body,
    })
}

/// The keyword and the article of an item that is no function.
fn other_item(item: &TokenStream) -> Option<(Ident, &'static str)> {
    let keyword = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let word: Ident = input.call(Ident::parse_any)?;
        let constant = word == "const" && input.peek2(syn::Token![:]);
        input.parse::<TokenStream>()?;
        Ok((word, constant))
    };
    let (word, constant) = keyword.parse2(item.clone()).ok()?;
    let what = match word.to_string().as_str() {
        "const" if constant => "a constant",
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "trait" => "a trait",
        "impl" => "an impl: put it on a free function",
        "mod" => "a module: put it on each test",
        "static" => "a static",
        "type" => "a type",
        "use" => "a `use`",
        _ => return None,
    };
    Some((word, what))
}

pub(crate) fn refusal(attribute: &Attribute) -> Option<&'static str> {
    let name = attribute.path().segments.last()?.ident.unraw();
    if name == "test" {
        Some(
            "`#[perf_regression]` makes the function a test: with this attribute it would run twice",
        )
    } else if name == "should_panic" {
        Some("a test that panics cannot be measured: remove `#[should_panic]`")
    } else if name == "perf_regression" || name == "perf_regression_of_facade" {
        Some("`#[perf_regression]` stands here twice: put all options into one")
    } else {
        None
    }
}

fn stays_outside(attribute: &Attribute) -> bool {
    const NAMES: [&str; 10] = [
        "allow",
        "cfg",
        "cfg_attr",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "ignore",
        "warn",
    ];
    attribute.path().get_ident().is_some_and(|name| NAMES.iter().any(|known| name == known))
}

/// The function's name as libtest prints it: `r#` only before a word that needs it.
pub(crate) fn printed_name(name: &Ident) -> String {
    let bare = name.unraw();
    let word = bare.to_string();
    // `gen` is reserved since edition 2024, which the parser does not know.
    let reserved = word == "gen" || syn::parse2::<Ident>(bare.to_token_stream()).is_err();
    let raw = *name != bare;
    if raw && reserved { format!("r#{word}") } else { word }
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn names_are_those_of_libtest() {
        assert_eq!(printed_name(&format_ident!("sort")), "sort");
        assert_eq!(printed_name(&format_ident!("r#match")), "r#match");
        assert_eq!(printed_name(&format_ident!("r#sort")), "sort");
        assert_eq!(printed_name(&format_ident!("größe")), "größe");
    }
}
