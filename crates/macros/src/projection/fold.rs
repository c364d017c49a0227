//! `Projection::fold`: a row after an event.
//!
//! One arm for each event type and for whether the row is there, in the end two for all types that
//! are not named.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Index};

use super::declaration::Declaration;
use super::values::{self, local};

pub(super) fn method(core: &TokenStream, declaration: &Declaration) -> TokenStream {
    let [row, key, event] = ["row", "key", "event"].map(local);
    let events = &declaration.event;
    let deleting = &declaration.delete_on;
    let changing = declaration.changing();
    let changing = changing.iter().map(|variant| arms(declaration, variant));
    let changed = changed(declaration, None);
    let created = created(declaration, None);
    quote! {
        fn fold(
            #row: ::std::option::Option<Self>,
            #key: &Self::Key,
            #event: &#core::Recorded<#events>,
        ) -> ::std::option::Option<Self> {
            match (&#event.event, #row) {
                #((#events::#deleting { .. }, _) => ::std::option::Option::None,)*
                #(#changing)*
                (_, ::std::option::Option::Some(#row)) => #changed,
                (_, ::std::option::Option::None) => #created,
            }
        }
    }
}

fn arms(declaration: &Declaration, variant: &Ident) -> TokenStream {
    let row = local("row");
    let pattern = values::pattern(declaration, variant, &declaration.beside_the_key());
    let changed = changed(declaration, Some(variant));
    let created = created(declaration, Some(variant));
    quote! {
        (#pattern, ::std::option::Option::Some(#row)) => #changed,
        (#pattern, ::std::option::Option::None) => #created,
    }
}

/// A row that was there.
fn changed(declaration: &Declaration, variant: Option<&Ident>) -> TokenStream {
    let row = local("row");
    let columns = declaration
        .beside_the_key()
        .into_iter()
        .filter_map(|column| {
            let field = &column.field;
            let after = values::after(column, variant, quote!(#row.#field))?;
            Some(quote!(#field: #after))
        });
    quote!(::std::option::Option::Some(Self { #(#columns,)* ..#row }))
}

/// A row that was not there, if an event of that type creates one.
fn created(declaration: &Declaration, variant: Option<&Ident>) -> TokenStream {
    if !declaration.creates(variant) {
        return quote!(::std::option::Option::None);
    }
    let key = local("key");
    let keys = declaration.keys();
    let keys = keys.iter().enumerate().map(|(place, column)| {
        let (field, place) = (&column.field, Index::from(place));
        match keys.len() {
            1 => quote!(#field: ::std::clone::Clone::clone(#key)),
            _ => quote!(#field: ::std::clone::Clone::clone(&#key.#place)),
        }
    });
    let columns = declaration.beside_the_key().into_iter().map(|column| {
        let (field, at_first) = (&column.field, values::at_first(column));
        let after = values::after(column, variant, at_first.clone()).unwrap_or(at_first);
        quote!(#field: #after)
    });
    quote!(::std::option::Option::Some(Self { #(#keys,)* #(#columns,)* }))
}
