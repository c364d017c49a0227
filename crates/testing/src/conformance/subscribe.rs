//! Line 7, one subscription: every matching event once, in order, with marks where it caught up.

use annals_core::{Append, Delivery, Position, Query, RecordedEvent, Source, StreamVersion};

use super::sample::{append, event, events, stream, tag, tagged, write};
use super::subject::Subject;

/// 7a: from the start, everything is delivered, then a mark at the head.
pub(super) async fn a_subscription_delivers_everything_and_says_when_it_caught_up(store: Subject) {
    record_some(&store).await;
    let mut follower = store.follow(Source::all()).await;
    for event in store.all().await {
        assert_eq!(follower.next().await, Delivery::Event(Box::new(event)));
    }
    assert_eq!(follower.next().await, Delivery::CaughtUp(Position(12)));
}

/// 7b: a subscription to an empty store says that it caught up.
pub(super) async fn a_subscription_to_an_empty_store_has_caught_up(store: Subject) {
    let mut follower = store.follow(Source::all()).await;
    assert_eq!(follower.next().await, Delivery::CaughtUp(Position::START));
}

/// 7c: after any position, exactly the events behind it are delivered.
pub(super) async fn a_subscription_begins_after_any_position(store: Subject) {
    record_some(&store).await;
    let all = store.all().await;
    for after in 0..=12 {
        let mut follower = store
            .follow(Source::all_after(Position(after as u64)))
            .await;
        assert_eq!(follower.until(Position(12)).await, all[after..]);
    }
}

/// 7d: what is appended later is delivered live, each time with a mark.
pub(super) async fn later_events_are_delivered_live_with_marks(store: Subject) {
    let mut follower = store.follow(Source::all()).await;
    for number in 0..10 {
        let appended = store
            .append(append("Account-1", events(number..number + 1)))
            .await;
        let delivered = follower.until(appended.last).await;
        assert_eq!(positions(&delivered), [appended.last]);
    }
}

/// 7e: a query's subscription delivers what it selects.
pub(super) async fn a_subscription_delivers_what_its_query_selects(store: Subject) {
    record_some(&store).await;
    for query in [tagged("even"), Query::category("Order"), tagged("none")] {
        let mut follower = store.follow(Source::query(query.clone())).await;
        let selects =
            |event: &RecordedEvent| query.matches(&event.stream, &event.event_type, &event.tags);
        let mut expected = store.all().await;
        expected.retain(selects);
        assert_eq!(follower.until(store.head().await).await, expected);

        let number = 100 + expected.len();
        let more = vec![
            write("Account-1", vec![event(number).tagged(tag("even"))]),
            write("Order-2", vec![event(number + 20)]),
        ];
        store.append(Append::to_streams(more)).await;
        let mut expected = store.all().await.split_off(store.all().await.len() - 2);
        expected.retain(selects);
        assert_eq!(follower.until(store.head().await).await, expected);
    }
}

/// 7f: when nothing that is appended was asked for, the mark moves on all the same.
pub(super) async fn the_mark_moves_on_when_nothing_matches(store: Subject) {
    let mut follower = store.follow(Source::query(tagged("never"))).await;
    assert_eq!(follower.next().await, Delivery::CaughtUp(Position::START));
    for number in 0..5 {
        let appended = store
            .append(append("Account-1", events(number..number + 1)))
            .await;
        assert_eq!(follower.next().await, Delivery::CaughtUp(appended.last));
    }
}

/// 7g: a stream's subscription delivers that stream, from any version, then live.
pub(super) async fn a_subscription_follows_one_stream_from_any_version(store: Subject) {
    record_some(&store).await;
    let id = stream("Account-1");
    let mut followers = vec![store.follow(Source::stream(id.clone())).await];
    for after in 0..=6 {
        let source = Source::stream_after(id.clone(), StreamVersion(after));
        followers.push(store.follow(source).await);
    }
    store.append(append("Account-1", events(50..53))).await;
    store.append(append("Order-1", events(53..54))).await;

    let all = store.stream(&id).await;
    for (follower, after) in followers.iter_mut().zip([0, 0, 1, 2, 3, 4, 5, 6]) {
        let delivered = follower.until(store.head().await).await;
        assert_eq!(delivered, all[after..]);
    }
}

/// 7h: a stream that does not exist yet can be followed from its first event.
pub(super) async fn a_stream_is_followed_before_it_exists(store: Subject) {
    let id = stream("Account-77");
    let mut follower = store.follow(Source::stream(id.clone())).await;
    store.append(append("Account-7", events(0..2))).await;
    store.append(append("Account-77", events(2..4))).await;
    let delivered = follower.until(store.head().await).await;
    assert_eq!(delivered, store.stream(&id).await);
}

/// 7i: dropping a subscription cancels it and nothing else.
pub(super) async fn dropping_a_subscription_cancels_only_that_one(store: Subject) {
    record_some(&store).await;
    let mut kept = store.follow(Source::all()).await;
    for taken in 0..10 {
        let mut dropped = store.follow(Source::all()).await;
        for _ in 0..taken {
            dropped.next_event().await;
        }
    }
    store.append(append("Account-1", events(50..52))).await;
    assert_eq!(kept.until(Position(14)).await, store.all().await);
}

/// Twelve events, in turns to two streams, every other with a tag.
async fn record_some(store: &Subject) {
    for number in 0..6 {
        let writes = vec![
            write("Account-1", vec![event(number).tagged(tag("even"))]),
            write("Order-1", vec![event(number + 20)]),
        ];
        store.append(Append::to_streams(writes)).await;
    }
}

fn positions(events: &[RecordedEvent]) -> Vec<Position> {
    events.iter().map(|event| event.position).collect()
}
