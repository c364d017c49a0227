//! Opening an account.

use std::str::FromStr;

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::AccountError;
use super::events::AccountEvent;
use super::ids::{AccountId, OwnerId};
use super::state::{Account, AccountCommand};
use crate::bank::Bank;
use crate::money::{Amount, Money};

/// Open an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Which account.
    pub account_id: AccountId,
    /// Whose.
    pub owner_id: OwnerId,
    /// A first deposit, recorded with the opening or not at all.
    pub initial_deposit: Option<Amount>,
    /// When.
    pub at: Timestamp,
}

impl Open {
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        let Self {
            account_id,
            owner_id,
            initial_deposit,
            at,
        } = self;
        if account.opening.is_some() {
            return Err(AccountError::AlreadyOpened { account_id });
        }
        let opened = AccountEvent::Opened {
            account_id,
            owner_id,
            opened_at: at,
        };
        let deposited = initial_deposit.map(|amount| AccountEvent::Deposited {
            amount: amount.money(),
            description: None,
            reference: None,
            timestamp: at,
        });
        Ok([opened].into_iter().chain(deposited).collect())
    }
}

/// An opening, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct Application {
    /// Which account; a new id when it is missing.
    account_id: Option<AccountId>,
    /// Whose.
    owner_id: OwnerId,
    /// A first deposit.
    initial_deposit: Option<Amount>,
}

impl FromFields for Application {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let account_id = fields.optional("accountId", text(AccountId::from_str));
        let owner_id = fields.required("ownerId", text(OwnerId::from_str));
        let initial_deposit = fields.optional("initialDeposit", Amount::read);
        Some(Self {
            account_id,
            owner_id: owner_id?,
            initial_deposit,
        })
    }
}

/// What an opening led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    account_id: AccountId,
    balance: Money,
    version: u64,
}

/// Open an account.
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "commands",
    params(Command<Application>),
    request_body = Application,
    responses(
        (status = 201, body = Opened),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn open_account(
    State(bank): State<Bank>,
    Command { request, context }: Command<Application>,
) -> Result<Answer<Opened>, Problem> {
    let account_id = request
        .account_id
        .unwrap_or_else(|| bank.new_account_id(&context));
    let open = AccountCommand::Open(Open {
        account_id: account_id.clone(),
        owner_id: request.owner_id,
        initial_deposit: request.initial_deposit,
        at: bank.now(),
    });
    let executed = bank.execute(&account_id, open, context).await?;
    let location = format!("/accounts/{account_id}");
    let opened = Opened {
        account_id,
        balance: executed.state.balance(),
        version: executed.version.0,
    };
    let answer = Answer::created(&location, opened);
    Ok(answer.version(executed.version).position(executed.position))
}
