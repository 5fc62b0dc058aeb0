//! Collects errors, so that one compilation shows all of them.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The errors of one attribute so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds an error on `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// `value`, or the errors if there is one.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Errors> {
        if self.0.is_none() { Ok(value) } else { Err(self) }
    }

    /// The errors as code that fails to compile with them.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.map(|errors| errors.to_compile_error()).unwrap_or_default()
    }
}
