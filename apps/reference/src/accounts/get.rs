//! One account: as it is now, from its read model, or as it was, folded from its history.

use annals::http::{Answer, Fields, Freshness, FromFields, Parameters, Problem};
use annals::runtime::{Loaded, Moment};
use annals::{StreamVersion, Timestamp};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::ids::{AccountId, OwnerId};
use super::read_models::AccountBalance;
use super::state::{Account, Status};
use crate::bank::Bank;
use crate::money::Money;

/// An account, now or at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    account_id: AccountId,
    owner_id: OwnerId,
    balance: Money,
    status: Status,
    opened_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

impl From<AccountBalance> for AccountView {
    fn from(row: AccountBalance) -> Self {
        Self {
            balance: row.balance(),
            account_id: row.account_id,
            owner_id: row.owner_id,
            status: row.status,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            version: row.version.0,
        }
    }
}

impl AccountView {
    /// Which account.
    pub fn id(&self) -> &AccountId {
        &self.account_id
    }

    /// `None`: it was not opened yet.
    fn of(loaded: Loaded<Account>) -> Option<Self> {
        let (balance, status) = (loaded.state.balance(), loaded.state.status());
        let opening = loaded.state.opening?;
        Some(Self {
            account_id: opening.account_id,
            owner_id: opening.owner_id,
            balance,
            status,
            opened_at: opening.at,
            updated_at: loaded.state.updated_at?,
            version: loaded.version.0,
        })
    }
}

/// The moment that is asked for: `at` or `version`; now when there is neither.
#[derive(Debug, Clone)]
pub struct AskedMoment(Option<Moment>);

impl FromFields for AskedMoment {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let at = fields.query("at", parse_time);
        let version = fields.query("version", parse_version);
        if at.is_some() && version.is_some() {
            fields.fault("at", "cannot be given together with version");
        }
        let moment = at.map(Moment::Time).or(version.map(Moment::Version));
        Some(Self(moment))
    }
}

fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    let time = text.parse();
    time.map_err(|_| "must be a time with an offset, such as 2024-01-15T00:00:00Z")
}

fn parse_version(text: &str) -> Result<StreamVersion, &'static str> {
    match text.parse() {
        Ok(version @ 1..) => Ok(StreamVersion(version)),
        _ => Err("must be a whole number from 1"),
    }
}

impl utoipa::IntoParams for AskedMoment {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        use annals::http::openapi::query_parameter;
        vec![
            query_parameter(
                "at",
                "The state with all that had happened by then.",
                utoipa::schema!(
                    #[inline]
                    Timestamp
                ),
            ),
            query_parameter(
                "version",
                "The state right after the event of this version.",
                utoipa::schema!(
                    #[inline]
                    u64
                ),
            ),
        ]
    }
}

/// One account, now or at a moment of its past.
#[utoipa::path(
    get,
    path = "/accounts/{id}",
    tag = "queries",
    params(AccountId, AskedMoment, Freshness),
    responses(
        (status = 200, body = AccountView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_account(
    State(bank): State<Bank>,
    Parameters((account_id, AskedMoment(moment), freshness)): Parameters<(
        AccountId,
        AskedMoment,
        Freshness,
    )>,
) -> Result<Answer<AccountView>, Problem> {
    let (view, position) = match moment {
        None => {
            let position = freshness
                .wait(bank.store(), bank.projection::<AccountBalance>())
                .await?;
            let row = bank.table::<AccountBalance>().get(&account_id).await?;
            (row.map(AccountView::from), position)
        }
        Some(moment) => {
            let loaded = bank
                .accounts()
                .load_as_of(account_id.as_str(), moment)
                .await?;
            let position = freshness.check(loaded.position)?;
            (view_at(moment, loaded), position)
        }
    };
    let view = view.ok_or_else(|| missing(&account_id, moment))?;
    let version = StreamVersion(view.version);
    Ok(Answer::ok(view).version(version).position(position))
}

/// The account at a moment of its past; one that is still to come has no state.
fn view_at(moment: Moment, loaded: Loaded<Account>) -> Option<AccountView> {
    match moment {
        Moment::Version(version) if version != loaded.version => None,
        _ => AccountView::of(loaded),
    }
}

fn missing(account_id: &AccountId, moment: Option<Moment>) -> Problem {
    Problem::not_found(match moment {
        None => format!("there is no account {account_id}"),
        Some(Moment::Version(version)) => format!("account {account_id} has no version {version}"),
        Some(Moment::Time(time)) => format!("account {account_id} was not open at {time}"),
    })
}
