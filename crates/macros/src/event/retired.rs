//! `#[event(retired("Old" => split, "Noise" => drop))]` on the enum: what is not written any more.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Path, Result, Token, parenthesized};

use super::attributes::checked_name;

/// An event type that is read as others.
pub(super) struct Retired {
    pub(super) name: LitStr,
    /// The function that tells what it becomes; `None`: it is dropped.
    becomes: Option<Path>,
}

impl Parse for Retired {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        checked_name(&name)?;
        input.parse::<Token![=>]>()?;
        let becomes: Path = input.parse()?;
        let becomes = Some(becomes).filter(|path| !path.is_ident("drop"));
        Ok(Self { name, becomes })
    }
}

/// What is declared on the enum.
pub(super) fn of(attributes: &[Attribute]) -> Result<Vec<Retired>> {
    let mut retired = Vec::new();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("event")) {
        attribute.parse_nested_meta(|meta| {
            retired.extend(parsed(&meta)?);
            Ok(())
        })?;
    }
    Ok(retired)
}

fn parsed(meta: &ParseNestedMeta<'_>) -> Result<Punctuated<Retired, Token![,]>> {
    if !meta.path.is_ident("retired") {
        let message = "expected `retired(\"Name\" => function)`; the rest belongs to variants";
        return Err(meta.error(message));
    }
    let retired;
    parenthesized!(retired in meta.input);
    Punctuated::parse_terminated(&retired)
}

/// Left to the trait's default when nothing is retired.
pub(super) fn constant(core: &TokenStream, retired: &[Retired]) -> TokenStream {
    if retired.is_empty() {
        return TokenStream::new();
    }
    let entries = retired.iter().map(|retired| {
        let name = &retired.name;
        let becomes = match &retired.becomes {
            Some(function) => quote!(#function),
            None => quote!(|_, _| ::std::vec::Vec::new()),
        };
        quote!(#core::RetiredEvent { name: #name, becomes: #becomes })
    });
    quote! {
        const RETIRED: &'static [#core::RetiredEvent] = &[#(#entries),*];
    }
}
