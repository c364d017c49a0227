//! The revision of a fold that is declared: a digest of the declaration.
//!
//! A fold by hand counts its revisions, and rows stay wrong where that was forgotten. Here the fold
//! is the declaration, so that a changed one is known by itself. What is digested are the words of
//! the attributes: how the compiler prints them, and how they are laid out, may change.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, DeriveInput, Meta};

use super::source;
use crate::digest;
use crate::read_model::named_fields;

/// Of what `input` declares.
pub(super) fn of(input: &DeriveInput) -> u32 {
    let mut words = Vec::new();
    push_attributes(&mut words, &input.attrs, &["projection"]);
    for field in named_fields(input).unwrap_or_default() {
        words.extend(field.ident.map(|ident| ident.to_string()));
        push_attributes(&mut words, &field.attrs, &source::ATTRIBUTES);
    }
    digest::of_words(&words)
}

fn push_attributes(words: &mut Vec<String>, attributes: &[Attribute], names: &[&str]) {
    for attribute in attributes {
        let Meta::List(list) = &attribute.meta else {
            continue;
        };
        if let Some(name) = names.iter().find(|name| list.path.is_ident(name)) {
            words.push((*name).to_owned());
            push_words(words, list.tokens.clone());
        }
    }
}

fn push_words(words: &mut Vec<String>, tokens: TokenStream) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                words.push("(".to_owned());
                push_words(words, group.stream());
                words.push(")".to_owned());
            }
            other => words.push(other.to_string()),
        }
    }
}
