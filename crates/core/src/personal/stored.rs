//! How a personal value looks in a document: `{"$sealed": "…"}`, `{"$erased": "<subject>"}`, or, where
//! it was stored before it was personal, as itself. `{"$open": ["<what is sealed>", value]}` is in
//! memory only, where a document is on its way to be read as a type.

use serde::Serializer;
use serde::ser::SerializeMap;
use serde_json::Value;

use super::field::PersonalFault;
use super::{Keys, Origin, Sealed, SubjectId, SubjectKey};

pub(super) const SEALED: &str = "$sealed";
pub(super) const OPEN: &str = "$open";
pub(super) const ERASED: &str = "$erased";

pub(super) fn write_sealed<S: Serializer>(
    sealed: &Sealed,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    write(SEALED, &format_args!("{sealed}"), serializer)
}

pub(super) fn write_erased<S: Serializer>(
    subject: &SubjectId,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    write(ERASED, &format_args!("{subject}"), serializer)
}

fn write<S: Serializer>(
    name: &str,
    text: &std::fmt::Arguments<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, text)?;
    map.end()
}

/// Opens what is sealed in the fields of an older payload, so that upcasting sees what they say.
///
/// What was erased stays as a value of its own, `{"$erased": …}`, which upcasting passes on.
pub(crate) fn open_json(
    payload: &mut Value,
    keys: &Keys,
    origin: &Origin<'_>,
) -> Result<(), (String, PersonalFault)> {
    let Some(fields) = payload.as_object_mut() else {
        return Ok(());
    };
    for (name, value) in fields {
        let opened = open_field(value, name, keys, origin);
        opened.map_err(|fault| (name.clone(), fault))?;
    }
    Ok(())
}

fn open_field(
    value: &mut Value,
    name: &str,
    keys: &Keys,
    origin: &Origin<'_>,
) -> Result<(), PersonalFault> {
    let Some(text) = sealed_text(value) else {
        return Ok(());
    };
    let sealed = Sealed::parse(text).ok_or(PersonalFault::Forged)?;
    match keys.find(sealed.subject().as_str()) {
        // It stays sealed: nobody has the key at hand.
        None => {}
        Some(SubjectKey::Erased) => *value = serde_json::json!({ ERASED: sealed.subject() }),
        Some(SubjectKey::Living(_)) if !sealed.is_of(origin, name) => {
            return Err(PersonalFault::Moved);
        }
        Some(SubjectKey::Living(key)) => *value = sealed.open(key)?,
    }
    Ok(())
}

pub(super) fn sealed_text(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get(SEALED)?.as_str()
}
