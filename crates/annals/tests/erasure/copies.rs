//! What copies what events say of persons: read models of each kind, an effect, a cache.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use annals::runtime::Forgets;
use annals::sqlite::{SqlProjection, rusqlite};
use annals::{
    Cause, Effect, EffectError, EffectKey, EffectStart, NotLoaded, Personal, Projection, ReadModel,
    Recorded, Rows, SubjectId, TableProjection, TableShape,
};
use async_trait::async_trait;

use crate::people::PersonEvent;

/// What is written where nothing is known.
pub(crate) const UNKNOWN: &str = "?";

/// What an event says of a person, as plain text: what nobody should keep.
pub(crate) fn said(event: &PersonEvent) -> String {
    let (PersonEvent::Registered { name: told, .. } | PersonEvent::Moved { city: told, .. }) =
        event;
    told.known().cloned().unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The last that was said of each person, sealed, and as a careless copy.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "persons")]
pub(crate) struct PersonRow {
    #[key]
    pub(crate) id: String,
    pub(crate) told: Personal<String>,
    pub(crate) copied: String,
}

impl Projection for PersonRow {
    type Event = PersonEvent;

    fn keys(event: &Recorded<PersonEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, id: &String, event: &Recorded<PersonEvent>) -> Option<Self> {
        let copied = said(&event.event);
        assert_ne!(copied, "Atlantis", "nobody lives in Atlantis");
        let (PersonEvent::Registered { name: told, .. } | PersonEvent::Moved { city: told, .. }) =
            event.event.clone();
        let id = id.clone();
        Some(Self { id, told, copied })
    }
}

/// The same in a table that is written event by event.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "sayings")]
pub(crate) struct Saying {
    #[key]
    pub(crate) position: u64,
    pub(crate) copied: String,
}

pub(crate) struct Sayings;

impl TableProjection for Sayings {
    type Event = PersonEvent;
    const NAME: &'static str = "sayings";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Saying>()]
    }

    fn apply(rows: &mut Rows, event: &Recorded<PersonEvent>) -> Result<(), NotLoaded> {
        rows.put(Saying {
            position: event.record.position.0,
            copied: said(&event.event),
        });
        Ok(())
    }
}

/// The same by SQL.
pub(crate) struct ByHand;

impl SqlProjection for ByHand {
    type Event = PersonEvent;
    const NAME: &'static str = "by_hand";
    const TABLES: &'static [&'static str] = &["by_hand"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table by_hand (position integer primary key, copied text not null)"
    }

    fn apply(
        &self,
        tx: &rusqlite::Transaction<'_>,
        event: &Recorded<PersonEvent>,
    ) -> Result<(), rusqlite::Error> {
        let position = event.record.position.0.cast_signed();
        let copied = said(&event.event);
        tx.execute("insert into by_hand values (?, ?)", (position, copied))?;
        Ok(())
    }
}

/// Remembers what it was told, and lets go of it.
#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<BTreeMap<u64, (String, String)>>>);

impl Cache {
    /// What it was told, by position.
    pub(crate) fn said(&self) -> BTreeMap<u64, String> {
        let kept = self.0.lock().unwrap();
        let said = kept.iter().map(|(at, (_, said))| (*at, said.clone()));
        said.collect()
    }
}

#[async_trait]
impl Effect for Cache {
    type Event = PersonEvent;
    const NAME: &'static str = "cache";
    const START: EffectStart = EffectStart::Beginning;

    async fn perform(
        &self,
        event: &Recorded<PersonEvent>,
        _: EffectKey,
    ) -> Result<(), EffectError> {
        let whose = event.record.stream.id().to_owned();
        let mut kept = self.0.lock().unwrap();
        kept.insert(event.record.position.0, (whose, said(&event.event)));
        Ok(())
    }
}

#[async_trait]
impl Forgets for Cache {
    fn name(&self) -> &'static str {
        "cache"
    }

    async fn forget(&self, subject: &SubjectId) -> Result<(), Cause> {
        let mut kept = self.0.lock().unwrap();
        kept.retain(|_, (whose, _)| whose != subject.as_str());
        Ok(())
    }
}
