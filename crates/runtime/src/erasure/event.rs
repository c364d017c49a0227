//! What the log says of persons that were forgotten.

use annals_core::{InvalidName, Query, QueryItem, StreamId, SubjectId, Tag};
use annals_macros::Event;
use serde::{Deserialize, Serialize};

use super::report::ErasureReport;

const CATEGORY: &str = "PersonalData";

/// What happened to the personal data of someone.
#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum PersonalDataEvent {
    /// They are to be forgotten. From here on their key is destroyed, wherever it comes from.
    #[event(name = "PersonalDataErased")]
    Erased {
        #[event(tag = "erased")]
        subject: SubjectId,
    },
    /// All places where copies may be were reached.
    #[event(name = "PersonalDataErasureReported")]
    Reported { report: ErasureReport },
}

/// Where it is recorded that a person was forgotten.
///
/// # Errors
/// [`InvalidName`] when the pseudonym is too long to be part of a stream's name.
pub(crate) fn erasure_stream(subject: &SubjectId) -> Result<StreamId, InvalidName> {
    StreamId::new(CATEGORY, subject.as_str())
}

/// The events of all persons that were forgotten.
pub(super) fn erasures() -> Query {
    annals_core::query_of::<PersonalDataEvent>(&[CATEGORY], &[])
}

/// The events that say of one of these persons that they were forgotten.
///
/// # Errors
/// [`InvalidName`] when the pseudonym is too long to be part of a tag.
pub(crate) fn erasures_of(subjects: &[SubjectId]) -> Result<Query, InvalidName> {
    let of_one = |subject: &SubjectId| {
        let tag = Tag::new(format!("erased:{subject}"))?;
        Ok(QueryItem::default().categories([CATEGORY]).tags([tag]))
    };
    let items: Result<Vec<_>, _> = subjects.iter().map(of_one).collect();
    Ok(Query::any_of(items?))
}
