//! Of several projectors of one read model, the one that resumed last writes, and no other.

use annals_core::ProjectionError;

use crate::bank::{Balance, Database, batch, deposit};

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
