//! Registering a user.
//!
//! Several users may have the same address: what is stored of one is sealed, and nothing tells that two
//! are alike.

use std::str::FromStr;

use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use annals::{Personal, Timestamp};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::UserError;
use super::events::UserEvent;
use super::ids::UserId;
use super::personal::{email, first_name, last_name};
use super::state::{User, UserCommand};
use crate::bank::Bank;

/// Register a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Which user.
    pub user_id: UserId,
    /// Where to write to them.
    pub email: Personal<String>,
    /// What friends call them.
    pub first_name: Personal<String>,
    /// The rest of their name.
    pub last_name: Personal<String>,
    /// When.
    pub at: Timestamp,
}

impl Register {
    pub(super) fn decide(self, user: &User) -> Result<Vec<UserEvent>, UserError> {
        let user_id = self.user_id;
        if user.registration.is_some() {
            return Err(UserError::AlreadyRegistered { user_id });
        }
        Ok(vec![UserEvent::Registered {
            user_id,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            registered_at: self.at,
        }])
    }
}

/// A registration, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Entry {
    /// Which user, by a pseudonym that says nothing about them; a new one when it is missing.
    user_id: Option<UserId>,
    /// Where to write to them.
    #[schema(value_type = String)]
    email: Personal<String>,
    /// What friends call them.
    #[schema(value_type = String)]
    first_name: Personal<String>,
    /// The rest of their name; may be empty.
    #[schema(value_type = String)]
    last_name: Personal<String>,
}

impl FromFields for Entry {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let user_id = fields.optional("userId", text(UserId::from_str));
        let email = fields.required("email", email);
        let first_name = fields.required("firstName", first_name);
        let last_name = fields.required("lastName", last_name);
        Some(Self {
            user_id,
            email: email?,
            first_name: first_name?,
            last_name: last_name?,
        })
    }
}

/// What a registration led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registered {
    user_id: UserId,
    version: u64,
}

/// Register a user.
#[utoipa::path(
    post,
    path = "/users",
    tag = "commands",
    params(Command<Entry>),
    request_body = Entry,
    responses(
        (status = 201, body = Registered),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn register_user(
    State(bank): State<Bank>,
    Command { request, context }: Command<Entry>,
) -> Result<Answer<Registered>, Problem> {
    let user_id = request
        .user_id
        .unwrap_or_else(|| bank.new_user_id(&context));
    let register = UserCommand::Register(Register {
        user_id: user_id.clone(),
        email: request.email,
        first_name: request.first_name,
        last_name: request.last_name,
        at: bank.now(),
    });
    let executed = bank.execute_for_user(&user_id, register, context).await?;
    let location = format!("/users/{user_id}");
    let version = executed.version.0;
    let answer = Answer::created(&location, Registered { user_id, version });
    Ok(answer.version(executed.version).position(executed.position))
}
