//! What the log says of persons that were forgotten.

use annals_core::{
    EventStore, InvalidName, Position, Query, QueryItem, Read, ReadError, Source, StreamId,
    SubjectId, Tag, events_of,
};
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

/// True if the log says that somebody was forgotten behind a position: what was read before that may
/// still say what must not be written any more.
pub(crate) async fn anyone_forgotten_after(
    position: Position,
    store: &dyn EventStore,
) -> Result<bool, ReadError> {
    let source = Source::query_after(erasures(), position);
    let mut events = store.read(Read::forwards(source)).await?;
    while let Some(record) = events.try_next().await? {
        // Reports of newer code are no matter here.
        let events = events_of::<PersonalDataEvent>(&record).unwrap_or_default();
        if events
            .iter()
            .any(|event| matches!(event, PersonalDataEvent::Erased { .. }))
        {
            return Ok(true);
        }
    }
    Ok(false)
}
