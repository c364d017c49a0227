//! Whoever reads an event that a saga led to finds out what it belongs to, and why it happened.

use annals_core::{Asked, Metadata, Read, RecordedEvent, Source};

use crate::world::{World, id};

const SAGA: &str = "Saga:transfer-t1";

async fn recorded(world: &World, stream: &str) -> Vec<RecordedEvent> {
    let read = Read::forwards(Source::stream(stream.parse().unwrap()));
    let events = world.store.read(read).await.unwrap();
    events.collect().await.unwrap()
}

async fn last(world: &World, stream: &str) -> RecordedEvent {
    recorded(world, stream).await.pop().unwrap()
}

fn of_conversation(name: &str) -> Metadata {
    Metadata {
        correlation: Some(name.to_owned()),
        ..Metadata::default()
    }
}

#[tokio::test]
async fn it_belongs_to_the_conversation_of_what_began_it() {
    let world = World::new().await;
    let engine = world.engine();
    for conversation in ["first", "second"] {
        let metadata = of_conversation(conversation);
        world.request_with("t1", 30, metadata).await;
        world.bring(&engine, "t1").await;
    }
    engine.drive(&id("t1")).await.unwrap();
    let mut events = recorded(&world, SAGA).await;
    assert_eq!(events.len(), 4);
    events.push(last(&world, "Account-ann").await);
    events.push(last(&world, "Account-bob").await);
    for event in events {
        let conversation = event.metadata.correlation.as_deref();
        assert_eq!(conversation, Some("first"), "{}", event.stream);
    }
}

#[tokio::test]
async fn and_to_its_own_where_there_was_none() {
    let world = World::new().await;
    let engine = world.engine();
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    for stream in [SAGA, "Account-bob"] {
        let event = last(&world, stream).await;
        assert_eq!(event.metadata.correlation.as_deref(), Some(SAGA));
    }
}

#[tokio::test]
async fn each_step_is_done_because_of_what_was_recorded_before_it() {
    let world = World::new().await;
    let engine = world.engine();
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let [begun, taken, brought] = &recorded(&world, SAGA).await[..] else {
        panic!("three things happen to it");
    };
    let requested = last(&world, "Transfer-t1").await;
    let withdrawn = last(&world, "Account-ann").await;
    let deposited = last(&world, "Account-bob").await;
    let causes = [
        (begun, &requested),
        (&withdrawn, begun),
        (taken, begun),
        (&deposited, taken),
        (brought, taken),
    ];
    for (event, cause) in causes {
        let because = event.metadata.causation.clone();
        assert_eq!(because, Some(cause.id.to_string()), "{}", event.stream);
    }
}

#[tokio::test]
async fn what_a_person_asks_for_is_recorded_in_their_name() {
    let world = World::new().await;
    world.begin(&world.engine(), "t1", 30).await;
    let (sagas, t1) = (world.sagas(), id("t1"));
    let reason = "not wanted".to_owned();
    let asked = Asked::Compensate { reason };
    sagas.ask("transfer", &t1, asked, "carol").await.unwrap();
    let event = last(&world, SAGA).await;
    assert_eq!(event.metadata.actor.as_deref(), Some("carol"));
}
