//! Which forms a function may have, and what each lacks.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, PatType, ReturnType, Safety, Signature, Type};

use crate::args::Setting;
use crate::errors::Errors;
use crate::model::{Form, Output};

/// The options that the form depends on, whether or not their values are right.
pub(crate) struct Keys {
    args: Option<Ident>,
    executor: Option<Ident>,
}

impl Keys {
    pub(crate) fn of(settings: &[Setting]) -> Self {
        let key = |name| settings.iter().map(|s| &s.key).find(|key| *key == name).cloned();
        Self { args: key("args"), executor: key("executor") }
    }
}

/// The form of the function; `None` only after an error.
pub(crate) fn read(signature: &Signature, keys: &Keys, errors: &mut Errors) -> Option<Form> {
    refuse_qualifiers(signature, errors);
    if let Some(executor) = &keys.executor
        && signature.asyncness.is_none()
    {
        errors.at(executor, "`executor` runs an `async fn`; this function is not async");
    }
    let output = output(&signature.output, errors);
    let (bencher, argument) = parameters(signature, keys, errors)?;
    Some(Form { bencher, argument, output: output? })
}

fn refuse_qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, "a test is called without `unsafe`: put an `unsafe` block into the body");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "a test has Rust's own calling convention: remove `extern`");
    }
    if !signature.generics.params.is_empty() {
        let message = "a test cannot be generic: nothing would choose the parameters";
        errors.at(&signature.generics, message);
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.at(clause, "a test cannot have a `where` clause: it is not generic");
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "a test cannot take a variable number of arguments");
    }
}

type Parameters = (Option<Type>, Option<Type>);

fn parameters(signature: &Signature, keys: &Keys, errors: &mut Errors) -> Option<Parameters> {
    let mut typed = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Typed(parameter) => typed.push(parameter),
            FnArg::Receiver(receiver) => {
                errors.at(receiver, "a test is a free function: it has no `self`");
                return None;
            }
        }
    }
    for parameter in &typed {
        refuse_parameter(parameter, errors);
    }
    match &keys.args {
        Some(args) => with_args(args, &typed, errors),
        None => without_args(&typed, errors),
    }
}

fn refuse_parameter(parameter: &PatType, errors: &mut Errors) {
    if let Some(token) = impl_token(parameter.ty.to_token_stream()) {
        errors.at(token, "a test cannot be generic: name the type instead of `impl Trait`");
    }
    if let Type::Reference(reference) = bare(&parameter.ty)
        && is_bencher(&reference.elem)
    {
        errors.at(reference, "the `Bencher` is taken by value: `b: Bencher`");
    }
}

fn without_args(typed: &[&PatType], errors: &mut Errors) -> Option<Parameters> {
    match typed {
        [] => Some((None, None)),
        [only] if is_bencher(&only.ty) => Some((Some((*only.ty).clone()), None)),
        // Has its error already.
        [only] if is_bencher_reference(&only.ty) => None,
        [bencher, value] if is_bencher(&bencher.ty) => {
            errors.at(value, "this parameter has no values: add `args = [...]` to the attribute");
            None
        }
        [only] => {
            errors.at(
                only,
                "this parameter has no values: add `args = [...]` to the attribute, or take a \
                 `Bencher` (recognised by that name)",
            );
            None
        }
        many => {
            errors
                .at(Listed(many), "without `args`, a test is `fn name()` or `fn name(b: Bencher)`");
            None
        }
    }
}

fn with_args(args: &Ident, typed: &[&PatType], errors: &mut Errors) -> Option<Parameters> {
    const FORMS: &str = "with `args`, a test is `fn name(b: Bencher, x: T)` or `fn name(x: T)`";
    match typed {
        [] => {
            errors.at(args, format!("no parameter takes the values of `args`: {FORMS}"));
            None
        }
        [only] if is_bencher(&only.ty) || is_bencher_reference(&only.ty) => {
            errors.at(only, format!("no parameter takes the values of `args`: {FORMS}"));
            None
        }
        [value] => Some((None, Some((*value.ty).clone()))),
        [first, _] if is_bencher_reference(&first.ty) => None,
        [bencher, value] if is_bencher(&bencher.ty) => {
            Some((Some((*bencher.ty).clone()), Some((*value.ty).clone())))
        }
        [value, bencher] if is_bencher(&bencher.ty) => {
            errors.at(value, "the `Bencher` comes first: `fn name(b: Bencher, x: T)`");
            None
        }
        [first, _] => {
            errors.at(
                first,
                "the first of two parameters is the `Bencher` (recognised by that name)",
            );
            None
        }
        many => {
            errors.at(Listed(many), FORMS);
            None
        }
    }
}

/// Parameters as one span.
struct Listed<'a>(&'a [&'a PatType]);

impl ToTokens for Listed<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for parameter in self.0 {
            parameter.to_tokens(tokens);
        }
    }
}

fn output(output: &ReturnType, errors: &mut Errors) -> Option<Output> {
    let ReturnType::Type(_, output) = output else { return Some(Output::Unit) };
    match bare(output) {
        Type::ImplTrait(_) | Type::Never(_) => Some(Output::Opaque),
        named => match impl_token(named.to_token_stream()) {
            // A test must not pass because nobody could see that its result is an error.
            Some(token) => {
                errors.at(
                    token,
                    "name the type: within another type `impl Trait` hides what a test returns",
                );
                None
            }
            None => Some(Output::Named(output.clone())),
        },
    }
}

/// The type without the invisible groups and parentheses that `macro_rules!` puts around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// Types have no meaning yet when a macro runs: the name decides.
fn is_bencher(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Bencher"),
        _ => false,
    }
}

fn is_bencher_reference(ty: &Type) -> bool {
    matches!(bare(ty), Type::Reference(reference) if is_bencher(&reference.elem))
}

fn impl_token(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if word == "impl" => Some(word),
        TokenTree::Group(group) => impl_token(group.stream()),
        _ => None,
    })
}
