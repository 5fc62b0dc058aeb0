//! What a valid use of the attribute says.

use proc_macro2::TokenStream;
use syn::{Expr, LitStr, Path, Type};

use crate::args;
use crate::errors::Errors;
use crate::function::{self, Function};
use crate::options;
use crate::signature;

/// A valid use of the attribute.
pub(crate) struct Test {
    pub(crate) function: Function,
    pub(crate) form: Form,
    pub(crate) options: Options,
}

/// What the generated code needs to call the function.
pub(crate) struct Form {
    /// The type of the `Bencher` parameter; without one, the body is the measured unit.
    pub(crate) bencher: Option<Type>,
    /// The type of the parameter that takes the values of `args`.
    pub(crate) argument: Option<Type>,
    pub(crate) output: Output,
}

/// What is known of the return type.
pub(crate) enum Output {
    /// None is written.
    Unit,
    /// It can be repeated in the generated code.
    Named(Box<Type>),
    /// `impl Trait` or `!`: it cannot be named elsewhere, and is no `Result`.
    Opaque,
}

/// The options; `None` where the attribute is silent.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) args: Option<Vec<Case>>,
    pub(crate) baseline: Option<LitStr>,
    pub(crate) budget_ns: Option<u64>,
    pub(crate) krate: Option<Path>,
    pub(crate) executor: Option<Path>,
    pub(crate) launches: Option<u32>,
    /// Limits with their reasons.
    pub(crate) limits: Vec<(LitStr, LitStr)>,
    pub(crate) metrics: Option<Vec<String>>,
    pub(crate) reason: Option<LitStr>,
    pub(crate) samples: Option<u32>,
    pub(crate) skip_if: Option<Path>,
    pub(crate) threshold: Option<f64>,
}

/// An element of `args`.
pub(crate) struct Case {
    pub(crate) name: Option<LitStr>,
    pub(crate) value: Expr,
}

/// Reads and judges a use of the attribute; reports everything that is wrong with it.
pub(crate) fn read(attribute: TokenStream, item: TokenStream) -> Result<Test, Errors> {
    let mut errors = Errors::default();
    let settings = args::read(attribute, &mut errors);
    let keys = signature::Keys::of(&settings);
    let options = options::read(settings, &mut errors);
    let function = function::read(item, &mut errors);
    let form = function
        .as_ref()
        .and_then(|function| signature::read(&function.signature, &keys, &mut errors));
    match (function, form) {
        (Some(function), Some(form)) => errors.or(Test { function, form, options }),
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn errors(attribute: TokenStream, item: TokenStream) -> String {
        match read(attribute, item) {
            Ok(_) => String::new(),
            Err(errors) => errors.into_compile_errors().to_string(),
        }
    }

    // The compiler refuses these too, in words that change: no place for them in the UI tests.
    #[test]
    fn what_no_free_function_can_be() {
        let variadic = errors(
            quote!(),
            quote!(
                unsafe extern "C" fn f(x: u32, ...) {}
            ),
        );
        assert!(variadic.contains("a variable number of arguments"), "{variadic}");
        let method = errors(
            quote!(),
            quote!(
                fn f(self) {}
            ),
        );
        assert!(method.contains("it has no `self`"), "{method}");
    }

    #[test]
    fn a_body_is_not_read() {
        assert_eq!(errors(quote!(), quote!(fn f() { let x = ; x. })), "");
    }
}
