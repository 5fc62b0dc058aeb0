//! The attribute macro of perfreg.

use proc_macro::TokenStream;

/// Placeholder.
#[proc_macro_attribute]
pub fn perf_regression(_args: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Placeholder.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn perf_regression_of_facade(_args: TokenStream, item: TokenStream) -> TokenStream {
    item
}
