//! A saga of three steps: a deposit into each of three accounts.

use annals_core::{
    Append, Command, Event as _, EventId, EventStore, ExpectedVersion, IdSource, InstanceId,
    Metadata, RandomIds, Recorded, SagaStep, Stage, Steps, StreamId, StreamWrite,
};
use annals_macros::Event;
use annals_runtime::{
    CommandBus, CommandContext, CommandFault, IdempotencyKey, Repository, ToAggregate,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::Outcome;
use crate::candidates::annals::{Account, AccountCommand, Refused};

/// How many commands each sends.
pub(super) const STEPS: u64 = 3;

/// How many appends each is, beside the request: one when it begins, a command and its answer for each
/// step.
pub(super) const APPENDS: u64 = 1 + 2 * STEPS;

/// Requests that are appended at once.
const AT_ONCE: usize = 500;

#[derive(Event, Serialize, Deserialize, Clone)]
pub(super) enum TripEvent {
    TripRequested { trip: String },
}

/// A deposit into an account that belongs to one step of one trip.
#[derive(Serialize, Deserialize)]
pub(super) struct Deposit {
    account: String,
}

impl Command for Deposit {
    const NAME: &'static str = "deposit";
    type Reply = u64;
    type Refusal = Refused;
}

/// What is undone by a withdrawal, if it were to fail.
#[derive(Serialize, Deserialize)]
struct Withdraw {
    account: String,
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw";
    type Reply = u64;
    type Refusal = Refused;
}

#[derive(Serialize, Deserialize)]
pub(super) struct Trip {
    trip: String,
}

impl Steps for Trip {
    const NAME: &'static str = "trip";
    const CATEGORIES: &'static [&'static str] = &["Trip"];
    type Event = TripEvent;

    fn begin(event: &Recorded<TripEvent>) -> Option<(InstanceId, Self)> {
        let TripEvent::TripRequested { trip } = event.event.clone();
        Some((InstanceId::new(&trip).ok()?, Self { trip }))
    }

    fn stages() -> Vec<Stage<Self>> {
        let step = |name: &'static str| {
            let deposit = move |it: &Self| deposit(&it.trip, name);
            SagaStep::new(name, deposit).undone_by(move |it: &Self| Withdraw {
                account: deposit_account(&it.trip, name),
            })
        };
        NAMES
            .into_iter()
            .map(|name| Stage::of(step(name)))
            .collect()
    }
}

const NAMES: [&str; STEPS as usize] = ["flight", "hotel", "car"];

fn deposit(trip: &str, step: &str) -> Deposit {
    Deposit {
        account: deposit_account(trip, step),
    }
}

fn deposit_account(trip: &str, step: &str) -> String {
    format!("{step} of {trip}")
}

/// Who carries the commands out.
pub(super) fn bus(store: &Arc<dyn EventStore>) -> CommandBus {
    let accounts: Repository<Account> = Repository::new(Arc::clone(store));
    let address = |it: Deposit| (it.account, AccountCommand::Deposit);
    let deposits = ToAggregate::new(accounts, address, |done| done.version.0);
    CommandBus::new().handling(deposits)
}

/// The commands of a trip, one after the other, by hand.
pub(super) async fn by_hand(bus: &CommandBus, trip: &str) -> Outcome {
    for name in NAMES {
        let request = annals_core::Request::of(&deposit(trip, name));
        let key = format!("{trip}/{name}");
        let context = CommandContext {
            metadata: Metadata {
                correlation: Some(trip.to_owned()),
                causation: Some(key.clone()),
                ..Metadata::default()
            },
            idempotency: Some(IdempotencyKey::new(key, &serde_json::to_vec(&request)?)),
            expected: None,
        };
        let answer = bus.send(&request, context).await;
        answer.map_err(|fault: CommandFault<_>| fault.to_string())?;
    }
    Ok(())
}

/// Asks for trips.
pub(super) async fn request(store: &dyn EventStore, trips: &[String]) -> Outcome {
    for some in trips.chunks(AT_ONCE) {
        let writes = some.iter().map(|trip| {
            let event = TripEvent::TripRequested { trip: trip.clone() };
            Ok(StreamWrite {
                stream: StreamId::new("Trip", trip)?,
                expected: ExpectedVersion::NoStream,
                events: vec![event.to_new(EventId(RandomIds.next()), Metadata::default())?],
            })
        });
        let writes = writes.collect::<Outcome<_>>()?;
        store.append(Append::to_streams(writes)).await?;
    }
    Ok(())
}
