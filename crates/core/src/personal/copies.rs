//! Copies of personal values in a document, such as a snapshot: opened wherever in it they are.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::field::PersonalFault;
use super::stored::{ERASED, OPEN, sealed_text};
use super::{Keys, Sealed, SubjectId, SubjectKey};

/// Whom the sealed values in a document are about.
///
/// # Errors
/// [`PersonalFault::Forged`] when one is no sealed value.
pub fn subjects_of_copies(document: &Value) -> Result<BTreeSet<SubjectId>, PersonalFault> {
    let mut subjects = BTreeSet::new();
    collect_subjects(document, &mut subjects)?;
    Ok(subjects)
}

/// Opens the sealed values in a document as far as there are keys, beside what is sealed: whoever
/// reads the document as a type finds them open. It is not meant to be kept like this.
///
/// # Errors
/// [`PersonalFault`] when one does not open under its key.
pub fn disclose_copies(document: &mut Value, keys: &Keys) -> Result<(), PersonalFault> {
    if let Some(text) = sealed_text(document) {
        let sealed = parse(text)?;
        match keys.find(sealed.subject().as_str()) {
            None => {}
            Some(SubjectKey::Erased) => *document = json!({ ERASED: sealed.subject() }),
            Some(SubjectKey::Living(key)) => {
                let value: Value = sealed.open(key)?;
                *document = json!({ OPEN: [text, value] });
            }
        }
        return Ok(());
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

fn collect_subjects(
    document: &Value,
    subjects: &mut BTreeSet<SubjectId>,
) -> Result<(), PersonalFault> {
    if let Some(text) = sealed_text(document) {
        subjects.insert(parse(text)?.subject().clone());
        return Ok(());
    }
    match document {
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| collect_subjects(value, subjects)),
        Value::Object(fields) => fields
            .values()
            .try_for_each(|value| collect_subjects(value, subjects)),
        _ => Ok(()),
    }
}

fn parse(text: &str) -> Result<Sealed, PersonalFault> {
    Sealed::parse(text).ok_or(PersonalFault::Forged)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    use super::*;
    use crate::ids::{EventId, StoreId};
    use crate::personal::stored::SEALED;
    use crate::personal::{DataKey, Origin, Personal};
    use crate::stream::StreamId;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct State {
        names: Vec<Option<Personal<String>>>,
        visits: u32,
    }

    const STORE: StoreId = StoreId(Uuid::from_u128(1));

    fn subject() -> SubjectId {
        SubjectId::new("user-7").unwrap()
    }

    fn keys(key: SubjectKey) -> Keys {
        Keys::of(STORE, vec![(subject(), key)])
    }

    fn living() -> Keys {
        keys(SubjectKey::Living(Arc::new(DataKey::from_bytes([7; 32]))))
    }

    /// A state as it is kept, with a name that is sealed.
    fn kept() -> Value {
        let stream = StreamId::new("User", "7").unwrap();
        let origin = Origin {
            store: STORE,
            stream: &stream,
            event: EventId(Uuid::nil()),
        };
        let key = DataKey::from_bytes([7; 32]);
        let sealed = Sealed::seal(&"Ada", (&subject(), &key), &origin, "name").unwrap();
        json!({ "names": [null, { SEALED: sealed.to_string() }], "visits": 3 })
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
