//! NATS: each event is one message, in order, though questions and answers are lost, the server and
//! processes die, one that was thought dead goes on, and all that after the server forgot the ids.

use std::time::Duration;

use annals::{EffectStart, EventId, IdSource, RandomIds, Recorded, RecordedEvent};
use annals_outbox::{NatsSubjects, Outbox, Publication};
use annals_servers::{Broker, nats_url};
use async_nats::jetstream::stream::RetentionPolicy;

use crate::breaking_way::BreakingWay;
use crate::doors::{
    DoorEvent, Doors, LONG, SHORT, new_house, opening, openings, refusal, tell, tell_all, told,
    until_failed_by,
};
use crate::nats_subject::{Subject, elsewhere};
use crate::redis_stream::{address, ids};

fn outbox(url: &str, stream: &str) -> Outbox<Doors, NatsSubjects> {
    let nats = NatsSubjects::at(url, stream).unwrap();
    Outbox::new(Doors, nats.waiting_for(SHORT))
}

#[tokio::test]
async fn wherever_the_connection_breaks_each_event_is_there_once_and_in_order() {
    let server = nats_url();
    let mut breaks_at = 0;
    loop {
        let house = new_house();
        let subject = Subject::new(&server, &house).await;
        let way = BreakingWay::to(address(&server), breaks_at).await;
        let outbox = outbox(&format!("nats://{}", way.address()), &house);
        tell_all(&outbox, &openings(&house, 3)).await;
        assert_eq!(subject.marks().await, ids(1..=3), "at {breaks_at}");
        if !way.was_broken() {
            break;
        }
        breaks_at += 1;
    }
    assert!(
        breaks_at >= 6,
        "three questions and three answers were lost"
    );
}

#[tokio::test]
async fn a_server_that_is_killed_before_or_after_it_took_an_event_has_it_once() {
    let mut server = Broker::nats().unwrap();
    let house = new_house();
    let subject = Subject::new(&server.url(), &house).await;
    let outbox = outbox(&server.url(), &house);
    let events = openings(&house, 3);
    tell_all(&outbox, &events[..1]).await;
    // It reads no question any more.
    server.pause().unwrap();
    tell(&outbox, &events[1]).await.unwrap_err();
    server.kill().unwrap();
    server.start_again().unwrap();
    tell_all(&outbox, &events[1..]).await;
    // Whether its answer arrived or not, it has the last one.
    server.kill().unwrap();
    server.start_again().unwrap();
    tell_all(&outbox, &events[2..]).await;
    assert_eq!(subject.marks().await, ids(1..=3));
}

#[tokio::test]
async fn a_process_that_starts_long_after_repeats_nothing() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    let events = openings(&house, 5);
    tell_all(&outbox(&server, &house), &events[..4]).await;
    subject.until_ids_are_forgotten().await;
    tell_all(&outbox(&server, &house), &events).await;
    assert_eq!(subject.marks().await, ids(1..=5));
}

#[tokio::test]
async fn an_owner_that_wakes_up_late_changes_nothing_though_ids_are_forgotten() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    let events = openings(&house, 6);
    let late = outbox(&server, &house);
    let next = outbox(&server, &house);
    tell_all(&late, &events[..2]).await;
    tell_all(&next, &events[2..]).await;
    subject.until_ids_are_forgotten().await;
    tell_all(&late, &events[2..4]).await;
    assert_eq!(subject.marks().await, ids(1..=6));
}

/// Tells of doors elsewhere, beside [`Doors`].
struct DoorsElsewhere;

impl Publication for DoorsElsewhere {
    type Event = DoorEvent;
    const NAME: &'static str = "doors_elsewhere";
    const START: EffectStart = EffectStart::Beginning;

    fn source(&self) -> &str {
        Doors.source()
    }

    fn topic(record: &RecordedEvent) -> String {
        elsewhere(&Doors::topic(record))
    }
}

#[tokio::test]
async fn an_event_that_is_told_to_two_subjects_of_a_stream_is_in_both() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::with_window(&server, &house, LONG).await;
    let events = openings(&house, 2);
    tell_all(&outbox(&server, &house), &events).await;
    let nats = NatsSubjects::at(&server, &house).unwrap();
    let elsewhere = Outbox::new(DoorsElsewhere, nats.waiting_for(SHORT));
    tell_all(&elsewhere, &events).await;
    assert_eq!(subject.count().await, 4);
}

#[tokio::test]
async fn an_event_that_was_purged_is_not_taken_for_delivered_because_its_id_is_known() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::with_window(&server, &house, Duration::from_secs(2)).await;
    let events = openings(&house, 1);
    tell_all(&outbox(&server, &house), &events).await;
    subject.purge().await;
    tell_all(&outbox(&server, &house), &events).await;
    assert_eq!(subject.marks().await, ids([1]));
}

#[tokio::test]
async fn a_subject_that_somebody_else_has_is_told_and_nothing_taken_for_delivered() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    subject.write("of somebody else").await;
    let outbox = outbox(&server, &house);
    let refused = refusal(told(&outbox, &openings(&house, 1)[0]).await);
    assert!(refused.contains("of somebody else"), "{refused}");
    assert_eq!(subject.count().await, 1);
}

#[tokio::test]
async fn what_another_publication_told_is_not_taken_for_delivered() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    subject.write_of_another_publication().await;
    let refused = refusal(told(&outbox(&server, &house), &openings(&house, 1)[0]).await);
    assert!(refused.contains("of somebody else"), "{refused}");
    assert_eq!(subject.count().await, 1);
}

#[tokio::test]
async fn another_event_in_the_place_of_the_last_one_is_not_taken_for_delivered() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::new(&server, &house).await;
    let first = outbox(&server, &house);
    tell_all(&first, &openings(&house, 2)).await;
    // As a log has it that was restored from an older copy.
    let other = opening_of_another(&house, 2);
    for outbox in [first, outbox(&server, &house)] {
        let refused = refusal(told(&outbox, &other).await);
        assert!(refused.contains("of somebody else"), "{refused}");
    }
    assert_eq!(subject.marks().await, ids(1..=2));
}

fn opening_of_another(house: &str, position: u64) -> Recorded<DoorEvent> {
    let mut event = opening(house, position, "me");
    event.record.id = EventId(RandomIds.next());
    event
}

#[tokio::test]
async fn what_can_never_be_taken_is_refused() {
    let (server, house) = (nats_url(), new_house());
    let _subject = Subject::new(&server, &house).await;
    let outbox = outbox(&server, &house);
    // The connection tells how large a message may be.
    tell_all(&outbox, &openings(&house, 1)).await;
    let large = opening(&house, 2, &"x".repeat(2 << 20));
    let refused = refusal(told(&outbox, &large).await);
    assert!(refused.contains("max payload"), "{refused}");
    let spaced = opening("a house", 3, "me");
    let refused = refusal(told(&outbox, &spaced).await);
    assert!(refused.contains("is no subject"), "{refused}");
}

#[tokio::test]
async fn a_stream_that_forgets_what_was_read_is_not_written_to() {
    let (server, house) = (nats_url(), new_house());
    let subject = Subject::with_retention(&server, &house, RetentionPolicy::WorkQueue).await;
    let outbox = outbox(&server, &house);
    until_failed_by(&outbox, &openings(&house, 1)[0], "must be limits").await;
    assert_eq!(subject.count().await, 0);
}
