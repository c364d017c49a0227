//! `#[event(tag)]` on a field: what an event is about.

use syn::ext::IdentExt;
use syn::{Error, Field, Fields, Ident, LitStr, Result};

/// A field whose value becomes a tag.
pub(super) struct TagField {
    pub(super) field: Ident,
    /// The format string of the tag, with one place for the value.
    pub(super) format: String,
}

/// The tagged fields of a variant, in their order.
pub(super) fn tag_fields(fields: &Fields) -> Result<Vec<TagField>> {
    let tags = fields.iter().map(tag_field);
    tags.filter_map(Result::transpose).collect()
}

fn tag_field(field: &Field) -> Result<Option<TagField>> {
    let mut is_event = field.attrs.iter().filter(|it| it.path().is_ident("event"));
    let Some(attribute) = is_event.next() else {
        return Ok(None);
    };
    let Some(ident) = field.ident.clone() else {
        let message = "only a named field can be a tag";
        return Err(Error::new_spanned(attribute, message));
    };
    let mut name = ident.unraw().to_string();
    attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident("tag") {
            return Err(meta.error("expected `tag` or `tag = \"name\"`"));
        }
        if let Ok(value) = meta.value() {
            name = value.parse::<LitStr>()?.value();
        }
        Ok(())
    })?;
    let name = name.replace('{', "{{").replace('}', "}}");
    Ok(Some(TagField {
        field: ident,
        format: format!("{name}:{{}}"),
    }))
}
