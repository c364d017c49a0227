//! A command on its way: its shape is checked, its sender must be allowed to send it, an aggregate
//! decides, and the reply tells how that is afterwards.

use annals::runtime::{
    Authorize, CommandContext, CommandFault, Executed, IdempotencyKey, NotAuthorized, Rejection,
    SentCommand,
};
use annals::{Aggregate, Annals, Command, Event, FieldFault, Metadata, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What others ask for.
#[derive(Serialize, Deserialize)]
struct Borrow {
    book: String,
    days: u32,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Borrowed {
    times: u64,
}

impl Command for Borrow {
    const NAME: &'static str = "borrow";
    type Reply = Borrowed;
    type Refusal = IsOut;

    fn faults(&self) -> Vec<FieldFault> {
        match self.days {
            1..=28 => Vec::new(),
            _ => vec![FieldFault::new("days", "must be from 1 to 28")],
        }
    }
}

#[derive(Event, Serialize, Deserialize)]
enum BookEvent {
    #[event(name = "BookBorrowed")]
    Borrowed { days: u32 },
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("it is out")]
struct IsOut;

#[derive(Default, Clone, Serialize, Deserialize, JsonSchema)]
struct Book {
    borrowed: u64,
}

#[snapshot]
impl Aggregate for Book {
    const CATEGORY: &'static str = "Book";
    type Command = u32;
    type Event = BookEvent;
    type Error = IsOut;

    fn decide(&self, days: u32) -> Result<Vec<BookEvent>, IsOut> {
        match self.borrowed {
            0 => Ok(vec![BookEvent::Borrowed { days }]),
            _ => Err(IsOut),
        }
    }

    fn evolve(&mut self, _: &BookEvent) {
        self.borrowed += 1;
    }
}

/// Only readers borrow.
struct Readers;

#[async_trait::async_trait]
impl Authorize for Readers {
    async fn authorize(&self, sent: &SentCommand<'_>) -> Result<(), NotAuthorized> {
        match sent.actor() {
            Some(actor) if actor.starts_with("reader:") => Ok(()),
            _ => Err(NotAuthorized::denied("only readers borrow books")),
        }
    }
}

fn sent_by(actor: &str, key: &str) -> CommandContext {
    CommandContext {
        metadata: Metadata {
            actor: Some(actor.to_owned()),
            ..Metadata::default()
        },
        idempotency: Some(IdempotencyKey::new(key, b"borrow emma for 7 days")),
        ..CommandContext::default()
    }
}

fn emma(days: u32) -> Borrow {
    let book = "emma".to_owned();
    Borrow { book, days }
}

#[tokio::main]
async fn main() -> Result<(), annals::Error> {
    let library = Annals::in_memory()
        .aggregate::<Book>()
        .command_to(
            |borrow: Borrow| (borrow.book, borrow.days),
            |book: &Executed<Book>| Borrowed {
                times: book.state.borrowed,
            },
        )
        .authorize(Readers)
        .start()
        .await?;

    let too_long = library.send(emma(99), sent_by("reader:ann", "1")).await;
    let faults = vec![FieldFault::new("days", "must be from 1 to 28")];
    assert!(matches!(
        too_long,
        Err(CommandFault::Rejected(Rejection::Invalid(found))) if found == faults
    ));

    let passer_by = library.send(emma(7), sent_by("somebody", "2")).await;
    assert!(matches!(
        passer_by,
        Err(CommandFault::Rejected(Rejection::Forbidden { .. }))
    ));

    // Sent twice under one key, borrowed once.
    for _ in 0..2 {
        let borrowed = library.send(emma(7), sent_by("reader:ann", "3")).await;
        assert_eq!(borrowed.ok(), Some(Borrowed { times: 1 }));
    }
    let again = library.send(emma(7), sent_by("reader:bob", "4")).await;
    assert!(matches!(again, Err(CommandFault::Refused(IsOut))));

    library.stop().await;
    Ok(())
}
