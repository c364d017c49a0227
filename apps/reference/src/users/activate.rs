//! Activating a user.

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::UserError;
use super::events::UserEvent;
use super::ids::UserId;
use super::state::{User, UserCommand, UserStatus};
use crate::bank::Bank;

/// Activate a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activate {
    /// When.
    pub at: Timestamp,
}

impl Activate {
    pub(super) fn decide(self, user: &User) -> Result<Vec<UserEvent>, UserError> {
        user.known()?;
        if user.activated_at.is_some() {
            return Err(UserError::AlreadyActive);
        }
        Ok(vec![UserEvent::Activated {
            activated_at: self.at,
        }])
    }
}

/// An activation, as it is asked for: with no more than who is meant. The body may be empty.
#[derive(Debug, Clone, ToSchema)]
pub struct Activation {}

impl FromFields for Activation {
    fn from_fields(_: &mut Fields) -> Option<Self> {
        Some(Self {})
    }
}

/// What an activation led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activated {
    user_id: UserId,
    status: UserStatus,
    version: u64,
}

/// Activate a user.
#[utoipa::path(
    post,
    path = "/users/{id}/activate",
    tag = "commands",
    params(UserId, Command<Activation>),
    request_body = Option<Activation>,
    responses(
        (status = 200, body = Activated),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn activate_user(
    State(bank): State<Bank>,
    Command {
        request: (user_id, _),
        context,
    }: Command<(UserId, Activation)>,
) -> Result<Answer<Activated>, Problem> {
    let activate = UserCommand::Activate(Activate { at: bank.now() });
    let executed = bank.execute_for_user(&user_id, activate, context).await?;
    let activated = Answer::ok(Activated {
        user_id,
        status: UserStatus::Active,
        version: executed.version.0,
    });
    Ok(activated
        .version(executed.version)
        .position(executed.position))
}
