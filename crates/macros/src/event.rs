//! `#[derive(Event)]`: an enum, and what is stored of each variant.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DataEnum, DeriveInput, Error, Fields, Ident, Result, Variant};

use crate::crate_path;

use attributes::VariantAttributes;
use fields::DeclaredFields;
use retired::Retired;
use stored_name::Case;

mod attributes;
mod business_time;
mod decode;
mod fields;
mod held;
mod personal;
mod retired;
mod serde_shape;
mod stored_name;
mod tag;
mod upcast;

/// One event type, as it was declared.
struct EventType {
    variant: Ident,
    name: String,
    attributes: VariantAttributes,
    fields: DeclaredFields,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let variants = variants(input)?;
    serde_shape::check_enum(&input.attrs)?;
    let types = variants.variants.iter();
    let types = types.map(|variant| event_type(variant, &input.attrs));
    let types: Vec<EventType> = types.collect::<Result<_>>()?;
    let retired = retired::of(&input.attrs)?;
    check_names_are_unique(&types, &retired)?;

    let core = crate_path::core();
    let event = &input.ident;
    let schemas = schemas(&core, &types);
    let retired = retired::constant(&core, &retired);
    let schema = schema_method(&core, &types);
    let decode = decode::method(&core, &types);
    let tags = tag::method(&core, &types);
    let business_time = business_time::method(&core, &types);
    let personal = personal::methods(&core, &types);
    Ok(quote! {
        #[automatically_derived]
        impl #core::Event for #event {
            const SCHEMAS: &'static [#core::EventSchema] = &[#(#schemas),*];

            #retired

            #schema

            fn encode(&self) -> ::std::result::Result<::std::vec::Vec<u8>, #core::EncodeError> {
                let format = #core::Event::schema(self).format;
                ::std::result::Result::Ok(#core::payload::write(self, format)?)
            }

            #decode

            #tags

            #business_time

            #personal
        }
    })
}

fn variants(input: &DeriveInput) -> Result<&DataEnum> {
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
    Ok(data)
}

fn event_type(variant: &Variant, on_enum: &[Attribute]) -> Result<EventType> {
    serde_shape::check_variant(&variant.attrs)?;
    check_fields(variant)?;
    let attributes = VariantAttributes::of(variant)?;
    let default_name = || variant.ident.unraw().to_string();
    Ok(EventType {
        variant: variant.ident.clone(),
        name: attributes.name.clone().unwrap_or_else(default_name),
        fields: DeclaredFields::of(variant, Case::of(on_enum, &variant.attrs)?)?,
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

/// Each name stands for one event type: those written, those once written, and those retired.
fn check_names_are_unique(types: &[EventType], retired: &[Retired]) -> Result<()> {
    let written = types.iter().map(|it| (it.name.clone(), it.variant.span()));
    let aliases = types.iter().flat_map(|it| &it.attributes.aliases);
    let retired = retired.iter().map(|it| &it.name);
    let others = aliases.chain(retired).map(|it| (it.value(), it.span()));
    let mut names = HashSet::new();
    for (name, span) in written.chain(others) {
        check_is_new(&mut names, name, span)?;
    }
    Ok(())
}

fn check_is_new(names: &mut HashSet<String>, name: String, span: Span) -> Result<()> {
    let message = format!("event name \"{name}\" is used twice");
    if names.insert(name) {
        Ok(())
    } else {
        Err(Error::new(span, message))
    }
}

fn schemas(core: &TokenStream, types: &[EventType]) -> Vec<TokenStream> {
    let schema = |event_type: &EventType| {
        let name = &event_type.name;
        let variant = event_type.variant.unraw().to_string();
        let declared = &event_type.attributes;
        let (version, aliases) = (declared.version, &declared.aliases);
        let upcasters = declared.steps.iter().map(|step| step.upcaster(core));
        let messagepack = declared.is_messagepack.then(|| quote!(.as_messagepack()));
        let compressed = declared.is_compressed.then(|| quote!(.compressed()));
        let personal = event_type.fields.personal.iter();
        let personal = personal.map(|it| &it.stored_name);
        quote! {
            #core::EventSchema::new(#name, #variant)
                .at(#version, &[#(#upcasters),*])
                .once(&[#(#aliases),*])
                .with_personal(&[#(#personal),*])
                #messagepack
                #compressed
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
