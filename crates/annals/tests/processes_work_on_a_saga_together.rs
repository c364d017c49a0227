//! Two processes on PostgreSQL: both do what is due for a saga, at the same time.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::BTreeSet;
use std::time::Duration;

use annals::runtime::{CommandContext, CommandFault, CommandHandler};
use annals::{
    Aggregate, Annals, Command, Event, IdSource, InstanceId, Position, RandomIds, Recorded,
    SagaStep, Selection, Snapshot, Stage, Stepped, Steps,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

const GUESTS: usize = 16;

#[derive(Event, Serialize, Deserialize, Clone)]
enum GuestEvent {
    GuestCame,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum Never {}

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Guest;

impl Aggregate for Guest {
    const CATEGORY: &'static str = "Guest";
    type Command = ();
    type Event = GuestEvent;
    type Error = Never;

    fn decide(&self, (): ()) -> Result<Vec<GuestEvent>, Self::Error> {
        Ok(vec![GuestEvent::GuestCame])
    }

    fn evolve(&mut self, _: &GuestEvent) {}
}

impl Snapshot for Guest {
    const FOLD_REVISION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct Greet;

impl Command for Greet {
    const NAME: &'static str = "greet";
    type Reply = ();
    type Refusal = ();
}

/// Greets each guest.
#[derive(Serialize, Deserialize)]
struct Welcome;

impl Steps for Welcome {
    const NAME: &'static str = "welcome";
    type Event = GuestEvent;

    fn begin(event: &Recorded<GuestEvent>) -> Option<(InstanceId, Self)> {
        let guest = InstanceId::new(event.record.stream.id()).ok()?;
        Some((guest, Self))
    }

    fn stages() -> Vec<Stage<Self>> {
        vec![Stage::of(SagaStep::new("greet", |_: &Self| Greet))]
    }
}

/// A process: it answers to a greeting once both have greeted somebody.
struct Host {
    process: usize,
    greeted: watch::Sender<BTreeSet<usize>>,
}

#[async_trait]
impl CommandHandler<Greet> for Host {
    async fn handle(&self, _: Greet, _: CommandContext) -> Result<(), CommandFault<()>> {
        self.greeted.send_if_modified(|by| by.insert(self.process));
        let mut greeted = self.greeted.subscribe();
        greeted.wait_for(|by| by.len() == 2).await.unwrap();
        Ok(())
    }
}

async fn completed(service: &Annals) -> usize {
    let completed = Selection::new().equal("status", &"completed".to_owned());
    service.sagas().list(completed).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_process_has_something_to_do() {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{mark}schema=a{}", RandomIds.next().simple());
    let greeted = watch::Sender::default();
    let mut services = Vec::new();
    for process in 0..2 {
        let greeted = greeted.clone();
        let service = Annals::open(&url).aggregate::<Guest>();
        let service = service.command::<Greet>(Host { process, greeted });
        let service = service.saga::<Stepped<Welcome>>().start();
        services.push(service.await.unwrap());
    }
    let [one, _other] = &services[..] else {
        unreachable!("two are started")
    };
    for guest in 0..GUESTS {
        let guest = format!("g{guest}");
        let came = one.execute::<Guest>(&guest, (), CommandContext::default());
        came.await.unwrap();
    }
    let all_completed = async {
        let mut position = Position::START;
        while completed(one).await < GUESTS {
            let index = one.projection("sagas");
            position = index.wait_for(position.next(), LONG).await.unwrap();
        }
    };
    tokio::time::timeout(LONG, all_completed).await.unwrap();
    for service in &services {
        service.stop().await;
    }
}
