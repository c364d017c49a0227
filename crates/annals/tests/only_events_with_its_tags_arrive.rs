//! What listens to tags is given the events that carry all of them, from every store.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals::sqlite::{Database, SqlProjection, rusqlite};
use annals::{
    Annals, Append, Builder, Effect, EffectError, EffectKey, EffectStart, Event, EventId,
    EventStore, ExpectedVersion, IdSource, Metadata, NotLoaded, Position, Projection, RandomIds,
    ReadModel, Recorded, Rows, Selection, StreamId, TableProjection, TableShape,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// All of them must be there.
const TAGS: &[&str] = &["country:cz", "kind:express"];

#[derive(Event, Serialize, Deserialize, Debug)]
enum ParcelEvent {
    Sent {
        #[event(tag)]
        country: String,
        #[event(tag)]
        kind: String,
    },
}

/// By `#[derive(ReadModel)]` and a fold by hand.
#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "parcels")]
struct Parcel {
    #[key]
    position: Position,
}

impl Projection for Parcel {
    type Event = ParcelEvent;
    const TAGS: &'static [&'static str] = TAGS;

    fn keys(event: &Recorded<ParcelEvent>) -> Vec<Position> {
        vec![event.record.position]
    }

    fn fold(_: Option<Self>, position: &Position, _: &Recorded<ParcelEvent>) -> Option<Self> {
        Some(Self {
            position: *position,
        })
    }
}

/// The same in a table of its own.
#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "listed_parcels")]
struct ListedParcel {
    #[key]
    position: Position,
}

struct List;

impl TableProjection for List {
    type Event = ParcelEvent;
    const NAME: &'static str = "list";
    const TAGS: &'static [&'static str] = TAGS;
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<ListedParcel>()]
    }

    fn apply(rows: &mut Rows, event: &Recorded<ParcelEvent>) -> Result<(), NotLoaded> {
        rows.put(ListedParcel {
            position: event.record.position,
        });
        Ok(())
    }
}

/// Writes down which parcels it was told of.
#[derive(Clone, Default)]
struct Telling(Arc<Mutex<Vec<Position>>>);

#[async_trait]
impl Effect for Telling {
    type Event = ParcelEvent;
    const NAME: &'static str = "telling";
    const TAGS: &'static [&'static str] = TAGS;
    const START: EffectStart = EffectStart::Beginning;

    async fn perform(
        &self,
        event: &Recorded<ParcelEvent>,
        _: EffectKey,
    ) -> Result<(), EffectError> {
        self.0.lock().unwrap().push(event.record.position);
        Ok(())
    }
}

/// Appends three parcels, of which the second carries all tags.
async fn send_three(store: &dyn EventStore) -> Position {
    let mut last = Position::START;
    for (country, kind) in [("cz", "slow"), ("cz", "express"), ("at", "express")] {
        let sent = ParcelEvent::Sent {
            country: country.to_owned(),
            kind: kind.to_owned(),
        };
        let sent = sent.to_new(EventId(RandomIds.next()), Metadata::default());
        let parcels = StreamId::new("Parcel", "all").unwrap();
        let append = Append::to(parcels, ExpectedVersion::Any, vec![sent.unwrap()]);
        last = store.append(append).await.unwrap().last;
    }
    last
}

async fn positions<R: ReadModel>(service: &Annals, of: fn(R) -> Position) -> Vec<Position> {
    let rows = service.table::<R>().list(Selection::new()).await;
    rows.unwrap().into_iter().map(of).collect()
}

async fn only_tagged_parcels_arrive(store: Builder) {
    let telling = Telling::default();
    let service = store
        .projection::<Parcel>()
        .table_projection::<List>()
        .effect(telling.clone());
    let service = service.start().await.unwrap();
    let last = send_three(&**service.store()).await;
    for name in ["parcels", "list", "telling"] {
        let projection = service.projection(name);
        projection.wait_for(last, LONG).await.unwrap();
    }
    let tagged = [Position(2)];
    assert_eq!(
        positions::<Parcel>(&service, |row| row.position).await,
        tagged
    );
    let listed = positions::<ListedParcel>(&service, |row| row.position);
    assert_eq!(listed.await, tagged);
    assert_eq!(*telling.0.lock().unwrap(), tagged);
    service.stop().await;
}

/// Where nobody else keeps anything.
fn url() -> String {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    format!("{server}{mark}schema=t_{}", RandomIds.next().simple())
}

#[tokio::test]
async fn from_the_embedded_store() {
    only_tagged_parcels_arrive(Annals::in_memory()).await;
}

#[tokio::test]
async fn from_postgresql() {
    only_tagged_parcels_arrive(Annals::open(url())).await;
}

#[tokio::test]
async fn with_the_append_itself() {
    let builder = Annals::open(url()).inline_projection::<Parcel>();
    let service = builder.start().await.unwrap();
    send_three(&**service.store()).await;
    let parcels = positions::<Parcel>(&service, |row| row.position);
    assert_eq!(parcels.await, [Position(2)]);
}

/// Tables by hand, which nothing is written to.
struct ByHand;

impl SqlProjection for ByHand {
    type Event = ParcelEvent;
    const NAME: &'static str = "by_hand";
    const TAGS: &'static [&'static str] = TAGS;
    const TABLES: &'static [&'static str] = &["parcels_by_hand"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table parcels_by_hand (position integer)"
    }

    fn apply(
        &self,
        _: &rusqlite::Transaction<'_>,
        _: &Recorded<ParcelEvent>,
    ) -> Result<(), rusqlite::Error> {
        Ok(())
    }
}

#[async_trait]
impl annals::postgres::SqlProjection for ByHand {
    type Event = ParcelEvent;
    const NAME: &'static str = "by_hand";
    const TAGS: &'static [&'static str] = TAGS;
    const TABLES: &'static [&'static str] = &["parcels_by_hand"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table parcels_by_hand (position bigint)"
    }

    async fn apply(
        &self,
        _: &annals::postgres::Transaction<'_>,
        _: &Recorded<ParcelEvent>,
    ) -> Result<(), annals::postgres::PostgresError> {
        Ok(())
    }
}

#[tokio::test]
async fn to_tables_by_hand() {
    let asked = Parcel::query();
    assert_eq!(asked.items()[0].tags.len(), TAGS.len());
    let database = Database::in_memory().await.unwrap();
    let on_sqlite = database.sql_projector(ByHand).await.unwrap();
    assert_eq!(on_sqlite.query(), asked);
    assert_eq!(<ByHand as annals::postgres::SqlProjection>::query(), asked);
}
