//! The user that decides: their state, and which rule answers which command.

use annals::{Aggregate, ColumnKind, ColumnValue, Personal, Timestamp, Value, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::activate::Activate;
use super::change_email::ChangeEmail;
use super::error::UserError;
use super::events::UserEvent;
use super::ids::UserId;
use super::register::Register;

/// A user, as their events made them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// Who was registered; nobody before that.
    pub registration: Option<Registration>,
    /// When they were activated.
    pub activated_at: Option<Timestamp>,
}

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// Which user.
    pub user_id: UserId,
    /// Where to write to them.
    pub email: Personal<String>,
}

/// Whether a user was activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserStatus {
    /// They are known, and no more.
    Registered,
    /// They were activated.
    Active,
}

/// What a user can be asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCommand {
    /// Register them.
    Register(Register),
    /// Activate them.
    Activate(Activate),
    /// Write to them elsewhere.
    ChangeEmail(ChangeEmail),
}

impl UserCommand {
    /// When what it asks for is to have happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Register(register) => register.at,
            Self::Activate(activate) => activate.at,
            Self::ChangeEmail(change) => change.at,
        }
    }
}

#[snapshot]
impl Aggregate for User {
    const CATEGORY: &'static str = "User";
    type Command = UserCommand;
    type Event = UserEvent;
    type Error = UserError;

    fn decide(&self, command: UserCommand) -> Result<Vec<UserEvent>, UserError> {
        match command {
            UserCommand::Register(register) => register.decide(self),
            UserCommand::Activate(activate) => activate.decide(self),
            UserCommand::ChangeEmail(change) => change.decide(self),
        }
    }

    fn happens_at(command: &UserCommand) -> Option<Timestamp> {
        Some(command.at())
    }

    fn evolve(&mut self, event: &UserEvent) {
        match event {
            UserEvent::Registered { user_id, email, .. } => {
                self.registration = Some(Registration {
                    user_id: user_id.clone(),
                    email: email.clone(),
                });
            }
            UserEvent::Activated { activated_at } => self.activated_at = Some(*activated_at),
            UserEvent::EmailChanged { new_email, .. } => {
                if let Some(registration) = &mut self.registration {
                    registration.email = new_email.clone();
                }
            }
        }
    }
}

impl User {
    /// Who is there, and was not forgotten.
    pub(super) fn known(&self) -> Result<&Registration, UserError> {
        match &self.registration {
            None => Err(UserError::NotRegistered),
            Some(registration) if registration.email.is_erased() => Err(UserError::Erased),
            Some(registration) => Ok(registration),
        }
    }
}

impl ColumnValue for UserStatus {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.word().to_owned())
    }

    fn from_value(value: Value) -> Option<Self> {
        match String::from_value(value)?.as_str() {
            "registered" => Some(Self::Registered),
            "active" => Some(Self::Active),
            _ => None,
        }
    }
}

impl UserStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Active => "active",
        }
    }
}
