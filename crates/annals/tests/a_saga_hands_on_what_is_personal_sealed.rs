//! A saga may carry personal values: they stay sealed in its record, and in the commands it sends.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{CommandContext, CommandFault, CommandHandler};
use annals::{
    Aggregate, Annals, Command, Event, EventStore, InstanceId, Personal, Read, Recorded, SagaStep,
    Snapshot, Source, Stage, Stepped, Steps,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(30);

const NAME: &str = "Ada Lovelace";

#[derive(Event, Serialize, Deserialize, Clone)]
#[serde(rename_all_fields = "camelCase")]
enum GuestEvent {
    GuestArrived {
        guest: String,
        #[personal(subject = guest)]
        name: Personal<String>,
    },
}

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Guest;

#[derive(Clone)]
struct Arrive;

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("never")]
struct Never;

impl Aggregate for Guest {
    const CATEGORY: &'static str = "Guest";
    type Command = Arrive;
    type Event = GuestEvent;
    type Error = Never;

    fn decide(&self, Arrive: Arrive) -> Result<Vec<GuestEvent>, Never> {
        let guest = "1".to_owned();
        let name = Personal::new(NAME.to_owned());
        Ok(vec![GuestEvent::GuestArrived { guest, name }])
    }

    fn evolve(&mut self, _: &GuestEvent) {}
}

impl Snapshot for Guest {
    const FOLD_REVISION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct Greet {
    name: Personal<String>,
}

impl Command for Greet {
    const NAME: &'static str = "greet";
    type Reply = ();
    type Refusal = ();
}

/// Hands the commands on.
struct Greeter(UnboundedSender<Greet>);

#[async_trait]
impl CommandHandler<Greet> for Greeter {
    async fn handle(&self, greet: Greet, _: CommandContext) -> Result<(), CommandFault<()>> {
        self.0.send(greet).map_err(CommandFault::transient)
    }
}

#[derive(Serialize, Deserialize)]
struct Welcome {
    name: Personal<String>,
}

impl Steps for Welcome {
    const NAME: &'static str = "welcome";
    type Event = GuestEvent;

    fn begin(event: &Recorded<GuestEvent>) -> Option<(InstanceId, Self)> {
        let GuestEvent::GuestArrived { guest, name } = event.event.clone();
        assert_eq!(name.value().unwrap(), NAME, "the saga itself may look");
        Some((InstanceId::new(&guest).ok()?, Self { name }))
    }

    fn stages() -> Vec<Stage<Self>> {
        let greet = |welcome: &Self| Greet {
            name: welcome.name.clone(),
        };
        vec![Stage::of(SagaStep::new("greet", greet))]
    }
}

/// All that is recorded, as text.
async fn recorded(store: &Arc<dyn EventStore>) -> String {
    let all = Read::forwards(Source::all());
    let mut events = store.read(all).await.unwrap();
    let mut text = String::new();
    while let Some(record) = events.try_next().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&record.data));
    }
    text
}

#[tokio::test]
async fn its_record_and_its_commands_hold_no_plain_value_and_who_has_the_keys_can_open_them() {
    let (greeted, mut greetings) = unbounded_channel();
    let service = Annals::in_memory()
        .aggregate::<Guest>()
        .command(Greeter(greeted))
        .saga::<Stepped<Welcome>>();
    let service = service.start().await.unwrap();
    let arrived = service.execute::<Guest>("1", Arrive, CommandContext::default());
    arrived.await.unwrap();
    let greeted = tokio::time::timeout(LONG, greetings.recv());
    let mut greet = greeted.await.unwrap().unwrap();
    assert!(greet.name.value().is_err(), "a command is sent sealed");
    let keyring = service.keyring().unwrap();
    keyring.disclose(&mut greet.name).await.unwrap();
    assert_eq!(greet.name.value().unwrap(), NAME);
    let recorded = recorded(service.store()).await;
    assert!(recorded.contains("greet") && !recorded.contains("Lovelace"));
    service.stop().await;
}
