//! Which serde attributes an event may carry.
//!
//! Variants are found by their Rust names and stored under their event names, so whatever
//! changes how serde names or wraps a variant is refused. Attributes that shape fields are fine,
//! but not on personal ones: those are sealed as they are and under one name; nor on those that tell
//! whom they are about, without which nobody could open them.

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

const REFUSED_ON_PERSONAL_FIELD: &[&str] = &[
    "alias",
    "flatten",
    "skip",
    "skip_serializing",
    "skip_deserializing",
    "with",
    "serialize_with",
    "deserialize_with",
];

const REFUSED_ON_SUBJECT: &[&str] = &[
    "default",
    "flatten",
    "skip",
    "skip_serializing",
    "skip_serializing_if",
    "skip_deserializing",
    "with",
    "serialize_with",
    "deserialize_with",
];

pub(super) fn check_enum(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_ENUM, of_variant)
}

pub(super) fn check_variant(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_VARIANT, of_variant)
}

pub(super) fn check_personal_field(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_PERSONAL_FIELD, of_personal_field)
}

pub(super) fn check_subject(attributes: &[Attribute]) -> Result<()> {
    check(attributes, REFUSED_ON_SUBJECT, of_subject)
}

/// The options of all serde attributes.
pub(super) fn options(attributes: &[Attribute]) -> Result<Vec<Meta>> {
    let mut options = Vec::new();
    for attribute in attributes.iter().filter(|it| it.path().is_ident("serde")) {
        let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
        options.extend(attribute.parse_args_with(parse)?);
    }
    Ok(options)
}

fn check(attributes: &[Attribute], refused: &[&str], message: fn(&str) -> String) -> Result<()> {
    for option in options(attributes)? {
        if let Some(name) = refused.iter().find(|name| option.path().is_ident(name)) {
            return Err(Error::new_spanned(option, message(name)));
        }
    }
    Ok(())
}

fn of_variant(option: &str) -> String {
    format!(
        "`#[serde({option})]` changes how serde sees the variant, which an event is read by; \
         name the event type with `#[event(name = \"…\")]`"
    )
}

fn of_personal_field(option: &str) -> String {
    format!(
        "`#[serde({option})]` cannot be on a personal field, which is sealed as it is, under its \
         one name; bring older shapes to this one by `#[event(upcast(…))]`"
    )
}

fn of_subject(option: &str) -> String {
    format!(
        "`#[serde({option})]` cannot be on a field that tells whom personal ones are about: it is \
         always stored, and read back as it was"
    )
}
