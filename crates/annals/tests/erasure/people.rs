//! What happens to persons, in the shapes it was ever recorded in.

use annals::{Aggregate, Event, Personal, Snapshot, Undisclosed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub(crate) enum PersonEvent {
    #[event(name = "PersonRegistered", version = 2, upcast(1 => with_name))]
    Registered {
        user_id: String,
        #[personal(subject = user_id)]
        name: Personal<String>,
    },
    #[event(name = "PersonMoved")]
    Moved {
        user_id: String,
        #[personal(subject = user_id)]
        city: Personal<String>,
    },
}

/// The name was once in a field of another name.
fn with_name(mut payload: Value) -> Value {
    payload["name"] = payload["fullName"].take();
    payload
}

/// What the service recorded when it was younger.
#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub(crate) enum OldPersonEvent {
    #[event(name = "PersonRegistered")]
    Registered {
        user_id: String,
        #[personal(subject = user_id)]
        full_name: Personal<String>,
    },
}

/// What it recorded before it sealed anything.
#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub(crate) enum PlainPersonEvent {
    #[event(name = "PersonMoved")]
    Moved { user_id: String, city: String },
}

#[derive(Clone)]
pub(crate) enum PersonCommand {
    Register {
        user_id: String,
        name: String,
    },
    Move {
        user_id: String,
        city: String,
    },
    /// Changes nothing if the name is known.
    Greet,
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("nobody knows their name")]
pub(crate) struct Nameless;

#[derive(Default, Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Person {
    pub(crate) name: Option<Personal<String>>,
    moves: u32,
}

impl Person {
    /// What is known of the name.
    pub(crate) fn name(&self) -> Result<&String, Undisclosed> {
        self.name.as_ref().unwrap().value()
    }
}

impl Aggregate for Person {
    const CATEGORY: &'static str = "Person";
    type Command = PersonCommand;
    type Event = PersonEvent;
    type Error = Nameless;

    fn decide(&self, command: PersonCommand) -> Result<Vec<PersonEvent>, Nameless> {
        match command {
            PersonCommand::Register { user_id, name } => {
                let name = Personal::new(name);
                Ok(vec![PersonEvent::Registered { user_id, name }])
            }
            PersonCommand::Move { user_id, city } => {
                let city = Personal::new(city);
                Ok(vec![PersonEvent::Moved { user_id, city }])
            }
            PersonCommand::Greet => match self.name.as_ref().and_then(Personal::known) {
                Some(_) => Ok(Vec::new()),
                None => Err(Nameless),
            },
        }
    }

    fn evolve(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::Registered { name, .. } => self.name = Some(name.clone()),
            PersonEvent::Moved { .. } => self.moves += 1,
        }
    }
}

impl Snapshot for Person {
    const FOLD_REVISION: u32 = 1;
}
