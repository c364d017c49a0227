//! `#[event(…)]` on a variant: its names, its version, and the way there from older versions.

use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Error, LitInt, LitStr, Result, Token, Variant, parenthesized};

use super::upcast::{self, Step};

/// Longest name of an event type, in bytes: the limit of every name.
const NAME_BYTES: usize = 256;

/// What was declared for a variant, checked.
pub(super) struct VariantAttributes {
    pub(super) name: Option<String>,
    /// Names it had before.
    pub(super) aliases: Vec<LitStr>,
    pub(super) version: u32,
    /// One for each older version, oldest first.
    pub(super) steps: Vec<Step>,
    pub(super) is_messagepack: bool,
    pub(super) is_compressed: bool,
}

impl VariantAttributes {
    pub(super) fn of(variant: &Variant) -> Result<Self> {
        let mut declared = Self {
            name: None,
            aliases: Vec::new(),
            version: 1,
            steps: Vec::new(),
            is_messagepack: false,
            is_compressed: false,
        };
        for attribute in &variant.attrs {
            if attribute.path().is_ident("event") {
                attribute.parse_nested_meta(|meta| declared.take(&meta))?;
            }
        }
        declared.steps.sort_by_key(|step| step.from);
        upcast::check(&declared.steps, declared.version, &variant.ident)?;
        Ok(declared)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            self.name = Some(checked_name(&meta.value()?.parse()?)?);
        } else if meta.path.is_ident("alias") {
            let alias = meta.value()?.parse()?;
            checked_name(&alias)?;
            self.aliases.push(alias);
        } else if meta.path.is_ident("version") {
            self.version = checked_version(&meta.value()?.parse()?)?;
        } else if meta.path.is_ident("upcast") {
            let steps;
            parenthesized!(steps in meta.input);
            let steps = Punctuated::<Step, Token![,]>::parse_terminated(&steps)?;
            self.steps.extend(steps);
        } else if meta.path.is_ident("content") {
            self.is_messagepack = is_messagepack(&meta.value()?.parse()?)?;
        } else if meta.path.is_ident("compress") {
            self.is_compressed = true;
        } else {
            let message = "expected `name`, `alias`, `version`, `upcast`, `content` or `compress`";
            return Err(meta.error(message));
        }
        Ok(())
    }
}

pub(super) fn checked_version(version: &LitInt) -> Result<u32> {
    match version.base10_parse()? {
        0 => Err(Error::new_spanned(version, "versions begin at 1")),
        number => Ok(number),
    }
}

fn is_messagepack(content: &LitStr) -> Result<bool> {
    match content.value().as_str() {
        "json" => Ok(false),
        "messagepack" => Ok(true),
        _ => {
            let message = "the content of an event is \"json\" or \"messagepack\"";
            Err(Error::new_spanned(content, message))
        }
    }
}

pub(super) fn checked_name(name: &LitStr) -> Result<String> {
    let text = name.value();
    let is_name =
        !text.is_empty() && text.len() <= NAME_BYTES && !text.chars().any(char::is_control);
    if !is_name {
        let message = "a name holds 1 to 256 bytes and no control characters";
        return Err(Error::new_spanned(name, message));
    }
    Ok(text)
}
