//! What waits for an append, and for how long.

use std::time::Duration;

use annals_core::{Append, AppendError, ExpectedVersion};

use super::*;

const TIME: Duration = Duration::from_secs(10);

fn append() -> Append {
    let stream = "Way-1".parse().unwrap();
    Append::to(stream, ExpectedVersion::Any, Vec::new())
}

#[tokio::test(start_paused = true)]
async fn an_append_of_which_nobody_knows_is_settled_when_its_time_has_passed() {
    let (unsettled, append, begun) = (Unsettled::default(), append(), Instant::now());
    assert!(unsettled.enter(append.id, begun + TIME));
    assert!(!unsettled.enter(append.id, begun + 2 * TIME));
    unsettled.settled(append.id).await;
    assert_eq!(begun.elapsed().as_secs(), TIME.as_secs());
    assert!(unsettled.enter(append.id, begun + 2 * TIME));
}

#[tokio::test(start_paused = true)]
async fn an_append_is_settled_when_it_is_answered() {
    let (unsettled, append, begun) = (Unsettled::default(), append(), Instant::now());
    assert!(unsettled.enter(append.id, begun + TIME));
    let (request, _answered) = Request::new(append.clone(), 0, begun + TIME);
    let refused = AppendError::Unavailable {
        reason: "the database is away".to_owned(),
    };
    tokio::join!(unsettled.settled(append.id), async {
        unsettled.answer(vec![(request, Err(refused))]);
    });
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert!(unsettled.enter(append.id, begun + TIME));
}
