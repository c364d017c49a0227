//! When a group leaves.

use annals_core::{Append, AppendError, ExpectedVersion, limits};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::*;

const TIME: Duration = Duration::from_secs(10);

fn inbox() -> (mpsc::UnboundedSender<Request>, Inbox) {
    let (queue, arriving) = mpsc::unbounded_channel();
    (queue, Inbox::new(arriving, TIME / 2, Arc::default()))
}

fn request(stream: &str) -> Request {
    let append = Append::to(stream.parse().unwrap(), ExpectedVersion::Any, Vec::new());
    let append = append.with_id(annals_core::AppendId::of_key(stream, "append"));
    Request::new(append, 0, Instant::now() + TIME).0
}

#[tokio::test(start_paused = true)]
async fn an_append_waits_for_as_many_as_are_on_their_way() {
    let (queue, mut inbox) = inbox();
    let under_way = Arc::default();
    for stream in ["A-1", "A-2"] {
        queue.send(request(stream)).unwrap();
    }
    let (_, _trip) = inbox.next_group(&under_way).await.unwrap();
    queue.send(request("A-3")).unwrap();
    assert!(
        timeout(TIME / 4, inbox.next_group(&under_way))
            .await
            .is_err()
    );
    queue.send(request("A-4")).unwrap();
    let (group, _) = inbox.next_group(&under_way).await.unwrap();
    assert_eq!(group.requests.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_writer_that_panicked() {
    let (queue, mut inbox) = inbox();
    let under_way = Arc::default();
    for stream in ["A-1", "A-2"] {
        queue.send(request(stream)).unwrap();
    }
    let (_, trip) = inbox.next_group(&under_way).await.unwrap();
    let writer = tokio::spawn(async move {
        let _trip = trip;
        panic!("a mistake in the program");
    });
    writer.await.unwrap_err();
    queue.send(request("A-3")).unwrap();
    let next = timeout(TIME, inbox.next_group(&under_way)).await;
    assert!(next.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_append_without_time_to_be_sent_is_refused() {
    let (queue, mut inbox) = inbox();
    let append = request("A-1").append;
    let (late, told) = Request::new(append, 0, Instant::now() + TIME / 4);
    queue.send(request("A-2")).unwrap();
    queue.send(late).unwrap();
    let (group, _) = inbox.next_group(&Arc::default()).await.unwrap();
    assert_eq!(group.requests.len(), 1);
    let told = told.await.unwrap();
    let refused = matches!(told, Err(AppendError::Unavailable { .. }));
    assert!(refused, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn few_large_appends_fill_the_line_as_many_small_ones_do() {
    for (bytes, fit) in [(0, PLACES), (100, PLACES), (limits::APPEND_BYTES, 7)] {
        let line = Line::default();
        let mut places: Vec<Place> = join_all((0..fit).map(|_| line.place(bytes))).await;
        assert!(timeout(TIME, line.place(bytes)).await.is_err(), "{bytes}");
        places.pop();
        assert!(timeout(TIME, line.place(bytes)).await.is_ok(), "{bytes}");
    }
}
