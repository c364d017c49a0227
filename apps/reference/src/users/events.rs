//! What happens to a user.

use annals::{Event, Personal, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::UserId;
use super::upcast::split_name;

/// What happened to a user, in its newest shape.
#[derive(Event, Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub enum UserEvent {
    /// They were registered.
    ///
    /// Version 1 had one name, version 2 has two.
    #[event(name = "UserRegistered", version = 2, upcast(1 => split_name))]
    Registered {
        /// Which user.
        user_id: UserId,
        /// Where to write to them.
        #[personal(subject = user_id)]
        email: Personal<String>,
        /// What friends call them.
        #[personal(subject = user_id)]
        first_name: Personal<String>,
        /// The rest of their name, which may be empty.
        #[personal(subject = user_id)]
        last_name: Personal<String>,
        /// When.
        registered_at: Timestamp,
    },
    /// They may use what is there for users.
    #[event(name = "UserActivated")]
    Activated {
        /// When.
        activated_at: Timestamp,
    },
    /// They get their mail elsewhere.
    #[event(name = "UserEmailChanged")]
    EmailChanged {
        /// Which user: a personal field stands beside whom it is about.
        user_id: UserId,
        /// Where to write to them from now on.
        #[personal(subject = user_id)]
        new_email: Personal<String>,
        /// Who said so: they, or somebody for them.
        updated_by: UserId,
        /// When.
        changed_at: Timestamp,
    },
}
