//! Copies of personal values in a document, such as a snapshot: opened wherever in it they are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::beside::{SideId, Written};
use super::field::PersonalFault;
use super::stored::{ERASED, OPEN, written_in};
use super::{Keys, SubjectId, SubjectKey};

/// Whom the sealed values in a document are about.
///
/// # Errors
/// [`PersonalFault::Forged`] when one is no sealed value.
pub fn subjects_of_copies(document: &Value) -> Result<BTreeSet<SubjectId>, PersonalFault> {
    let mut subjects = BTreeSet::new();
    for_each_copy(document, &mut |written| {
        subjects.insert(written.subject().clone());
    })?;
    Ok(subjects)
}

/// Names the values in a document that are kept beside the log.
///
/// # Errors
/// As [`subjects_of_copies`].
pub fn side_ids_of_copies(document: &Value) -> Result<BTreeSet<SideId>, PersonalFault> {
    let mut ids = BTreeSet::new();
    for_each_copy(document, &mut |written| {
        if let Written::Beside(id) = written {
            ids.insert(id);
        }
    })?;
    Ok(ids)
}

/// Opens the sealed values in a document as far as there are keys, beside what is sealed: whoever
/// reads the document as a type finds them open. It is not meant to be kept like this.
///
/// # Errors
/// [`PersonalFault`] when one does not open under its key.
pub fn disclose_copies(document: &mut Value, keys: &Keys) -> Result<(), PersonalFault> {
    if let Some(written) = written_in(document)? {
        return disclose(document, &written, keys);
    }
    match document {
        Value::Array(values) => values
            .iter_mut()
            .try_for_each(|value| disclose_copies(value, keys)),
        Value::Object(fields) => fields
            .values_mut()
            .try_for_each(|value| disclose_copies(value, keys)),
        _ => Ok(()),
    }
}

fn disclose(copy: &mut Value, written: &Written, keys: &Keys) -> Result<(), PersonalFault> {
    match keys.find(written.subject().as_str()) {
        None => {}
        Some(SubjectKey::Erased) => *copy = json!({ ERASED: written.subject() }),
        Some(SubjectKey::Living(key)) => {
            let sealed = written.sealed(keys.beside())?;
            let value = sealed.map(|sealed| sealed.open::<Value>(key));
            if let Some(value) = value.transpose()?.flatten() {
                *copy = json!({ OPEN.as_str(): [copy, value] });
            }
        }
    }
    Ok(())
}

fn for_each_copy(document: &Value, found: &mut impl FnMut(Written)) -> Result<(), PersonalFault> {
    if let Some(written) = written_in(document)? {
        found(written);
        return Ok(());
    }
    match document {
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| for_each_copy(value, found)),
        Value::Object(fields) => fields
            .values()
            .try_for_each(|value| for_each_copy(value, found)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::ids::EventId;
    use crate::personal::stored::{BESIDE, SEALED};
    use crate::personal::{DataKey, FoundBeside, Origin, Personal, Sealed, SideValue};
    use crate::stream::StreamId;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct State {
        names: Vec<Option<Personal<String>>>,
        visits: u32,
    }

    fn subject() -> SubjectId {
        SubjectId::new("user-7").unwrap()
    }

    fn keys(key: SubjectKey) -> Keys {
        Keys::of(vec![(subject(), key)])
    }

    fn living() -> Keys {
        keys(SubjectKey::Living(Arc::new(DataKey::from_bytes([7; 32]))))
    }

    /// A name, sealed.
    fn sealed() -> Sealed {
        let stream = StreamId::new("User", "7").unwrap();
        let origin = Origin {
            stream: &stream,
            event: EventId(Uuid::nil()),
        };
        let key = DataKey::from_bytes([7; 32]);
        Sealed::seal(&"Ada", (&subject(), &key), &origin, "name").unwrap()
    }

    /// A state as it is kept, with a name that is sealed.
    fn kept() -> Value {
        json!({ "names": [null, { SEALED: sealed().to_string() }], "visits": 3 })
    }

    fn read(document: Value) -> State {
        serde_json::from_value(document).unwrap()
    }

    fn name(state: &State) -> &Personal<String> {
        state.names[1].as_ref().unwrap()
    }

    #[test]
    fn a_kept_state_is_read_open_and_written_sealed() {
        let mut document = kept();
        assert_eq!(
            subjects_of_copies(&document),
            Ok(BTreeSet::from([subject()]))
        );
        disclose_copies(&mut document, &living()).unwrap();
        let state = read(document);
        assert_eq!(name(&state).value().unwrap(), "Ada");
        assert_eq!(serde_json::to_value(&state).unwrap(), kept());
    }

    #[test]
    fn a_kept_state_is_read_open_with_what_was_found_beside_the_log() {
        let value = SideValue::of(&sealed()).unwrap();
        let kept = json!({ "names": [null, { BESIDE: value.id.to_string() }], "visits": 3 });
        let mut document = kept.clone();
        assert_eq!(
            side_ids_of_copies(&document),
            Ok(BTreeSet::from([value.id.clone()]))
        );
        disclose_copies(&mut document, &living()).unwrap();
        assert_eq!(document, kept, "nobody has looked for it");

        let found = FoundBeside::new(vec![(value.id, Some(value.sealed))]);
        disclose_copies(&mut document, &living().with_beside(found)).unwrap();
        let state = read(document);
        assert_eq!(name(&state).value().unwrap(), "Ada");
        assert_eq!(serde_json::to_value(&state).unwrap(), kept);
    }

    #[test]
    fn a_kept_state_of_an_erased_person_says_so() {
        let mut document = kept();
        disclose_copies(&mut document, &keys(SubjectKey::Erased)).unwrap();
        assert!(name(&read(document)).is_erased());
    }

    #[test]
    fn what_there_is_no_key_for_stays_sealed() {
        let mut document = kept();
        disclose_copies(&mut document, &Keys::default()).unwrap();
        assert_eq!(document, kept());
    }
}
