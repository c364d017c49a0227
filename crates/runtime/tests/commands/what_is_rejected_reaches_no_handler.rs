//! A command reaches its handler only if its shape is right and its sender is allowed to send it,
//! whether it comes as a type or as JSON.

use std::sync::Arc;

use annals_core::{
    Command, EventStore, ExpectedVersion, FieldFault, Metadata, Position, Request, StreamVersion,
};
use annals_runtime::{
    Authorize, CommandBus, CommandContext, CommandFault, NotAuthorized, Rejection, SentCommand,
};
use async_trait::async_trait;

use crate::account::new_store;
use crate::account_bus::{Deposit, bus_to, deposit};
use crate::faulty_store::FaultyStore;

/// Nobody deposits for others; who Mallory is, cannot be found out now.
struct OnlyForThemselves;

#[derive(Debug, thiserror::Error)]
#[error("the directory is down")]
struct Down;

#[async_trait]
impl Authorize for OnlyForThemselves {
    async fn authorize(&self, sent: &SentCommand<'_>) -> Result<(), NotAuthorized> {
        assert_eq!(sent.name, "deposit");
        let deposit = sent.command::<Deposit>().expect("only those are sent");
        match sent.actor() {
            Some("mallory") => Err(NotAuthorized::Unknown(Arc::new(Down))),
            Some(actor) if deposit.account == actor => Ok(()),
            _ => Err(NotAuthorized::denied("it is another's account")),
        }
    }
}

fn by(actor: &str) -> CommandContext {
    CommandContext {
        metadata: Metadata {
            actor: Some(actor.to_owned()),
            ..Metadata::default()
        },
        ..CommandContext::default()
    }
}

/// What a command is rejected for, sent as a type and as JSON: the same both times.
async fn rejection<C: Command>(bus: &CommandBus, command: C, context: CommandContext) -> Rejection {
    let as_json = bus.send(&Request::of(&command), context.clone()).await;
    let as_type = bus.execute(command, context).await;
    let (Err(CommandFault::Rejected(as_json)), Err(CommandFault::Rejected(as_type))) =
        (as_json, as_type.map(drop))
    else {
        panic!("it is not rejected both times");
    };
    assert_eq!(as_json, as_type);
    as_type
}

#[tokio::test]
async fn a_wrong_shape_is_told_with_every_fault_and_records_nothing() {
    let store = new_store();
    let command = Deposit {
        account: String::new(),
        cents: 0,
    };
    let rejected = rejection(&bus_to(&store), command, CommandContext::default()).await;
    let faults = vec![
        FieldFault::new("account", "must be given"),
        FieldFault::new("cents", "must be greater than zero"),
    ];
    let told = "not valid: account must be given; cents must be greater than zero";
    assert_eq!(rejected.to_string(), told);
    assert_eq!(rejected, Rejection::Invalid(faults));
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn whoever_may_not_is_told_why_and_nothing_is_recorded() {
    let store = new_store();
    let bus = bus_to(&store).authorizing(OnlyForThemselves);
    let command = Deposit {
        account: "a-1".to_owned(),
        cents: 5,
    };
    let reason = "it is another's account".to_owned();
    for context in [by("bob"), CommandContext::default()] {
        let rejected = rejection(&bus, command.clone(), context).await;
        let reason = reason.clone();
        assert_eq!(rejected, Rejection::Forbidden { reason });
    }
    assert_eq!(store.head().await.unwrap(), Position::START);
    assert_eq!(deposit(&bus, 5, by("a-1")).await.unwrap(), 5);
}

#[tokio::test]
async fn where_nobody_knows_who_may_the_command_may_be_sent_again_and_nothing_is_recorded() {
    let store = new_store();
    let bus = bus_to(&store).authorizing(OnlyForThemselves);
    let fault = deposit(&bus, 5, by("mallory")).await.unwrap_err();
    assert_eq!(fault.to_string(), "not answered: the directory is down");
    assert!(matches!(fault, CommandFault::Transient(_)));
    assert_eq!(store.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_wrong_shape_is_told_before_it_is_asked_who_may() {
    let bus = bus_to(&new_store()).authorizing(OnlyForThemselves);
    let fault = deposit(&bus, 0, by("bob")).await.unwrap_err();
    assert!(matches!(
        fault,
        CommandFault::Rejected(Rejection::Invalid(_))
    ));
}

#[tokio::test]
async fn another_version_than_the_expected_one_is_told_and_not_tried_again() {
    let store = FaultyStore::new(&new_store(), []);
    let bus = bus_to(&store);
    deposit(&bus, 5, CommandContext::default()).await.unwrap();
    let (expected, actual) = (ExpectedVersion::NoStream, StreamVersion(1));
    let context = CommandContext {
        expected: Some(expected),
        ..CommandContext::default()
    };
    store.take_counts();
    let fault = deposit(&bus, 5, context).await.unwrap_err();
    let mismatch = Rejection::VersionMismatch { expected, actual };
    assert!(matches!(fault, CommandFault::Rejected(found) if found == mismatch));
    assert_eq!(store.take_counts(), (1, 0), "reads and appends");
}

#[tokio::test]
async fn an_id_that_names_nothing_is_a_wrong_shape() {
    let command = Deposit {
        account: "a\n1".to_owned(),
        cents: 5,
    };
    let rejected = rejection(&bus_to(&new_store()), command, CommandContext::default()).await;
    assert!(matches!(rejected, Rejection::Invalid(faults) if faults[0].field.is_empty()));
}
