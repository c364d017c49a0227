//! Redis: each event is one entry, in order, though questions and answers are lost, the server and
//! processes die, and one that was thought dead goes on.

use annals_outbox::{Outbox, RedisStreams};
use annals_servers::{Broker, redis_url};

use crate::breaking_way::BreakingWay;
use crate::doors::{Doors, SHORT, new_house, openings, refusal, tell, tell_all, told};
use crate::redis_stream::{Reader, address, ids};

fn outbox(url: &str) -> Outbox<Doors, RedisStreams> {
    Outbox::new(Doors, RedisStreams::at(url).unwrap().waiting_for(SHORT))
}

#[tokio::test]
async fn wherever_the_connection_breaks_each_event_is_there_once_and_in_order() {
    let server = redis_url();
    let mut reader = Reader::of(&server).await;
    let mut breaks_at = 0;
    loop {
        let (house, way) = (
            new_house(),
            BreakingWay::to(address(&server), breaks_at).await,
        );
        let outbox = outbox(&format!("redis://{}", way.address()));
        tell_all(&outbox, &openings(&house, 3)).await;
        assert_eq!(reader.ids(&house).await, ids(1..=3), "at {breaks_at}");
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
    let mut server = Broker::redis().unwrap();
    let house = new_house();
    let outbox = outbox(&server.url());
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
    let mut reader = Reader::of(&server.url()).await;
    assert_eq!(reader.ids(&house).await, ids(1..=3));
}

#[tokio::test]
async fn a_process_that_starts_before_its_checkpoint_repeats_nothing() {
    let (server, house) = (redis_url(), new_house());
    let events = openings(&house, 5);
    tell_all(&outbox(&server), &events[..4]).await;
    tell_all(&outbox(&server), &events).await;
    let mut reader = Reader::of(&server).await;
    assert_eq!(reader.ids(&house).await, ids(1..=5));
}

#[tokio::test]
async fn an_owner_that_wakes_up_late_changes_nothing() {
    let (server, house) = (redis_url(), new_house());
    let events = openings(&house, 6);
    let (late, next) = (outbox(&server), outbox(&server));
    tell_all(&late, &events[..2]).await;
    tell_all(&next, &events[2..]).await;
    tell_all(&late, &events[2..4]).await;
    let mut reader = Reader::of(&server).await;
    assert_eq!(reader.ids(&house).await, ids(1..=6));
}

#[tokio::test]
async fn a_place_that_somebody_else_has_is_told_and_not_taken_for_delivered() {
    let (server, house) = (redis_url(), new_house());
    let mut reader = Reader::of(&server).await;
    reader.run(&format!("XADD {house} 2-0 id other")).await;
    let outbox = outbox(&server);
    let events = openings(&house, 3);
    let passed = refusal(told(&outbox, &events[0]).await);
    assert!(passed.contains("has gone past 1-0"), "{passed}");
    let taken = refusal(told(&outbox, &events[1]).await);
    assert!(taken.contains("entry 2-0"), "{taken}");
    tell_all(&outbox, &events[2..]).await;
    assert_eq!(reader.ids(&house).await, ids([2, 3]));
}

#[tokio::test]
async fn a_key_that_is_no_stream_refuses() {
    let (server, house) = (redis_url(), new_house());
    let mut reader = Reader::of(&server).await;
    reader.run(&format!("SET {house} text")).await;
    let refused = refusal(told(&outbox(&server), &openings(&house, 1)[0]).await);
    assert!(refused.contains("WRONGTYPE"), "{refused}");
}
