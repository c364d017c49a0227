//! A span for each batch and for each effect, which tells what it is of and whether it failed.

use annals_core::{
    Append, Event, EventId, EventStore, ExpectedVersion, IdSource, Metadata, RandomIds, StreamId,
};

use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run};
use crate::outside::{Answer, Call, Happened, Outside, perform};
use crate::spans::Spans;

const STATUS: [&str; 2] = ["otel.status_code", "otel.status_description"];

#[tokio::test]
async fn a_batch_is_a_span_and_one_that_failed_says_why() {
    let (spans, _guard) = Spans::of_this_thread();
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::BeforeCommit]);
    let last = record(&*store, "Account", 3).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    let batches = spans.named("projection batch");
    let failed = batches[0].of(STATUS);
    assert_eq!(failed[0], "ERROR");
    assert!(failed[1].starts_with("unavailable: "), "{failed:?}");
    let last = &batches[batches.len() - 1];
    assert_eq!(last.of(STATUS), ["", ""]);
    assert_eq!(last.of(["projection", "up_to"]), ["ledger", "3"]);
    assert_eq!(last.of(["otel.kind"]), ["consumer"]);
    let events = batches.iter().skip(1).map(|batch| batch.of(["events"])[0]);
    let events: u64 = events.map(|events| events.parse::<u64>().unwrap()).sum();
    assert_eq!(events, 3);
}

#[tokio::test]
async fn an_effect_is_a_span_with_the_correlation_of_its_event() {
    let (spans, _guard) = Spans::of_this_thread();
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(1, [Answer::Busy]);
    let metadata = Metadata {
        correlation: Some("order 7".to_owned()),
        ..Metadata::default()
    };
    let id = EventId(RandomIds.next());
    let stream = StreamId::new("Account", "1").unwrap();
    let events = vec![Happened {}.to_new(id, metadata).unwrap()];
    let append = Append::to(stream, ExpectedVersion::NoStream, events);
    let last = store.append(append).await.unwrap().last;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();

    let effects = spans.named("effect");
    assert_eq!(effects.len(), 2);
    for effect in &effects {
        let of_event = ["effect", "position", "stream", "event_type"];
        assert_eq!(
            effect.of(of_event),
            ["ledger", "1", "Account-1", "Happened"]
        );
        assert_eq!(effect.of(["correlation_id"]), ["order 7"]);
        assert_eq!(effect.of(["event_id"]), [id.to_string()]);
    }
    assert_eq!(effects[0].of(["otel.status_code"]), ["ERROR"]);
    assert_eq!(effects[1].of(["otel.status_code"]), [""]);
}
