//! `upcast(1 => add_currency, 2 => as DepositedV2)`: the steps from older versions to the newest.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitInt, Path, Result, Token, Type};

use super::attributes::checked_version;

/// The step from one version to the next.
pub(super) struct Step {
    pub(super) from: u32,
    pub(super) how: How,
    /// Where it is declared.
    literal: LitInt,
}

/// What a step works on.
pub(super) enum How {
    /// A function of JSON values.
    Json(Path),
    /// A type of that version, which turns `Into` the next.
    Typed(Type),
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let literal = input.parse()?;
        let from = checked_version(&literal)?;
        input.parse::<Token![=>]>()?;
        let how = if input.parse::<Option<Token![as]>>()?.is_some() {
            How::Typed(input.parse()?)
        } else {
            How::Json(input.parse()?)
        };
        Ok(Self { from, how, literal })
    }
}

impl Step {
    /// The type of its version, if it is a typed one.
    pub(super) fn typed(&self) -> Option<&Type> {
        match &self.how {
            How::Json(_) => None,
            How::Typed(older) => Some(older),
        }
    }

    /// As an entry of `EventSchema::upcasters`.
    pub(super) fn upcaster(&self, core: &TokenStream) -> TokenStream {
        let from = self.from;
        match &self.how {
            How::Json(path) => quote!(#core::Upcaster::json(#from, #path)),
            How::Typed(_) => quote!(#core::Upcaster::typed(#from)),
        }
    }
}

/// Refuses steps, oldest first, that are not one for each version before `version`, typed ones last.
pub(super) fn check(steps: &[Step], version: u32, variant: &Ident) -> Result<()> {
    for pair in steps.windows(2) {
        let [older, newer] = pair else { continue };
        if older.from == newer.from {
            let message = format!("version {} has two upcast steps", older.from);
            return Err(Error::new_spanned(&newer.literal, message));
        }
        if older.typed().is_some() && newer.typed().is_none() {
            let message = format!(
                "the step from version {} is typed, so there is no JSON for the one from version \
                 {}: steps on JSON come first; write this one as `as Type` too",
                older.from, newer.from
            );
            return Err(Error::new_spanned(&newer.literal, message));
        }
    }
    if let Some(step) = steps.iter().find(|step| step.from >= version) {
        let from = step.from;
        let message = format!("no upcast step is needed from version {from} to {version}");
        return Err(Error::new_spanned(&step.literal, message));
    }
    let has_step = |from: &u32| steps.iter().any(|step| step.from == *from);
    if let Some(from) = (1..version).find(|from| !has_step(from)) {
        let message = format!("version {version} needs an upcast step from version {from}");
        return Err(Error::new_spanned(variant, message));
    }
    Ok(())
}
