//! Writes the test.
//!
//! Names: local variables are hygienic, items and paths are not. So every path is absolute, and
//! every name is one that nobody else would choose, for even a pattern `args` would mean a
//! `const args` of the user's.
//!
//! Scopes: the user's function and expressions stand in the outer block of the generated function,
//! the items of the macro in an inner one, where the user's code does not see them.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{LitStr, Path};

use crate::function::printed_name;
use crate::model::{Case, Options, Output, Test};

/// The test that stands for the annotated function.
pub(crate) fn expand(test: &Test, default_crate: &TokenStream) -> TokenStream {
    let runtime = match &test.options.krate {
        Some(path) => quote!(#path::private),
        None => quote!(#default_crate::private),
    };
    Expansion { test, runtime }.test()
}

struct Expansion<'a> {
    test: &'a Test,
    /// The path of `perfreg_core::private` in the user's crate.
    runtime: TokenStream,
}

impl Expansion<'_> {
    fn test(&self) -> TokenStream {
        let Self { test, runtime } = self;
        let function = &test.function;
        let (outer, inner) = (&function.outer, &function.inner);
        let (visibility, signature, body) =
            (&function.visibility, &function.signature, &function.body);
        let name = &signature.ident;
        let (argument, statics, run) = (self.argument(), self.statics(), self.run());
        quote_spanned! {Span::mixed_site()=>
            #(#outer)*
            #[::core::prelude::v1::test]
            #visibility fn #name() -> ::core::result::Result<(), #runtime::Failure> {
                #(#inner)*
                #signature #body
                #argument
                {
                    #statics
                    #run
                }
            }
        }
    }

    /// A closure that builds the argument of one case, and no other: they may be large.
    fn argument(&self) -> Option<TokenStream> {
        let cases = self.test.options.args.as_ref()?;
        let ty = self.test.form.argument.as_ref()?;
        let (build, case) = (local("argument"), local("case"));
        let (last, rest) = cases.split_last()?;
        let (last, rest) = (&last.value, rest.iter().map(|case| &case.value));
        let index = (0..cases.len()).map(Literal::usize_unsuffixed);
        let value = if cases.len() == 1 {
            quote!(#last)
        } else {
            quote_spanned!(Span::mixed_site()=> match #case { #(#index => #rest,)* _ => #last })
        };
        let parameter = if cases.len() == 1 { quote!(_) } else { quote!(#case) };
        Some(quote_spanned! {Span::mixed_site()=>
            let #build = |#parameter: ::core::primitive::usize| -> #ty { #value };
        })
    }

    fn run(&self) -> TokenStream {
        let runtime = &self.runtime;
        let (names, call, spec) = (self.names(), self.call(), static_name("SPEC"));
        let (case, bencher) = (local("case"), self.bencher());
        let case = if self.test.options.args.is_some() { quote!(#case) } else { quote!(_) };
        let run = |skip: TokenStream| {
            quote_spanned! {Span::mixed_site()=>
                #runtime::run(&#spec, #skip, &[#(#names),*], &mut |#case, #bencher| #call)
            }
        };
        let Some(path) = &self.test.options.skip_if else {
            return run(quote!(::core::option::Option::None));
        };
        let skip = local("skip");
        let reason = self.skip_reason(path);
        let run = run(quote!(::core::option::Option::None));
        // A skipped test builds no argument, not even for its name: that may need what is missing.
        quote_spanned! {Span::mixed_site()=>
            let #skip = #reason;
            if ::core::option::Option::is_some(&#skip) {
                #runtime::run(&#spec, #skip, &[], &mut |_, _| ::core::result::Result::Ok(()))
            } else {
                #run
            }
        }
    }

    fn skip_reason(&self, path: &Path) -> TokenStream {
        let runtime = &self.runtime;
        // The call stands where the path does, and so do the errors about what it returns.
        let call = quote_spanned!(at(path.span())=> (#path()));
        quote_spanned!(Span::mixed_site()=> #runtime::skip_reason #call)
    }

    /// The names of the cases, as expressions.
    fn names(&self) -> Vec<TokenStream> {
        let runtime = &self.runtime;
        let Some(cases) = &self.test.options.args else {
            return vec![quote_spanned!(Span::mixed_site()=> #runtime::case_name(&"default"))];
        };
        let name = |(index, case): (usize, &Case)| {
            let index = Literal::usize_unsuffixed(index);
            let text = match &case.name {
                Some(name) => quote!(&#name),
                None => {
                    // A value without `Display` is an error at the value.
                    let span = at(case.value.span());
                    let build = Ident::new("__perfreg_argument", span);
                    quote_spanned!(span=> &#build(#index))
                }
            };
            quote_spanned!(Span::mixed_site()=> #runtime::case_name(#text))
        };
        cases.iter().enumerate().map(name).collect()
    }

    fn bencher(&self) -> Ident {
        // A wrong `Bencher` is an error at the parameter that says so.
        let span = self.test.form.bencher.as_ref().map_or_else(Span::mixed_site, Spanned::span);
        Ident::new("__perfreg_bencher", at(span))
    }

    /// What runs one case.
    fn call(&self) -> TokenStream {
        let name = &self.test.function.signature.ident;
        let form = &self.test.form;
        let (case, bencher) = (local("case"), self.bencher());
        // An argument without `Clone` is an error at the parameter.
        let span = at(form.argument.as_ref().map_or_else(Span::mixed_site, Spanned::span));
        let build = Ident::new("__perfreg_argument", span);
        let argument = quote_spanned!(span=> #build(#case));
        match (&form.bencher, &form.argument) {
            (Some(_), None) => self.checked(&quote!(#name(#bencher))),
            (Some(_), Some(_)) => self.checked(&quote!(#name(#bencher, #argument))),
            (None, None) => {
                let unit = self.unit(None);
                self.dispatch("bench", &quote!(#bencher, #unit))
            }
            (None, Some(_)) => {
                let unit = self.unit(Some(&local("value")));
                self.dispatch("bench_argument", &quote!(#bencher, #argument, #unit))
            }
        }
    }

    /// The call of a function that measures by itself.
    fn checked(&self, call: &TokenStream) -> TokenStream {
        let call = self.executed(call);
        match &self.test.form.output {
            Output::Unit => quote_spanned! {Span::mixed_site()=>
                { #call; ::core::result::Result::Ok(()) }
            },
            _ => self.dispatch("check", &quote_spanned!(Span::mixed_site()=> &#call)),
        }
    }

    /// The function as the measured unit.
    fn unit(&self, value: Option<&Ident>) -> TokenStream {
        let name = &self.test.function.signature.ident;
        if self.test.function.signature.asyncness.is_none() {
            return quote!(#name);
        }
        let call = self.executed(&quote_spanned!(Span::mixed_site()=> #name(#value)));
        quote_spanned!(Span::mixed_site()=> |#value| #call)
    }

    /// `call`, run to its end if it is a future.
    fn executed(&self, call: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        if self.test.function.signature.asyncness.is_none() {
            return call.clone();
        }
        match &self.test.options.executor {
            Some(path) => quote_spanned!(at(path.span())=> #path(#call)),
            None => quote_spanned!(Span::mixed_site()=> #runtime::block_on(#call)),
        }
    }

    /// Calls the method that suits the return type: one for results, one for everything else.
    fn dispatch(&self, method: &str, arguments: &TokenStream) -> TokenStream {
        let runtime = &self.runtime;
        let (ty, span) = match &self.test.form.output {
            Output::Named(ty) => (quote!(#ty), ty.span()),
            Output::Unit => (quote!(()), Span::mixed_site()),
            Output::Opaque => {
                let method = Ident::new(method, Span::mixed_site());
                return quote_spanned! {Span::mixed_site()=>
                    #runtime::ReturnsAny::#method(&&#runtime::Returned::TYPE, #arguments)
                };
            }
        };
        // An error type without `Debug` is an error at the return type.
        let method = Ident::new(method, at(span));
        quote_spanned! {Span::mixed_site()=> {
            use #runtime::{ReturnsAny as _, ReturnsResult as _};
            (&#runtime::Returned::<#ty>::TYPE).#method(#arguments)
        }}
    }

    /// The record that the command line tool finds in the binary, and what the runtime is told.
    fn statics(&self) -> TokenStream {
        let runtime = &self.runtime;
        let name = printed_name(&self.test.function.signature.ident);
        let (record, registration, spec) =
            (static_name("RECORD"), static_name("REGISTRATION"), static_name("SPEC"));
        let options = self.test.options.spec(runtime);
        let spin = spin();
        let signature_text = self.signature_text();
        let record_text = record_text(&name, &self.test.options);
        quote_spanned! {Span::mixed_site()=>
            const #record: &::core::primitive::str = #record_text;
            // Bytes in place, with no pointer: the section can be read without relocating it.
            #[used]
            #[cfg_attr(
                any(target_os = "linux", target_os = "android", target_os = "freebsd"),
                unsafe(link_section = "perfreg")
            )]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__perfreg"))]
            #[cfg_attr(windows, unsafe(link_section = ".perfreg"))]
            static #registration: [::core::primitive::u8; #record.len()] =
                match #record.as_bytes().first_chunk() {
                    ::core::option::Option::Some(bytes) => *bytes,
                    ::core::option::Option::None => [0; #record.len()],
                };
            static #spec: #runtime::TestSpec = #runtime::TestSpec {
                package: ::core::env!("CARGO_PKG_NAME"),
                manifest_dir: ::core::env!("CARGO_MANIFEST_DIR"),
                module_path: ::core::module_path!(),
                function: #name,
                file: ::core::file!(),
                registration: &#registration,
                spin: #spin,
                signature: #signature_text,
                options: #options,
            };
        }
    }
}

impl Expansion<'_> {
    /// What two builds must agree on for their times to be of one and the same thing.
    fn signature_text(&self) -> String {
        let signature = &self.test.function.signature;
        let asyncness = signature.asyncness;
        let (inputs, output) = (&signature.inputs, &signature.output);
        quote!(#asyncness fn (#inputs) #output).to_string()
    }
}

/// A loop that an optimiser replaces by its result: whether it did, nothing at compile time tells.
fn spin() -> TokenStream {
    let (rounds, sum, i) = (local("rounds"), local("sum"), local("i"));
    quote_spanned! {Span::mixed_site()=>
        |#rounds| {
            let mut #sum: ::core::primitive::u64 = 0;
            let mut #i: ::core::primitive::u64 = 0;
            while #i < #rounds {
                #sum = ::core::primitive::u64::wrapping_add(#sum, #i);
                #i = ::core::primitive::u64::wrapping_add(#i, 1);
            }
            #sum
        }
    }
}

fn record_text(name: &str, options: &Options) -> TokenStream {
    let baseline = options.baseline.as_ref().map(LitStr::value).unwrap_or_default();
    let options = options.recorded();
    quote_spanned! {Span::mixed_site()=>
        ::core::concat!(
            "\u{1e}perfreg-test/1\u{1f}", ::core::module_path!(),
            "\u{1f}", #name,
            "\u{1f}", ::core::env!("CARGO_PKG_NAME"),
            "\u{1f}", ::core::file!(),
            "\u{1f}", ::core::line!(),
            "\u{1f}", #baseline,
            "\u{1f}", #options,
            "\n"
        )
    }
}

impl Options {
    /// What the command line tool shows of the options: words such as `threshold=0.03`.
    fn recorded(&self) -> String {
        let word = |name: &str, value: Option<String>| value.map(|value| format!("{name}={value}"));
        let words = [
            word("threshold", self.threshold.map(|number| number.to_string())),
            word("launches", self.launches.map(|number| number.to_string())),
            word("budget_ns", self.budget_ns.map(|number| number.to_string())),
        ];
        // A word has no blanks.
        let limits = self.limits.iter().map(|(limit, reason)| {
            let pair = format!("{}\u{1d}{}", limit.value(), reason.value());
            Some(format!("limit={}", pair.replace(char::is_whitespace, "\u{2423}")))
        });
        words.into_iter().chain(limits).flatten().collect::<Vec<_>>().join(" ")
    }

    /// The options as the runtime takes them.
    fn spec(&self, runtime: &TokenStream) -> TokenStream {
        let metrics = self.metrics.as_ref().map(|names| quote!(&[#(#names),*]));
        let option = |value: Option<TokenStream>| match value {
            Some(value) => quote!(::core::option::Option::Some(#value)),
            None => quote!(::core::option::Option::None),
        };
        let baseline = option(self.baseline.as_ref().map(|text| quote!(#text)));
        let threshold = option(self.threshold.map(|number| quote!(#number)));
        let reason = option(self.reason.as_ref().map(|text| quote!(#text)));
        let metrics = option(metrics);
        let launches = option(self.launches.map(|number| quote!(#number)));
        let samples = option(self.samples.map(|number| quote!(#number)));
        let budget_ns = option(self.budget_ns.map(|number| quote!(#number)));
        let limits = self.limits.iter().map(|(limit, reason)| quote!((#limit, #reason)));
        quote_spanned! {Span::mixed_site()=>
            #runtime::Options {
                baseline: #baseline,
                threshold: #threshold,
                reason: #reason,
                metrics: #metrics,
                launches: #launches,
                samples: #samples,
                budget_ns: #budget_ns,
                limits: &[#(#limits),*],
            }
        }
    }
}

/// The macro's own resolution, the user's place.
fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn local(name: &str) -> Ident {
    format_ident!("__perfreg_{name}", span = Span::mixed_site())
}

fn static_name(name: &str) -> Ident {
    format_ident!("__PERFREG_{name}", span = Span::mixed_site())
}
