//! Which serde attributes an event may carry.
//!
//! Variants are found by their Rust names and stored under their event names, so whatever
//! changes how serde names or wraps a variant is refused. Attributes that shape fields are fine.

use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Meta, Result, Token};

const REFUSED_ON_ENUM: &[&str] = &[
    "rename",
    "rename_all",
    "tag",
    "content",
    "untagged",
    "from",
    "try_from",
    "into",
    "remote",
    "other",
    "transparent",
];

const REFUSED_ON_VARIANT: &[&str] = &[
    "rename",
    "untagged",
    "other",
    "skip",
    "skip_serializing",
    "skip_deserializing",
    "with",
    "serialize_with",
    "deserialize_with",
];

pub(super) fn check_enum(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_ENUM)
}

pub(super) fn check_variant(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_VARIANT)
}

fn check(attributes: &[Attribute], refused: &[&str]) -> Result<()> {
    for attribute in attributes.iter().filter(|it| it.path().is_ident("serde")) {
        let options = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
        for option in &options {
            if let Some(name) = refused.iter().find(|name| option.path().is_ident(name)) {
                return Err(Error::new_spanned(option, message(name)));
            }
        }
    }
    Ok(())
}

fn message(option: &str) -> String {
    format!(
        "`#[serde({option})]` changes how serde sees the variant, which an event is read by; \
         name the event type with `#[event(name = \"…\")]`"
    )
}
