//! Which crate the generated code finds the traits in.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;

/// The facade where it is a dependency, else the crate that declares the traits; each under
/// the name the manifest gives it.
pub(crate) fn core() -> TokenStream {
    path_of("annals")
        .or_else(|| path_of("annals-core"))
        .unwrap_or_else(|| quote!(::annals))
}

fn path_of(package: &str) -> Option<TokenStream> {
    let name = match crate_name(package).ok()? {
        // A crate's own tests, examples and doc tests see it by its name, as others do.
        FoundCrate::Itself => package.replace('-', "_"),
        FoundCrate::Name(name) => name,
    };
    let name = Ident::new(&name, Span::call_site());
    Some(quote!(::#name))
}
