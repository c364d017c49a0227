//! `Projection::keys`: the row that an event belongs to.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::declaration::Declaration;
use super::values::{self, local};

pub(super) fn method(core: &TokenStream, declaration: &Declaration) -> TokenStream {
    let event = local("event");
    let events = &declaration.event;
    let keys = match declaration.telling_the_key() {
        None => {
            let key = key(declaration, None);
            quote!(::std::vec![#key])
        }
        Some(telling) => told_keys(declaration, &telling),
    };
    quote! {
        fn keys(#event: &#core::Recorded<#events>) -> ::std::vec::Vec<Self::Key> {
            #keys
        }
    }
}

fn told_keys(declaration: &Declaration, telling: &[&Ident]) -> TokenStream {
    let event = local("event");
    let arms = telling.iter().map(|variant| {
        let pattern = values::pattern(declaration, variant, &declaration.keys());
        let key = key(declaration, Some(variant));
        quote!(#pattern => ::std::vec![#key])
    });
    quote! {
        match &#event.event {
            #(#arms,)*
            _ => ::std::vec::Vec::new(),
        }
    }
}

/// The key of one column is its value, of several a tuple.
fn key(declaration: &Declaration, variant: Option<&Ident>) -> TokenStream {
    let keys = declaration.keys().into_iter().map(|key| {
        let nothing_before = TokenStream::new();
        values::after(key, variant, nothing_before).expect("an event that has a row tells its key")
    });
    let keys: Vec<TokenStream> = keys.collect();
    match &keys[..] {
        [key] => key.clone(),
        keys => quote!((#(#keys),*)),
    }
}
