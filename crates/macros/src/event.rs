//! `#[derive(Event)]`: an enum, and what is stored of each variant.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result, Variant};

use crate::crate_path;

use attributes::VariantAttributes;
use tag::TagField;

mod attributes;
mod serde_shape;
mod tag;

/// One event type, as it was declared.
struct EventType {
    variant: Ident,
    name: String,
    attributes: VariantAttributes,
    tags: Vec<TagField>,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let types = event_types(input)?;
    let core = crate_path::core();
    let event = &input.ident;
    let schemas = schemas(&core, &types);
    let schema = schema_method(&core, &types);
    let decode = decode_method(&core);
    let tags = tags_method(&core, &types);
    Ok(quote! {
        #[automatically_derived]
        impl #core::Event for #event {
            const SCHEMAS: &'static [#core::EventSchema] = &[#(#schemas),*];

            #schema

            fn encode(&self) -> ::std::result::Result<::std::vec::Vec<u8>, #core::EncodeError> {
                ::std::result::Result::Ok(#core::payload::to_json(self)?)
            }

            #decode

            #tags
        }
    })
}

fn event_types(input: &DeriveInput) -> Result<Vec<EventType>> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "an event is an enum"));
    };
    if !input.generics.params.is_empty() {
        let message = "an event has no type parameters: its stored shape is one";
        return Err(Error::new_spanned(&input.generics, message));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "an event needs a variant"));
    }
    serde_shape::check_enum(&input.attrs)?;
    attributes::check_enum(&input.attrs)?;
    let types = data.variants.iter().map(event_type);
    let types: Vec<EventType> = types.collect::<Result<_>>()?;
    check_names_are_unique(&types)?;
    Ok(types)
}

fn event_type(variant: &Variant) -> Result<EventType> {
    serde_shape::check_variant(&variant.attrs)?;
    check_fields(variant)?;
    let attributes = VariantAttributes::of(variant)?;
    let default_name = || variant.ident.unraw().to_string();
    Ok(EventType {
        variant: variant.ident.clone(),
        name: attributes.name.clone().unwrap_or_else(default_name),
        tags: tag::tag_fields(&variant.fields)?,
        attributes,
    })
}

fn check_fields(variant: &Variant) -> Result<()> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() != 1 => Err(Error::new_spanned(
            variant,
            "an event has no fields, named fields, or holds one struct",
        )),
        _ => Ok(()),
    }
}

fn check_names_are_unique(types: &[EventType]) -> Result<()> {
    let mut names = HashSet::new();
    for event_type in types {
        if !names.insert(&event_type.name) {
            let message = format!("event name \"{}\" is used twice", event_type.name);
            return Err(Error::new_spanned(&event_type.variant, message));
        }
    }
    Ok(())
}

fn schemas(core: &TokenStream, types: &[EventType]) -> Vec<TokenStream> {
    let schema = |event_type: &EventType| {
        let name = &event_type.name;
        let variant = event_type.variant.unraw().to_string();
        let version = event_type.attributes.version;
        let steps = event_type.attributes.steps.iter();
        let upcasters = steps.map(|step| {
            let (from, path) = (step.from, &step.path);
            quote!(#core::Upcaster::json(#from, #path))
        });
        quote! {
            #core::EventSchema::new(#name, #variant).at(#version, &[#(#upcasters),*])
        }
    };
    types.iter().map(schema).collect()
}

fn schema_method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    let variants = types.iter().map(|event_type| &event_type.variant);
    let indexes = 0..types.len();
    quote! {
        fn schema(&self) -> &'static #core::EventSchema {
            &<Self as #core::Event>::SCHEMAS[match self { #(Self::#variants { .. } => #indexes),* }]
        }
    }
}

fn decode_method(core: &TokenStream) -> TokenStream {
    quote! {
        fn decode(
            schema: &#core::EventSchema,
            _version: u32,
            payload: #core::payload::Payload<'_>,
        ) -> ::std::result::Result<Self, #core::payload::Error> {
            #core::payload::read(schema.variant, payload)
        }
    }
}

/// Left to the trait's default when nothing is tagged.
fn tags_method(core: &TokenStream, types: &[EventType]) -> TokenStream {
    if types.iter().all(|event_type| event_type.tags.is_empty()) {
        return TokenStream::new();
    }
    let arms = types.iter().map(|event_type| {
        let variant = &event_type.variant;
        let fields = event_type.tags.iter().map(|tag| &tag.field);
        let formats = event_type.tags.iter().map(|tag| &tag.format);
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
