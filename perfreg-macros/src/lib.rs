//! The attribute macro of perfreg.
//!
//! Use it through `perfreg` or `perfreg-core`, which export it as [`macro@perf_regression`]:
//!
#![doc = include_str!("example.md")]
//!
//! A call goes through four steps, each a module: `args` and `function` read the tokens, `options`
//! and `signature` judge them (together: `model`), `expand` writes the test. If anything is wrong,
//! all errors are reported at once and `fallback` keeps the user's function.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;

mod args;
mod errors;
mod expand;
mod fallback;
mod function;
mod limit_text;
mod literals;
mod model;
mod options;
mod signature;
mod suggest;

#[doc = include_str!("attribute.md")]
#[proc_macro_attribute]
pub fn perf_regression(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(args.into(), item.into(), &quote!(::perfreg_core)).into()
}

// The same attribute for those who depend on the facade alone: it differs in the crate that the
// generated code names.
#[doc = include_str!("attribute.md")]
#[proc_macro_attribute]
pub fn perf_regression_of_facade(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute(args.into(), item.into(), &quote!(::perfreg)).into()
}

fn attribute(args: Tokens, item: Tokens, default_crate: &Tokens) -> Tokens {
    match model::read(args, item.clone()) {
        Ok(test) => expand::expand(&test, default_crate),
        Err(errors) => fallback::keep(item, errors),
    }
}
