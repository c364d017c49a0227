//! `Event::business_time`: when an event happened in the world.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::EventType;

/// Left to the trait's default when no event tells.
pub(super) fn method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    if types.iter().all(|it| it.fields.business_time.is_none()) {
        return TokenStream::new();
    }
    let arms = types.iter().map(|event_type| {
        let variant = &event_type.variant;
        match &event_type.fields.business_time {
            None => quote!(Self::#variant { .. } => ::std::option::Option::None),
            Some((field, ty)) => {
                let time = quote_spanned! {ty.span()=>
                    <::std::option::Option<#core::Timestamp> as ::std::convert::From<#ty>>::from(*#field)
                };
                quote!(Self::#variant { #field, .. } => #time)
            }
        }
    });
    quote! {
        fn business_time(&self) -> ::std::option::Option<#core::Timestamp> {
            match self { #(#arms),* }
        }
    }
}
