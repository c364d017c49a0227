//! How a personal value looks in a document: `{"$sealed": "…"}`, `{"$beside": "…"}`,
//! `{"$erased": "<subject>"}`, or, where it was stored before it was personal, as itself.
//! `{"$open-…": [<what is written of it>, value]}` is in memory only, where [copies](super::copies) are on
//! their way to be read as a type.

use std::sync::LazyLock;

use serde::Serializer;
use serde::ser::SerializeMap;
use serde_json::Value;

use super::field::PersonalFault;
use super::{Keys, Origin, Sealed, SideId, SubjectId, SubjectKey, Written};
use crate::ids::{IdSource, RandomIds};

pub(super) const SEALED: &str = "$sealed";
pub(super) const BESIDE: &str = "$beside";
pub(super) const ERASED: &str = "$erased";
/// Made anew by each process, so that nobody can have written it into what is read.
pub(super) static OPEN: LazyLock<String> = LazyLock::new(|| format!("$open-{}", RandomIds.next()));

pub(super) fn write<S: Serializer>(written: &Written, serializer: S) -> Result<S::Ok, S::Error> {
    match written {
        Written::Sealed(sealed) => write_marked(SEALED, &format_args!("{sealed}"), serializer),
        Written::Beside(id) => write_marked(BESIDE, &format_args!("{id}"), serializer),
    }
}

pub(super) fn write_erased<S: Serializer>(
    subject: &SubjectId,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    write_marked(ERASED, &format_args!("{subject}"), serializer)
}

fn write_marked<S: Serializer>(
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
    let Some(written) = written_in(value)? else {
        return Ok(());
    };
    match keys.find(written.subject().as_str()) {
        // It stays sealed: nobody has the key at hand.
        None => {}
        Some(SubjectKey::Erased) => *value = serde_json::json!({ ERASED: written.subject() }),
        Some(SubjectKey::Living(key)) => {
            if let Some(sealed) = written.sealed(keys.beside())? {
                if !sealed.is_of(origin, name) {
                    return Err(PersonalFault::Moved);
                }
                // Under another key it stays sealed.
                if let Some(open) = sealed.open(key)? {
                    *value = open;
                }
            }
        }
    }
    Ok(())
}

/// What was written of a value that was sealed, if this is one.
pub(super) fn written_in(value: &Value) -> Result<Option<Written>, PersonalFault> {
    let fields = value.as_object().filter(|fields| fields.len() == 1);
    let text = |mark| fields.and_then(|fields| fields.get(mark)?.as_str());
    let written = match (text(SEALED), text(BESIDE)) {
        (Some(text), _) => Sealed::parse(text).map(Written::Sealed),
        (None, Some(text)) => SideId::parse(text).map(Written::Beside),
        (None, None) => return Ok(None),
    };
    written.map(Some).ok_or(PersonalFault::Forged)
}
