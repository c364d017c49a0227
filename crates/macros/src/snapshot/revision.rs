//! The revision of a fold: a digest of the words of `evolve`.
//!
//! Words are what the compiler sees: comments and layout are none. Commas that layout alone puts at
//! the end of a list, or leaves out after a block, are passed over.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ImplItemFn;

use crate::digest;

/// Of an `evolve`, and what is counted by hand beside it.
pub(super) fn of(evolve: &ImplItemFn, counted: Option<u32>) -> u32 {
    let mut words = Vec::new();
    words.extend(counted.map(|counted| counted.to_string()));
    push_words(&mut words, evolve.sig.inputs.to_token_stream());
    push_words(&mut words, evolve.block.to_token_stream());
    digest::of_words(&words)
}

fn push_words(words: &mut Vec<String>, tokens: TokenStream) {
    let mut tokens = tokens.into_iter().peekable();
    let mut after_block = false;
    while let Some(token) = tokens.next() {
        let is_layout = after_block || tokens.peek().is_none();
        after_block = is_block(&token);
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' && is_layout => {}
            TokenTree::Group(group) => {
                let (opening, closing) = brackets(group.delimiter());
                words.push(opening.to_owned());
                push_words(words, group.stream());
                words.push(closing.to_owned());
            }
            word => words.push(word.to_string()),
        }
    }
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}
