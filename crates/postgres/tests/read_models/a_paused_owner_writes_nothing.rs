//! Of several projectors of one read model, the one that resumed last writes, and no other.

use annals_core::{Position, ProjectionError};

use crate::bank::{Balance, Database, STORE, batch, deposit};

#[tokio::test]
async fn an_owner_that_was_paused_writes_nothing_though_the_checkpoint_is_where_it_left_it() {
    let database = Database::new().await;
    let paused = database.projector::<Balance>().await;
    let newer = database.projector::<Balance>().await;

    let refused = paused.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    assert!(matches!(refused, Err(ProjectionError::Moved { .. })));
    assert_eq!(database.balance("a").await, None);
    newer
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(database.balance("a").await, Some(5));
}

#[tokio::test]
async fn an_owner_that_looks_on_takes_nothing_over() {
    let database = Database::new().await;
    let standby = database.projector::<Balance>().await;
    let owner = database.projector::<Balance>().await;
    for after in 0..3 {
        assert_eq!(standby.position(STORE).await.unwrap(), Position(after));
        let batch = batch(after, vec![deposit(after + 1, "a", 5)]);
        owner.apply(batch).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_take_turns_never_apply_twice() {
    let database = Database::new().await;
    let run = async || {
        let projector = database.projector::<Balance>().await;
        let mut position = projector.resume(STORE).await.unwrap().0;
        while position < 50 {
            let next = batch(position, vec![deposit(position + 1, "a", 1)]);
            position = match projector.apply(next).await {
                Ok(()) => position + 1,
                Err(ProjectionError::Moved { .. }) => projector.resume(STORE).await.unwrap().0,
                Err(other) => panic!("{other}"),
            };
        }
    };
    tokio::join!(run(), run(), run());
    assert_eq!(database.balance("a").await, Some(50));
}
