//! `--seed-demo`: accounts to look at, the same ones however often it is given.

use annals_reference::demo;

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![seeding_again_changes_nothing,];

async fn seeding_again_changes_nothing(client: Client) {
    demo::seed(&client.bank).await.unwrap();
    let (head, summary) = (
        client.head().await,
        client.get("/summary").await.expect(200),
    );
    assert_eq!(summary["accounts"]["total"], 12);
    demo::seed(&client.bank).await.unwrap();
    assert_eq!(client.head().await, head);
    assert_eq!(client.get("/summary").await.expect(200), summary);
    client
        .get("/accounts/demo-1/transactions")
        .await
        .expect(200);
}
