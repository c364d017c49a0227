//! No command takes for ever, and not all are carried out at once.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use annals_core::Command;
use annals_runtime::{CommandBus, CommandContext, CommandFault, CommandHandler, CommandLimits};
use async_trait::async_trait;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;

#[derive(Serialize, Deserialize)]
struct Work;

impl Command for Work {
    const NAME: &'static str = "work";
    type Reply = ();
    type Refusal = ();
}

#[derive(Serialize, Deserialize)]
struct Wait;

impl Command for Wait {
    const NAME: &'static str = "wait";
    type Reply = ();
    type Refusal = ();
}

/// How many are at work, and how many were at most.
#[derive(Default)]
struct Workers {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl CommandHandler<Work> for Arc<Workers> {
    async fn handle(&self, _: Work, _: CommandContext) -> Result<(), CommandFault<()>> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        // All others get as far as they can.
        for _ in 0..10 {
            yield_now().await;
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Never answers.
struct Silent;

#[async_trait]
impl CommandHandler<Wait> for Silent {
    async fn handle(&self, _: Wait, _: CommandContext) -> Result<(), CommandFault<()>> {
        std::future::pending().await
    }
}

fn limits(at_once: usize) -> CommandLimits {
    CommandLimits {
        at_once: NonZeroUsize::new(at_once).expect("some"),
        answer_within: Duration::from_secs(5),
    }
}

#[tokio::test]
async fn so_many_commands_are_carried_out_at_once_and_all_in_the_end() {
    let workers = Arc::new(Workers::default());
    let bus = CommandBus::new().handling(Arc::clone(&workers));
    let bus = bus.with_limits(limits(3));
    // Clones share the limits.
    let buses: Vec<_> = (0..20).map(|_| bus.clone()).collect();
    let all = buses
        .iter()
        .map(|bus| bus.execute(Work, CommandContext::default()));
    assert!(join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(workers.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_answers_is_given_up_in_time_and_its_place_is_free_again() {
    let workers = Arc::new(Workers::default());
    let bus = CommandBus::new().handling(Silent).handling(workers);
    let bus = bus.with_limits(limits(1));
    let late = bus.execute(Wait, CommandContext::default()).await;
    let told = late.unwrap_err().to_string();
    assert_eq!(told, "not answered: no answer within 5s");
    bus.execute(Work, CommandContext::default()).await.unwrap();
}
