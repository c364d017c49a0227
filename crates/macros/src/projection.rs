//! `#[derive(Projection)]`: the keys and the fold of a read model, from what its columns declare.
//!
//! In reading order: `source`, where the value of one column comes from; `declaration`, all of them
//! with the events that create and delete rows; `checks`, which of them make no sense together; then
//! what is written of them, `keys` and `fold`, out of the `values` that events tell; and `revision`,
//! by which a changed declaration is told from the one before.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::crate_path;

use declaration::Declaration;

mod checks;
mod declaration;
mod fold;
mod keys;
mod revision;
mod source;
mod values;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let declaration = Declaration::of(input)?;
    checks::check(&declaration)?;
    let core = crate_path::core();
    let constants = constants(&declaration, revision::of(input));
    let keys = keys::method(&core, &declaration);
    let fold = fold::method(&core, &declaration);
    let (row, event) = (&input.ident, &declaration.event);
    Ok(quote! {
        #[automatically_derived]
        impl #core::Projection for #row {
            type Event = #event;
            #constants
            #keys
            #fold
        }
    })
}

fn constants(declaration: &Declaration, revision: u32) -> TokenStream {
    let (categories, tags) = (&declaration.categories, &declaration.tags);
    quote! {
        const CATEGORIES: &'static [&'static str] = &[#(#categories),*];
        const TAGS: &'static [&'static str] = &[#(#tags),*];
        const FOLD_REVISION: u32 = #revision;
    }
}
