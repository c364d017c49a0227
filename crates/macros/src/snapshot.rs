//! `#[snapshot]`: an aggregate whose kept states are known by the code of its `evolve`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Error, ImplItem, ImplItemFn, ItemImpl, LitInt, Path, Result};

use crate::crate_path;

mod revision;

/// What is written beside the aggregate, which stays as it is.
pub(crate) fn beside(arguments: TokenStream, aggregate: &ItemImpl) -> Result<TokenStream> {
    let counted = counted(arguments)?;
    let evolve = evolve(aggregate)?;
    let revision = revision::of(evolve, counted);
    let core = crate_path::core();
    let (generics, _, conditions) = aggregate.generics.split_for_impl();
    let state = &aggregate.self_ty;
    Ok(quote! {
        #[automatically_derived]
        impl #generics #core::Snapshot for #state #conditions {
            const FOLD_REVISION: u32 = #revision;
        }
    })
}

/// The revision that is counted by hand: `revision = 2`.
fn counted(arguments: TokenStream) -> Result<Option<u32>> {
    let mut counted = None;
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("revision") {
            return Err(meta.error("expected `revision = 2`, or nothing"));
        }
        let number: LitInt = meta.value()?.parse()?;
        counted = Some(number.base10_parse()?);
        Ok(())
    });
    parser.parse2(arguments)?;
    Ok(counted)
}

fn evolve(aggregate: &ItemImpl) -> Result<&ImplItemFn> {
    let message = "`#[snapshot]` belongs on `impl Aggregate for …`, whose `evolve` it reads";
    let is_aggregate = |path: &Path| {
        path.segments
            .last()
            .is_some_and(|it| it.ident == "Aggregate")
    };
    match &aggregate.trait_ {
        Some((path, _)) if is_aggregate(path) => {}
        _ => return Err(Error::new_spanned(&aggregate.self_ty, message)),
    }
    let evolve = aggregate.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) if function.sig.ident == "evolve" => Some(function),
        _ => None,
    });
    evolve.ok_or_else(|| Error::new_spanned(&aggregate.self_ty, message))
}
