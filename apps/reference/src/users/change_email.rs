//! Writing to a user elsewhere.

use std::str::FromStr;

use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use annals::{Personal, Timestamp};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::UserError;
use super::events::UserEvent;
use super::ids::UserId;
use super::personal::email;
use super::state::{User, UserCommand};
use crate::bank::Bank;

/// Write to a user elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEmail {
    /// Where.
    pub new_email: Personal<String>,
    /// Who says so.
    pub updated_by: UserId,
    /// When.
    pub at: Timestamp,
}

impl ChangeEmail {
    pub(super) fn decide(self, user: &User) -> Result<Vec<UserEvent>, UserError> {
        let known = user.known()?;
        if known.email.known() == self.new_email.known() {
            return Ok(Vec::new());
        }
        Ok(vec![UserEvent::EmailChanged {
            user_id: known.user_id.clone(),
            new_email: self.new_email,
            updated_by: self.updated_by,
            changed_at: self.at,
        }])
    }
}

/// Another email address, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NewEmail {
    /// Where to write to the user from now on.
    #[schema(value_type = String)]
    new_email: Personal<String>,
    /// Who says so; the user when it is missing.
    updated_by: Option<UserId>,
}

impl FromFields for NewEmail {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let new_email = fields.required("newEmail", email);
        let updated_by = fields.optional("updatedBy", text(UserId::from_str));
        Some(Self {
            new_email: new_email?,
            updated_by,
        })
    }
}

/// What that led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailChanged {
    user_id: UserId,
    version: u64,
}

/// Write to a user elsewhere.
#[utoipa::path(
    post,
    path = "/users/{id}/email",
    tag = "commands",
    params(UserId, Command<NewEmail>),
    request_body = NewEmail,
    responses(
        (status = 200, body = EmailChanged),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn change_email(
    State(bank): State<Bank>,
    Command {
        request: (user_id, asked),
        context,
    }: Command<(UserId, NewEmail)>,
) -> Result<Answer<EmailChanged>, Problem> {
    let change = UserCommand::ChangeEmail(ChangeEmail {
        new_email: asked.new_email,
        updated_by: asked.updated_by.unwrap_or_else(|| user_id.clone()),
        at: bank.now(),
    });
    let executed = bank.execute_for_user(&user_id, change, context).await?;
    let version = executed.version.0;
    let changed = Answer::ok(EmailChanged { user_id, version });
    Ok(changed
        .version(executed.version)
        .position(executed.position))
}
