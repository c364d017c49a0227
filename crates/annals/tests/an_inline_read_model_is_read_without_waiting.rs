//! A service whose read model is written in the transaction of each append: nobody waits for it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals::{
    Annals, Append, AppendError, Error, Event, EventId, ExpectedVersion, IdSource, Metadata,
    Projection, RandomIds, ReadModel, Recorded, StreamId,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug)]
enum StockEvent {
    Added { pieces: i64 },
    Broken,
}

#[derive(ReadModel, Clone, Debug, PartialEq)]
#[read_model(table = "stock")]
struct Stock {
    #[key]
    article: String,
    pieces: i64,
}

impl Projection for Stock {
    type Event = StockEvent;

    fn keys(event: &Recorded<StockEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, article: &String, event: &Recorded<StockEvent>) -> Option<Self> {
        let StockEvent::Added { pieces } = event.event else {
            panic!("broken");
        };
        let pieces = row.map_or(0, |row| row.pieces) + pieces;
        Some(Self {
            article: article.clone(),
            pieces,
        })
    }
}

fn append(event: &StockEvent) -> Append {
    let stream = StreamId::new("Article", "screws").unwrap();
    let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
    Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()])
}

/// Where nobody else keeps anything.
fn url() -> String {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    format!("{server}{mark}schema=t_{}", RandomIds.next().simple())
}

#[tokio::test]
async fn right_after_an_answer_the_row_is_there() {
    let builder = Annals::open(url()).inline_projection::<Stock>();
    let service = builder.start().await.unwrap();
    for round in 1..=10 {
        let added = append(&StockEvent::Added { pieces: 5 });
        service.store().append(added).await.unwrap();
        let stock = service.table::<Stock>().get(&"screws".to_owned()).await;
        assert_eq!(stock.unwrap().unwrap().pieces, 5 * round);
    }
    assert_eq!(service.projections().count(), 0, "it does not run beside");
}

#[tokio::test]
async fn that_it_left_nothing_out_can_be_proven() {
    let builder = Annals::open(url()).inline_projection::<Stock>();
    let service = builder.start().await.unwrap();
    for _ in 0..3 {
        let added = append(&StockEvent::Added { pieces: 5 });
        service.store().append(added).await.unwrap();
        let refused = append(&StockEvent::Broken);
        service.store().append(refused).await.unwrap_err();
    }
    let audit = service.audit("stock").await.unwrap();
    assert!(audit.is_complete(), "{audit}");
    assert_eq!(audit.handled, 3);
}

#[tokio::test]
async fn what_it_cannot_take_in_is_refused_by_its_name() {
    let builder = Annals::open(url()).inline_projection::<Stock>();
    let service = builder.start().await.unwrap();
    let refused = service.store().append(append(&StockEvent::Broken)).await;
    let expected = "projection stock cannot take in the events: the projection panicked: broken";
    let refused = refused.unwrap_err();
    assert!(matches!(refused, AppendError::Projection { .. }));
    assert_eq!(refused.to_string(), expected);
}

#[tokio::test]
async fn the_embedded_store_says_that_it_cannot_keep_one() {
    let refused = Annals::in_memory()
        .inline_projection::<Stock>()
        .start()
        .await;
    let expected = "projection stock cannot be inline: the embedded store keeps events and read \
                    models in separate files, which cannot commit together";
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::NotInline { .. }));
    assert_eq!(refused.to_string(), expected);
}

#[tokio::test]
async fn a_projection_cannot_be_inline_and_run_as_well() {
    let builder = Annals::open(url()).inline_projection::<Stock>();
    let refused = builder.projection::<Stock>().start().await.unwrap_err();
    assert!(matches!(refused, Error::DeclaredTwice(name) if name == "stock"));
}
