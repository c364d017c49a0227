//! `#[event(…)]` on a variant: its name, its version, and the way there from older versions.

use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitInt, LitStr, Path, Result, Token, Variant, parenthesized};

/// Longest name of an event type, in bytes: the limit of every name.
const NAME_BYTES: usize = 256;

/// What was declared for a variant, checked.
pub(super) struct VariantAttributes {
    pub(super) name: Option<String>,
    pub(super) version: u32,
    /// One for each older version, oldest first.
    pub(super) steps: Vec<Step>,
}

/// `1 => add_currency`.
pub(super) struct Step {
    pub(super) from: u32,
    pub(super) path: Path,
}

/// Refuses `#[event(…)]` on the enum itself, where it would say nothing.
pub(super) fn check_enum(attributes: &[Attribute]) -> Result<()> {
    match attributes.iter().find(|it| it.path().is_ident("event")) {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "`event` belongs to variants and fields",
        )),
        None => Ok(()),
    }
}

impl VariantAttributes {
    pub(super) fn of(variant: &Variant) -> Result<Self> {
        let mut declared = Self {
            name: None,
            version: 1,
            steps: Vec::new(),
        };
        for attribute in &variant.attrs {
            if attribute.path().is_ident("event") {
                attribute.parse_nested_meta(|meta| declared.take(&meta))?;
            }
        }
        declared.steps.sort_by_key(|step| step.from);
        declared.check_steps(variant)?;
        Ok(declared)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            self.name = Some(checked_name(&meta.value()?.parse()?)?);
        } else if meta.path.is_ident("version") {
            self.version = checked_version(&meta.value()?.parse()?)?;
        } else if meta.path.is_ident("upcast") {
            let steps;
            parenthesized!(steps in meta.input);
            let steps = Punctuated::<Step, Token![,]>::parse_terminated(&steps)?;
            self.steps.extend(steps);
        } else {
            return Err(meta.error("expected `name`, `version` or `upcast`"));
        }
        Ok(())
    }

    fn check_steps(&self, variant: &Variant) -> Result<()> {
        let version = self.version;
        for pair in self.steps.windows(2) {
            if pair[0].from == pair[1].from {
                let message = format!("version {} has two upcast steps", pair[0].from);
                return Err(Error::new_spanned(&pair[1].path, message));
            }
        }
        if let Some(step) = self.steps.iter().find(|step| step.from >= version) {
            let from = step.from;
            let message = format!("no upcast step is needed from version {from} to {version}");
            return Err(Error::new_spanned(&step.path, message));
        }
        let has_step = |from: &u32| self.steps.iter().any(|step| step.from == *from);
        if let Some(from) = (1..version).find(|from| !has_step(from)) {
            let message = format!("version {version} needs an upcast step from version {from}");
            return Err(Error::new_spanned(&variant.ident, message));
        }
        Ok(())
    }
}

impl Parse for Step {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let from = checked_version(&input.parse()?)?;
        input.parse::<Token![=>]>()?;
        let path = input.parse()?;
        Ok(Self { from, path })
    }
}

fn checked_version(version: &LitInt) -> Result<u32> {
    match version.base10_parse()? {
        0 => Err(Error::new_spanned(version, "versions begin at 1")),
        number => Ok(number),
    }
}

fn checked_name(name: &LitStr) -> Result<String> {
    let text = name.value();
    let is_name =
        !text.is_empty() && text.len() <= NAME_BYTES && !text.chars().any(char::is_control);
    if !is_name {
        let message = "a name holds 1 to 256 bytes and no control characters";
        return Err(Error::new_spanned(name, message));
    }
    Ok(text)
}
