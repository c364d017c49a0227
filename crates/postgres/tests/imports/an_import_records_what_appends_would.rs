//! An import records what appends would, one after the other, and is refused where one of them is.

use annals_core::{
    Append, AppendId, ContentType, EventId, EventStore, EventType, ExpectedVersion, IdSource,
    Metadata, NewEvent, Query, QueryItem, RandomIds, Read, Source, StreamId, StreamVersion,
    StreamWrite, Tag,
};
use annals_postgres::{ImportError, PostgresStore};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use crate::history::{event, import, recorded_after, store, stream, timeless};

const STREAMS: usize = 4;

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Write>),
    /// An append of before, as it was.
    Repeat(Index),
    /// Other events, under the id of an append of before.
    SameAppendId(Index),
    /// Another append, with the id of an event of before.
    SameEventId(Index),
}

/// A write to one of the streams.
#[derive(Debug, Clone)]
struct Write {
    stream: usize,
    expected: ExpectedVersion,
    events: Vec<NewEvent>,
}

fn any_event() -> impl Strategy<Value = NewEvent> {
    let parts = (
        prop_oneof!["Opened", "MoneyDeposited", "été"],
        1..4_u32,
        prop_oneof![Just("application/json"), Just("image/png")],
        prop::collection::vec(any::<u8>(), 0..20),
        prop::collection::vec(prop_oneof!["a", "b:1", "ü"], 0..4),
        prop::option::of("[a-z\\\\\"é]{1,5}"),
    );
    parts.prop_map(
        |(event_type, schema_version, content_type, data, tags, actor)| NewEvent {
            id: EventId(RandomIds.next()),
            event_type: EventType::new(event_type).unwrap(),
            schema_version,
            content_type: ContentType::new(content_type).unwrap(),
            data: data.into(),
            tags: tags.into_iter().map(|tag| Tag::new(tag).unwrap()).collect(),
            metadata: Metadata {
                actor,
                ..Metadata::default()
            },
        },
    )
}

fn any_expected() -> impl Strategy<Value = ExpectedVersion> {
    prop_oneof![
        4 => Just(ExpectedVersion::Any),
        1 => Just(ExpectedVersion::NoStream),
        1 => Just(ExpectedVersion::Exists),
        1 => (0..6_u64).prop_map(|version| ExpectedVersion::At(StreamVersion(version))),
    ]
}

fn any_writes() -> impl Strategy<Value = Vec<Write>> {
    let streams = subsequence((0..STREAMS).collect::<Vec<_>>(), 1..=3);
    streams.prop_flat_map(|streams| {
        let write = |stream| {
            let events = prop::collection::vec(any_event(), 1..4);
            (any_expected(), events).prop_map(move |(expected, events)| Write {
                stream,
                expected,
                events,
            })
        };
        streams.into_iter().map(write).collect::<Vec<_>>()
    })
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any_writes().prop_map(Step::Append),
        1 => any::<Index>().prop_map(Step::Repeat),
        1 => any::<Index>().prop_map(Step::SameAppendId),
        1 => any::<Index>().prop_map(Step::SameEventId),
    ]
}

/// The appends of a history, to streams of its own.
fn history(steps: &[Step]) -> Vec<Append> {
    let category = format!("C{}", RandomIds.next().simple());
    let mut history: Vec<Append> = Vec::new();
    for step in steps {
        history.push(match step {
            Step::Append(writes) => append(&category, writes),
            _ if history.is_empty() => continue,
            Step::Repeat(before) => before.get(&history).clone(),
            Step::SameAppendId(before) => {
                let id = before.get(&history).id;
                append(&category, &[plain_write()]).with_id(id)
            }
            Step::SameEventId(before) => {
                let mut write = plain_write();
                write.events[0].id = before.get(&history).writes[0].events[0].id;
                append(&category, &[write])
            }
        });
    }
    history
}

fn append(category: &str, writes: &[Write]) -> Append {
    let write = |write: &Write| StreamWrite {
        stream: StreamId::new(category, &write.stream.to_string()).unwrap(),
        expected: write.expected,
        events: write.events.clone(),
    };
    Append::to_streams(writes.iter().map(write).collect())
}

fn plain_write() -> Write {
    Write {
        stream: 0,
        expected: ExpectedVersion::Any,
        events: vec![event(0)],
    }
}

/// Two stores that hold the same.
struct Twins {
    appended: PostgresStore,
    imported: PostgresStore,
}

impl Twins {
    /// Appends a history to one store, imports it into the other, and compares them.
    async fn judge(&self, mut history: Vec<Append>) {
        let before = self.appended.head().await.unwrap();
        let refusals = self.append(&history).await;
        let refused = match import(&self.imported, &history).await {
            Ok(_) => None,
            Err(ImportError::Refused {
                append, refusal, ..
            }) => Some((append, refusal.to_string())),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(
            refused.as_ref(),
            refusals.first().map(|(_, refusal)| refusal)
        );
        for (number, _) in refusals.iter().rev() {
            history.remove(*number);
        }
        import(&self.imported, &history).await.unwrap();
        let appended = recorded_after(&self.appended, before).await;
        let imported = recorded_after(&self.imported, before).await;
        assert_eq!(timeless(imported), timeless(appended));
    }

    /// The numbers of those that are refused, and why.
    async fn append(&self, history: &[Append]) -> Vec<(usize, (AppendId, String))> {
        let mut refusals = Vec::new();
        for (number, append) in history.iter().enumerate() {
            if let Err(refusal) = self.appended.append(append.clone()).await {
                refusals.push((number, (append.id, refusal.to_string())));
            }
        }
        refusals
    }
}

#[test]
fn an_import_records_what_appends_would() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let twins = runtime.block_on(async {
        let (appended, imported) = (store().await, store().await);
        Twins { appended, imported }
    });
    let steps = prop::collection::vec(any_step(), 1..25);
    let cases = ProptestConfig::with_cases(100);
    proptest!(cases, |(steps in steps)| runtime.block_on(twins.judge(history(&steps))));
}

#[tokio::test]
async fn what_was_imported_is_found_by_its_append_by_stream_and_by_tag() {
    let store = store().await;
    let (a, b) = (stream(1), stream(2));
    let write = |stream: &StreamId, number| StreamWrite {
        stream: stream.clone(),
        expected: ExpectedVersion::NoStream,
        events: vec![event(number)],
    };
    let both = Append::to_streams(vec![write(&a, 0), write(&b, 1)]);
    import(&store, std::slice::from_ref(&both)).await.unwrap();

    let found = store.find_append(both.id).await.unwrap().unwrap();
    assert_eq!(
        found.versions,
        [(a.clone(), StreamVersion(1)), (b.clone(), StreamVersion(1))]
    );
    assert_eq!(store.append(both).await.unwrap(), found);
    let tag = Tag::new("branch:1").unwrap();
    let tagged = Source::query(Query::any_of([QueryItem::default().tags([tag])]));
    for source in [Source::stream(b), tagged] {
        let read = store.read(Read::forwards(source)).await.unwrap();
        let positions = read
            .collect()
            .await
            .unwrap()
            .into_iter()
            .map(|event| event.position.0);
        assert_eq!(positions.collect::<Vec<_>>(), [2]);
    }
}
