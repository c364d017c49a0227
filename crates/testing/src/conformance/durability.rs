//! Line 3: an acknowledged append survives a crash. And what lines 2, 5, 6 and 7 promise holds
//! across one, too.

use annals_core::{
    Append, AppendError, ExpectedVersion, InvalidAppend, Position, Query, Read, RecordedEvent,
    Source, StreamVersion,
};

use super::Skip;
use super::sample::{append, append_at, event, events, stream, tag, tagged, write};
use super::subject::{Subject, in_parallel};
use super::versions::assert_orderly;

/// 3a: every acknowledged event is there after a crash, as it was before.
pub(super) async fn every_acknowledged_event_survives_a_crash(store: Subject) -> Result<(), Skip> {
    record_some(&store).await;
    let before = store.all().await;
    let store = store.restart().await?;
    assert_eq!(store.all().await, before);
    assert_eq!(store.head().await, Position(before.len() as u64));
    Ok(())
}

/// 3b: the append that was acknowledged last survives, whatever its size.
pub(super) async fn the_last_acknowledged_append_survives_a_crash(
    mut store: Subject,
) -> Result<(), Skip> {
    let mut number = 0;
    for size in [1, 2, 100, 1] {
        let append = append("Account-1", events(number..number + size));
        let appended = store.append(append).await;
        store = store.restart().await?;
        assert_eq!(store.find_append(appended.id).await, Some(appended));
        number += size;
        assert_eq!(store.all().await.len(), number);
    }
    Ok(())
}

/// 3c: what many writers were told survives.
pub(super) async fn what_many_writers_were_told_survives_a_crash(
    store: Subject,
) -> Result<(), Skip> {
    let writers = (0..8).map(|writer| {
        let store = store.clone();
        async move {
            for round in 0..10 {
                let id = format!("Writer-{}", writer % 3);
                let number = writer * 100 + round;
                store.append(append(&id, events(number..number + 1))).await;
            }
        }
    });
    in_parallel(writers).await;
    let before = store.all().await;
    let store = store.restart().await?;
    assert_eq!(store.all().await, before);
    assert_eq!(before.len(), 80);
    Ok(())
}

/// 3d: streams, queries and versions answer after a crash as before.
pub(super) async fn every_question_is_answered_after_a_crash_as_before(
    store: Subject,
) -> Result<(), Skip> {
    record_some(&store).await;
    let before = answers(&store).await;
    let store = store.restart().await?;
    assert_eq!(answers(&store).await, before);
    let version = store.stream_version(&stream("Account-1")).await;
    assert_eq!(version, StreamVersion(5));
    Ok(())
}

/// 2h: positions and versions go on after a crash where they were.
pub(super) async fn positions_and_versions_go_on_after_a_crash(
    mut store: Subject,
) -> Result<(), Skip> {
    for round in 0..4 {
        let append = append("Account-1", events(round * 3..round * 3 + 3));
        store.append(append).await;
        store = store.restart().await?;
    }
    let all = store.all().await;
    assert_orderly(&all);
    assert_eq!(all.len(), 12);
    Ok(())
}

/// 5n: expectations and conditions are checked after a crash against what came before it.
pub(super) async fn expectations_and_conditions_hold_across_a_crash(
    store: Subject,
) -> Result<(), Skip> {
    let registered = event(0).tagged(tag("name:ada"));
    store.append(append("User-1", vec![registered])).await;
    let store = store.restart().await?;
    let again = append_at("User-1", ExpectedVersion::NoStream, events(1..2));
    let refusal = store.refusal(again).await;
    assert!(matches!(refusal, AppendError::Conflict { .. }), "{refusal}");
    let same_name = append("User-2", events(1..2)).unless(tagged("name:ada"), Position::START);
    let refusal = store.refusal(same_name).await;
    assert!(
        matches!(refusal, AppendError::ConditionFailed { .. }),
        "{refusal}"
    );
    Ok(())
}

/// 6o: a retry after a crash is acknowledged with the first result and stores nothing.
pub(super) async fn a_retry_after_a_crash_is_acknowledged_with_the_first_result(
    store: Subject,
) -> Result<(), Skip> {
    let transfer = Append::to_streams(vec![
        write("Account-1", events(0..2)),
        write("Account-2", events(2..3)),
    ]);
    let first = store.append(transfer.clone()).await;
    let store = store.restart().await?;
    assert_eq!(store.append(transfer.clone()).await, first);
    assert_eq!(store.find_append(transfer.id).await, Some(first));
    assert_eq!(store.head().await, Position(3));
    Ok(())
}

/// 6p: an event id that was recorded before a crash is refused with other content after it.
pub(super) async fn a_known_event_id_is_known_after_a_crash(store: Subject) -> Result<(), Skip> {
    store.append(append("Account-1", events(0..1))).await;
    let store = store.restart().await?;
    let refusal = store.refusal(append("Account-2", events(0..1))).await;
    let reused = InvalidAppend::EventIdReused { event: event(0).id };
    assert!(matches!(refusal, AppendError::Invalid(why) if why == reused));
    Ok(())
}

/// 7p: a subscription that starts again after a crash where it was misses and repeats nothing.
pub(super) async fn a_subscription_goes_on_after_a_crash_where_it_was(
    store: Subject,
) -> Result<(), Skip> {
    record_some(&store).await;
    let mut follower = store.follow(Source::all()).await;
    let mut seen = vec![follower.next_event().await, follower.next_event().await];
    drop(follower);
    let store = store.restart().await?;
    let mut follower = store.follow(Source::all_after(seen[1].position)).await;
    store.append(append("Account-9", events(90..95))).await;
    seen.extend(follower.until(store.head().await).await);
    assert_eq!(seen, store.all().await);
    Ok(())
}

async fn record_some(store: &Subject) {
    store.append(append("Account-1", events(0..3))).await;
    let mut informed = event(10).tagged(tag("name:ada")).tagged(tag("club:1"));
    informed.metadata.actor = Some("ada".to_owned());
    let writes = vec![
        write("Account-1", events(11..13)),
        write("User-1", vec![informed]),
    ];
    store.append(Append::to_streams(writes)).await;
}

async fn answers(store: &Subject) -> Vec<Vec<RecordedEvent>> {
    let sources = [
        Source::stream(stream("Account-1")),
        Source::stream(stream("User-1")),
        Source::stream(stream("Nobody-1")),
        Source::query(Query::category("User")),
        Source::query(tagged("club:1")),
        Source::query_after(tagged("name:ada"), Position(2)),
    ];
    let mut answers = Vec::new();
    for source in sources {
        answers.push(store.read(Read::forwards(source.clone())).await);
        answers.push(store.read(Read::backwards(source).limit(2)).await);
    }
    answers
}
