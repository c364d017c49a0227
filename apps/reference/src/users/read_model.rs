//! `users`: one row for each user. What is personal in it is as sealed as it is in the events.

use annals::{Aggregate, Personal, Projection, ReadModel, StreamVersion, Timestamp};

use super::events::UserEvent;
use super::ids::UserId;
use super::state::{User, UserStatus};

/// A user as they are now.
#[derive(ReadModel, Projection, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "users")]
#[projection(event = UserEvent, categories(User::CATEGORY), create_on(Registered))]
pub struct UserRow {
    /// Which user.
    #[key]
    #[from(stream_id)]
    pub user_id: UserId,
    /// Where to write to them.
    #[from(Registered.email, EmailChanged.new_email)]
    pub email: Personal<String>,
    /// What friends call them.
    #[from(Registered.first_name)]
    pub first_name: Personal<String>,
    /// The rest of their name.
    #[from(Registered.last_name)]
    pub last_name: Personal<String>,
    /// Whether they were activated.
    #[from(Registered => UserStatus::Registered, Activated => UserStatus::Active)]
    pub status: UserStatus,
    /// When they were registered.
    #[from(Registered.registered_at)]
    pub registered_at: Timestamp,
    /// The version of their last event.
    #[from(version)]
    pub version: StreamVersion,
}

impl UserRow {
    /// All that is personal in it.
    pub(super) fn personal(&mut self) -> [&mut Personal<String>; 3] {
        [&mut self.email, &mut self.first_name, &mut self.last_name]
    }
}
