//! A command that is rejected before anybody decides on it is not sent again and again, and is no
//! refusal: an attempt before may have been carried out.

use std::sync::{Arc, Mutex};

use annals_core::{Ending, SagaStatus};
use annals_runtime::{Authorize, NotAuthorized, SentCommand};
use async_trait::async_trait;

use crate::world::{Transfers, World, id};

/// Forbids one command, and knows who sent any.
#[derive(Clone)]
struct Forbids {
    command: &'static str,
    actors: Arc<Mutex<Vec<String>>>,
}

impl Forbids {
    fn any(command: &'static str) -> Self {
        let actors = Arc::default();
        Self { command, actors }
    }
}

#[async_trait]
impl Authorize for Forbids {
    async fn authorize(&self, sent: &SentCommand<'_>) -> Result<(), NotAuthorized> {
        let actor = sent.actor().unwrap_or_default().to_owned();
        self.actors.lock().unwrap().push(actor);
        match sent.name == self.command {
            true => Err(NotAuthorized::denied("not today")),
            false => Ok(()),
        }
    }
}

async fn transfer_where(world: &World, forbids: &Forbids) -> SagaStatus {
    let bus = world.bus().authorizing(forbids.clone());
    let engine = world.engine_of::<Transfers>(bus);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    world.instance("t1").await.status
}

#[tokio::test]
async fn a_step_that_is_forbidden_is_undone_if_it_says_so() {
    let world = World::new().await;
    let status = transfer_where(&world, &Forbids::any("withdraw")).await;
    let reason = "not allowed: not today".into();
    assert_eq!(status, SagaStatus::Ended(Ending::Compensated { reason }));
    let told = ["TransferRequested", "withdraw gaveUp", "undo withdraw done"];
    assert_eq!(world.told("t1").await, told);
    assert_eq!(world.balances().await, (100, 0));
}

#[tokio::test]
async fn a_pivot_that_is_forbidden_waits_for_a_person() {
    let world = World::new().await;
    let status = transfer_where(&world, &Forbids::any("deposit")).await;
    assert!(matches!(status, SagaStatus::Parked { .. }), "{status:?}");
    assert_eq!(world.balances().await, (70, 0));
}

#[tokio::test]
async fn a_saga_sends_commands_in_its_own_name() {
    let world = World::new().await;
    let forbids = Forbids::any("nothing");
    transfer_where(&world, &forbids).await;
    let actors = forbids.actors.lock().unwrap().clone();
    assert_eq!(actors, ["saga:transfer", "saga:transfer"]);
}
