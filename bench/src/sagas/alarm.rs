//! A saga that waits, and then rings.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, Clock, Command, Decision, Event as _, EventId, EventStore, ExpectedVersion, IdSource,
    Input, InstanceId, Metadata, RandomIds, Recorded, Route, Saga, StreamId, SystemClock,
    Timestamp,
};
use annals_macros::Event;
use annals_runtime::{CommandContext, CommandFault, CommandHandler};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::Outcome;

#[derive(Event, Serialize, Deserialize, Clone)]
pub(super) enum AlarmEvent {
    AlarmSet { alarm: String, after: Duration },
}

#[derive(Serialize, Deserialize)]
pub(super) struct Ring {
    alarm: String,
}

impl Command for Ring {
    const NAME: &'static str = "ring";
    type Reply = ();
    type Refusal = ();
}

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Alarm {
    alarm: String,
}

impl Saga for Alarm {
    const NAME: &'static str = "alarm";
    const CATEGORIES: &'static [&'static str] = &["Alarm"];
    type Event = AlarmEvent;

    fn route(event: &Recorded<AlarmEvent>) -> Route {
        let AlarmEvent::AlarmSet { alarm, .. } = &event.event;
        InstanceId::new(alarm).map_or(Route::Nobody, Route::Start)
    }

    fn react(&mut self, input: &Input<AlarmEvent>) -> Vec<Decision> {
        match input {
            Input::Event(event) => {
                let AlarmEvent::AlarmSet { alarm, after } = event.event.clone();
                self.alarm = alarm;
                vec![Decision::timer("due", after)]
            }
            Input::Timer { .. } => {
                let alarm = self.alarm.clone();
                vec![Decision::call("ring", &Ring { alarm })]
            }
            Input::Answer { .. } => vec![Decision::complete()],
            Input::Asked(_) => Vec::new(),
        }
    }
}

/// When each alarm rang.
pub(super) type Rung = HashMap<String, Timestamp>;

/// Notes what rings. Clones are the same bell.
#[derive(Clone, Default)]
pub(super) struct Bell(Arc<watch::Sender<Rung>>);

impl Bell {
    /// Waits until so many have rung.
    pub(super) async fn rung(&self, alarms: usize) -> Outcome<Rung> {
        let mut rung = self.0.subscribe();
        let rung = rung.wait_for(|rung| rung.len() >= alarms).await?;
        Ok(rung.clone())
    }

    /// Forgets what has rung.
    pub(super) fn forget(&self) {
        self.0.send_replace(Rung::new());
    }
}

#[async_trait]
impl CommandHandler<Ring> for Bell {
    async fn handle(&self, ring: Ring, _: CommandContext) -> Result<(), CommandFault<()>> {
        let now = SystemClock.now();
        self.0.send_modify(|rung| {
            rung.entry(ring.alarm).or_insert(now);
        });
        Ok(())
    }
}

/// Sets an alarm.
pub(super) async fn set(store: &dyn EventStore, alarm: &str, after: Duration) -> Outcome {
    let alarm = alarm.to_owned();
    let stream = StreamId::new("Alarm", &alarm)?;
    let event = AlarmEvent::AlarmSet { alarm, after };
    let event = event.to_new(EventId(RandomIds.next()), Metadata::default())?;
    let append = Append::to(stream, ExpectedVersion::NoStream, vec![event]);
    store.append(append).await?;
    Ok(())
}
