//! Line 7, under writers: catching up and then live, with no seam.

use annals_core::{Append, NewEvent, Position, Query, RecordedEvent, Source, StreamId};

use super::sample::{append, event, stream, tag, tagged, write};
use super::subject::{Subject, in_parallel};

const WRITERS: usize = 8;
const ROUNDS: usize = 25;
/// Every round records two events.
const EVENTS: u64 = (WRITERS * ROUNDS * 2) as u64;

/// 7j: a subscription begun amid eight writers delivers every event once, in order.
pub(super) async fn a_subscription_amid_writers_delivers_every_event_once(store: Subject) {
    let delivered = follow_amid_writers(&store, Source::all()).await;
    assert_eq!(delivered, store.all().await);
}

/// 7k: so does a query's subscription, with what it selects.
pub(super) async fn a_query_amid_writers_delivers_every_match_once(store: Subject) {
    let query = tagged("round:3");
    let delivered = follow_amid_writers(&store, Source::query(query.clone())).await;
    assert_eq!(delivered, selected(&store, &query).await);
    assert_eq!(delivered.len(), WRITERS);
}

/// 7l: so does a stream's.
pub(super) async fn a_stream_amid_writers_delivers_every_version_once(store: Subject) {
    let id = stream("Shared-1");
    let delivered = follow_amid_writers(&store, Source::stream(id.clone())).await;
    assert_eq!(delivered, store.stream(&id).await);
    assert_eq!(delivered.len(), WRITERS * ROUNDS);
}

/// 7m: subscriptions begun at different times, after different positions, agree.
pub(super) async fn subscriptions_amid_writers_agree(store: Subject) {
    let writing = write_in_parallel(store.clone());
    let followers = in_parallel((0..6).map(|number: u64| {
        let store = store.clone();
        async move {
            let after = Position(number * 30);
            // Begins when that position has just been written, or is yet to be.
            store.follow(Source::all()).await.until(after).await;
            let mut follower = store.follow(Source::all_after(after)).await;
            follower.until(Position(EVENTS)).await
        }
    }));
    let (_, delivered) = tokio::join!(writing, followers);
    let all = store.all().await;
    for (delivered, after) in delivered.iter().zip((0..).step_by(30)) {
        assert_eq!(*delivered, all[after..]);
    }
}

/// 7n: a reader that is cut off and subscribes again after what it saw misses and repeats nothing.
pub(super) async fn a_reader_that_is_cut_off_goes_on_where_it_was(store: Subject) {
    let writing = write_in_parallel(store.clone());
    let reading = async {
        let mut seen: Vec<RecordedEvent> = Vec::new();
        while seen.len() as u64 != EVENTS {
            let after = seen.last().map_or(Position::START, |event| event.position);
            let mut follower = store.follow(Source::all_after(after)).await;
            let left = usize::try_from(EVENTS).expect("a small number") - seen.len();
            for _ in 0..left.min(7) {
                seen.push(follower.next_event().await);
            }
        }
        seen
    };
    let (_, seen) = tokio::join!(writing, reading);
    assert_eq!(seen, store.all().await);
}

/// 7o: one who waits for an event that is not yet written is woken by it.
pub(super) async fn a_waiting_reader_is_woken_by_an_append(store: Subject) {
    let mut follower = store.follow(Source::query(tagged("awaited"))).await;
    let waiting = tokio::spawn(async move { follower.next_event().await });
    for number in 0..5 {
        store.append(append("Account-1", vec![event(number)])).await;
    }
    let awaited = event(5).tagged(tag("awaited"));
    let appended = store.append(append("Account-1", vec![awaited])).await;
    let woken = waiting.await.expect("the waiting reader does not fail");
    assert_eq!(woken.position, appended.last);
}

/// Everything a subscription delivers that is begun while eight writers are at work.
async fn follow_amid_writers(store: &Subject, source: Source) -> Vec<RecordedEvent> {
    let writing = write_in_parallel(store.clone());
    let following = async {
        // Not from the start: some must be there to catch up with.
        store.follow(Source::all()).await.until(Position(20)).await;
        let mut follower = store.follow(source).await;
        follower.until(Position(EVENTS)).await
    };
    let (_, delivered) = tokio::join!(writing, following);
    delivered
}

async fn write_in_parallel(store: Subject) {
    let writers = (0..WRITERS).map(|writer| write_rounds(store.clone(), writer));
    in_parallel(writers).await;
}

async fn write_rounds(store: Subject, writer: usize) {
    let own: StreamId = stream(&format!("Writer-{writer}"));
    for round in 0..ROUNDS {
        let number = writer * 1_000 + 2 * round;
        let noted: NewEvent = event(number).tagged(tag(&format!("round:{round}")));
        let writes = vec![
            write("Shared-1", vec![noted]),
            write(own.as_str(), vec![event(number + 1)]),
        ];
        store.append(Append::to_streams(writes)).await;
    }
}

async fn selected(store: &Subject, query: &Query) -> Vec<RecordedEvent> {
    let mut events = store.all().await;
    events.retain(|event| query.matches(&event.stream, &event.event_type, &event.tags));
    events
}
