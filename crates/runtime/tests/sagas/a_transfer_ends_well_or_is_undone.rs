use annals_core::{Ending, SagaStatus};
use serde_json::json;

use crate::bank::{AccountCommand, execute};
use crate::world::World;

#[tokio::test]
async fn money_is_taken_here_and_arrives_there() {
    let world = World::new().await;
    let process = world.start().await;
    world.request("t1", 30).await;
    let transfer = world.until_over("t1").await;
    assert_eq!(transfer.status, SagaStatus::Ended(Ending::Completed));
    assert_eq!(world.balances().await, (70, 30));
    let told = ["TransferRequested", "withdraw done", "deposit done"];
    assert_eq!(world.told("t1").await, told);
    process.stop().await;
}

#[tokio::test]
async fn money_that_cannot_be_taken_is_not_brought() {
    let world = World::new().await;
    let _process = world.start().await;
    world.request("t1", 130).await;
    let transfer = world.until_over("t1").await;
    let reason = json!("InsufficientFunds");
    assert_eq!(
        transfer.status,
        SagaStatus::Ended(Ending::Compensated { reason })
    );
    let happened = (
        world.happened_to("ann").await,
        world.happened_to("bob").await,
    );
    assert_eq!(happened, (0, 0));
}

#[tokio::test]
async fn money_that_cannot_be_brought_goes_back() {
    let world = World::new().await;
    let _process = world.start().await;
    execute(&world.store, "bob", AccountCommand::Close).await;
    world.request("t1", 30).await;
    let transfer = world.until_over("t1").await;
    let reason = json!("Closed");
    assert_eq!(
        transfer.status,
        SagaStatus::Ended(Ending::Compensated { reason })
    );
    assert_eq!(world.balances().await, (100, 0));
    assert_eq!(world.happened_to("ann").await, 2);
    let told = [
        "TransferRequested",
        "withdraw done",
        "deposit refused",
        "undo withdraw done",
    ];
    assert_eq!(world.told("t1").await, told);
}
