//! A service remembers its aggregates: the next command to one of them does not load it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::atomic::{AtomicU32, Ordering};

use annals::runtime::CommandContext;
use annals::{Aggregate, Annals, Event, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many events were taken in, by whichever door.
static TAKEN_IN: AtomicU32 = AtomicU32::new(0);

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Door;

#[derive(Clone)]
struct Open;

#[derive(Event, Serialize, Deserialize)]
enum DoorEvent {
    Opened,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("a door is never refused")]
struct Refused;

#[snapshot]
impl Aggregate for Door {
    const CATEGORY: &'static str = "Door";
    type Command = Open;
    type Event = DoorEvent;
    type Error = Refused;

    fn decide(&self, _: Open) -> Result<Vec<DoorEvent>, Refused> {
        Ok(vec![DoorEvent::Opened])
    }

    fn evolve(&mut self, _: &DoorEvent) {
        TAKEN_IN.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many events are taken in for one more command to a door of 10 events.
async fn taken_in_for_one_command(service: &Annals) -> u32 {
    let open = || service.execute::<Door>("front", Open, CommandContext::default());
    for _ in 0..10 {
        open().await.unwrap();
    }
    TAKEN_IN.store(0, Ordering::Relaxed);
    open().await.unwrap();
    TAKEN_IN.load(Ordering::Relaxed)
}

#[tokio::test]
async fn the_next_command_takes_in_only_what_it_leads_to() {
    let builder = || Annals::in_memory().aggregate::<Door>();
    let service = builder().start().await.unwrap();
    assert_eq!(taken_in_for_one_command(&service).await, 1);
    let service = builder().remembering(0).start().await.unwrap();
    assert_eq!(taken_in_for_one_command(&service).await, 11);
}
