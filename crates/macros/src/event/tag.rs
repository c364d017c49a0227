//! `Event::tags`: what an event is about.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::EventType;

/// A field whose value becomes a tag.
pub(super) struct TagField {
    field: Ident,
    /// The format string of the tag, with one place for the value.
    format: String,
}

impl TagField {
    pub(super) fn new(field: Ident, name: &str) -> Self {
        let name = name.replace('{', "{{").replace('}', "}}");
        let format = format!("{name}:{{}}");
        Self { field, format }
    }
}

/// Left to the trait's default when nothing is tagged.
pub(super) fn method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    if types.iter().all(|it| it.fields.tags.is_empty()) {
        return TokenStream::new();
    }
    let arms = types.iter().map(|event_type| {
        let variant = &event_type.variant;
        let tags = &event_type.fields.tags;
        let fields = tags.iter().map(|tag| &tag.field);
        let formats = tags.iter().map(|tag| &tag.format);
        let values = fields.clone();
        quote! {
            Self::#variant { #(#fields,)* .. } => ::std::vec![
                #(#core::Tag::new(::std::format!(#formats, #values))?),*
            ]
        }
    });
    quote! {
        fn tags(
            &self,
        ) -> ::std::result::Result<::std::vec::Vec<#core::Tag>, #core::InvalidName> {
            ::std::result::Result::Ok(match self { #(#arms),* })
        }
    }
}
