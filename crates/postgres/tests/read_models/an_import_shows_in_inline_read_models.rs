//! What is imported is taken in by inline projections, batch by batch.

use annals_core::{Append, AppendError, EventStore, Position};
use annals_postgres::{ImportError, Imported, PostgresStore};

use crate::bank::AccountEvent;
use crate::inline_bank::{InlineBank, append, deposit_of};

fn deposits(many: i64) -> Vec<Append> {
    (0..many).map(|cents| deposit_of("a", cents)).collect()
}

async fn import(store: &PostgresStore, history: Vec<Append>) -> Result<Imported, ImportError> {
    let mut import = store.import();
    for append in history {
        import.append(append).await?;
    }
    import.finish().await
}

#[tokio::test]
async fn what_is_imported_shows_in_inline_read_models() {
    let bank = InlineBank::new().await;
    let more_than_a_batch = 6_000;
    let imported = import(&bank.store, deposits(more_than_a_batch)).await;
    assert_eq!(imported.unwrap().events, 6_000);
    bank.judge().await;
}

#[tokio::test]
async fn a_projection_that_is_far_behind_is_brought_up_to_date_first() {
    let bank = InlineBank::new().await;
    import(&bank.plain_store().await, deposits(2_000))
        .await
        .unwrap();
    import(&bank.store, deposits(10)).await.unwrap();
    bank.judge().await;
}

#[tokio::test]
async fn a_batch_that_a_projection_cannot_take_in_is_not_recorded() {
    let bank = InlineBank::new().await;
    let mut history = deposits(10);
    history.push(append("a", &[AccountEvent::Poisoned]));
    let refused = import(&bank.store, history).await.unwrap_err();
    let ImportError::Unprojected { refusal, .. } = &refused else {
        panic!("{refused}");
    };
    assert!(
        matches!(refusal, AppendError::Projection { projection, .. } if projection == "balances"),
        "{refusal}"
    );
    assert_eq!(bank.store.head().await.unwrap(), Position::START);
    bank.judge().await;
}
