//! What stands in for the test while the attribute has errors.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::errors::Errors;
use crate::function;

/// The errors and the user's item.
///
/// The item stays, so that its own errors show as well, editors still understand it, and its
/// imports do not become unused. Nothing calls it now, which is not worth a warning.
pub(crate) fn keep(item: TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    let item = match function::read(item.clone(), &mut Errors::default()) {
        Some(function) => {
            // Without the attributes of other tests: they would add errors of their own.
            let attributes = function.outer.iter().filter(|a| !a.path().is_ident("ignore"));
            let inner = function.inner.iter().filter(|a| function::refusal(a).is_none());
            let (visibility, signature) = (&function.visibility, &function.signature);
            let body = &function.body;
            quote! {
                #[allow(dead_code, unused_variables, reason = "its attribute has errors")]
                #(#attributes)* #(#inner)* #visibility #signature #body
            }
        }
        None => item.into_token_stream(),
    };
    quote!(#errors #item)
}
