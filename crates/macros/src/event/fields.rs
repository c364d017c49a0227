//! What is declared on the fields of a variant: `#[event(tag)]`, `#[event(business_time)]` and
//! `#[personal(subject = …)]`.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Field, Ident, LitStr, Path, Result, Type, Variant};

use super::held::Held;
use super::personal::{self, PersonalField};
use super::stored_name::Case;
use super::tag::TagField;

/// All of it, checked.
pub(super) struct DeclaredFields {
    pub(super) tags: Vec<TagField>,
    /// The field that tells when it happened.
    pub(super) business_time: Option<(Ident, Held)>,
    pub(super) personal: Vec<PersonalField>,
}

impl DeclaredFields {
    /// Of a variant whose fields serde writes in this case.
    pub(super) fn of(variant: &Variant, case: Case) -> Result<Self> {
        let mut declared = Self {
            tags: Vec::new(),
            business_time: None,
            personal: Vec::new(),
        };
        for field in &variant.fields {
            declared.personal.extend(personal::of_field(field, case)?);
            for attribute in attributes(field) {
                declared.take_attribute(attribute, field)?;
            }
        }
        personal::check_subjects(&declared.personal, variant)?;
        Ok(declared)
    }

    fn take_attribute(&mut self, attribute: &Attribute, field: &Field) -> Result<()> {
        let Some(ident) = &field.ident else {
            let message = "only a named field can be a tag or the business time";
            return Err(Error::new_spanned(attribute, message));
        };
        if self.personal.iter().any(|it| it.field == *ident) {
            let message = format!(
                "`{ident}` is personal, so it cannot stand in the open: tags and times are stored \
                 beside the event, and stay when the person is forgotten"
            );
            return Err(Error::new_spanned(attribute, message));
        }
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("tag") {
                self.take_tag(&meta, ident)
            } else if meta.path.is_ident("business_time") {
                self.take_business_time(&meta.path, (ident, &field.ty))
            } else {
                Err(meta.error("expected `tag`, `tag = \"name\"` or `business_time`"))
            }
        })
    }

    fn take_tag(&mut self, meta: &ParseNestedMeta<'_>, field: &Ident) -> Result<()> {
        let name = match meta.value() {
            Ok(value) => value.parse::<LitStr>()?.value(),
            Err(_) => field.unraw().to_string(),
        };
        if name.split(':').next() == Some("subject") {
            let message = "the tag `subject` says which person an event tells something about, and \
                           comes from `#[personal(subject = …)]`: choose another with `tag = \"…\"`";
            return Err(meta.error(message));
        }
        self.tags.push(TagField::new(field.clone(), &name));
        Ok(())
    }

    fn take_business_time(&mut self, path: &Path, (field, ty): (&Ident, &Type)) -> Result<()> {
        if let Some((first, _)) = &self.business_time {
            let message = format!("an event happened at one time, and `{first}` tells it already");
            return Err(Error::new_spanned(path, message));
        }
        let message = "the business time is a `Timestamp` or an `Option<Timestamp>`";
        let held = Held::of(ty, "Timestamp").ok_or_else(|| Error::new_spanned(ty, message))?;
        self.business_time = Some((field.clone(), held));
        Ok(())
    }
}

fn attributes(field: &Field) -> impl Iterator<Item = &Attribute> {
    field.attrs.iter().filter(|it| it.path().is_ident("event"))
}
