//! Texts of any content.

use crate::bank::{AccountEvent, Balance, balance, batch, database, projector_of, recorded};

#[tokio::test]
async fn a_text_with_nul_is_kept_whole() {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    let to = "a\0b".to_owned();
    let transfer = recorded(1, "a", &AccountEvent::Transferred { cents: 5, to });
    projector.apply(batch(0, vec![transfer])).await.unwrap();
    assert_eq!(balance(&database, "a\0b").await, Some(5));
    assert_eq!(balance(&database, "a").await, Some(-5));
}
