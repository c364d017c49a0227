use futures_util::StreamExt;

use super::*;

fn pages(fetched: mpsc::Receiver<Fetched>) -> Pages {
    Pages {
        page: Vec::new().into_iter(),
        later: Later::Fetched(fetched),
    }
}

#[tokio::test]
async fn a_read_that_is_cut_short_does_not_pass_for_a_whole_one() {
    let (sender, fetched) = mpsc::channel(AHEAD);
    drop(sender);
    let read: Vec<_> = pages(fetched).collect().await;
    assert!(matches!(read[..], [Err(ReadError::Unavailable { .. })]));
}

#[tokio::test]
async fn a_read_is_over_after_its_last_page() {
    let (sender, fetched) = mpsc::channel(AHEAD);
    let last = Fetched {
        events: Ok(Vec::new()),
        is_last: true,
    };
    assert!(sender.send(last).await.is_ok());
    assert_eq!(pages(fetched).count().await, 0);
}

#[tokio::test]
async fn a_read_is_over_after_a_failure() {
    let (sender, fetched) = mpsc::channel(AHEAD);
    let reason = "the database went away".to_owned();
    let failed = Fetched {
        events: Err(ReadError::Unavailable { reason }),
        is_last: true,
    };
    assert!(sender.send(failed).await.is_ok());
    assert_eq!(pages(fetched).count().await, 1);
}
