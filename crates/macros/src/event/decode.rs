//! `Event::decode`: the newest version at once, an older one through the types of its steps.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::EventType;

pub(super) fn method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    let arms: Vec<_> = types.iter().flat_map(|it| arms(core, it)).collect();
    let newest = quote!(#core::payload::read(schema.variant, payload));
    let (version, body) = if arms.is_empty() {
        (quote!(_version), newest)
    } else {
        let body = quote!(match (version, schema.variant) { #(#arms)* _ => #newest });
        (quote!(version), body)
    };
    quote! {
        fn decode(
            schema: &#core::EventSchema,
            #version: u32,
            payload: #core::payload::Payload<'_>,
        ) -> ::std::result::Result<Self, #core::payload::Error> {
            #body
        }
    }
}

/// One for each version that is a type.
fn arms(core: &TokenStream, event_type: &EventType) -> Vec<TokenStream> {
    let variant = event_type.variant.unraw().to_string();
    let steps = event_type.attributes.steps.iter();
    let typed: Vec<_> = steps
        .filter_map(|step| Some((step.from, step.typed()?)))
        .collect();
    let arm = |oldest: usize| {
        let (version, _) = typed[oldest];
        let types = typed[oldest..].iter().map(|(_, older)| *older);
        let chain = chain(core, &Vec::from_iter(types));
        quote!((#version, #variant) => { #chain })
    };
    (0..typed.len()).map(arm).collect()
}

/// Reads the first type, and turns it into the next until it is the event. A step that is missing
/// is an error at the type that it should be from.
fn chain(core: &TokenStream, types: &[&Type]) -> TokenStream {
    let Some((first, later)) = types.split_first() else {
        return TokenStream::new();
    };
    // A type that a macro names does not see the names of this function: they are not of its span.
    let (payload, event) = (quote!(payload), quote!(event));
    let read = quote_spanned! {first.span()=>
        let #event: #first = #core::payload::read_fields::<#first>(#payload)?;
    };
    let next = later.iter().map(Some).chain([None]);
    let steps = types.iter().zip(next).map(|(this, next)| {
        let span = this.span();
        let next = next.map_or_else(|| quote_spanned!(span=> Self), |next| quote!(#next));
        quote_spanned! {span=>
            let #event = <#next as ::std::convert::From<#this>>::from(#event);
        }
    });
    quote! {
        #read
        #(#steps)*
        ::std::result::Result::Ok(#event)
    }
}
