//! `Event::business_time`: when an event happened in the world.

use proc_macro2::TokenStream;
use quote::quote;

use super::EventType;
use super::held::Held;

/// Left to the trait's default when no event tells.
pub(super) fn method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    if types.iter().all(|it| it.fields.business_time.is_none()) {
        return TokenStream::new();
    }
    let arms = types.iter().map(|event_type| {
        let variant = &event_type.variant;
        match &event_type.fields.business_time {
            None => quote!(Self::#variant { .. } => ::std::option::Option::None),
            Some((field, Held::Always)) => {
                quote!(Self::#variant { #field, .. } => ::std::option::Option::Some(*#field))
            }
            Some((field, Held::Perhaps)) => quote!(Self::#variant { #field, .. } => *#field),
        }
    });
    quote! {
        fn business_time(&self) -> ::std::option::Option<#core::Timestamp> {
            match self { #(#arms),* }
        }
    }
}
