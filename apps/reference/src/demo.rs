//! A few accounts and products to look at, for whoever starts the service for the first time.

use annals::Metadata;
use annals::runtime::{CommandContext, ExecuteError, IdempotencyKey};

use crate::bank::Bank;
use crate::catalogue;
use crate::error::Error;
use crate::traffic::{Order, Traffic};

const SEED: u64 = 1993;
const ACCOUNTS: usize = 12;
const ORDERS: usize = 300;

/// Fills the bank with the accounts `demo-1` to `demo-12`, and the catalogue with a few products. Repeating it changes nothing.
///
/// # Errors
/// [`Error::Demo`] when the store does not take them.
pub async fn seed(bank: &Bank) -> Result<(), Error> {
    let traffic = Traffic::seeded(SEED, "demo", ACCOUNTS).take(ORDERS);
    for (
        number,
        Order {
            account_id,
            command,
        },
    ) in traffic.enumerate()
    {
        let key = format!("demo-{number}");
        // The number says it all: the traffic of a seed is always the same.
        let key = IdempotencyKey::new(key.clone(), key.as_bytes());
        let context = CommandContext {
            metadata: Metadata {
                actor: Some("demo".to_owned()),
                ..Metadata::default()
            },
            idempotency: Some(key),
            expected: None,
        };
        match bank.execute(&account_id, command, context).await {
            // Some of the traffic is meant to be refused, and somebody may have taken an id or a key.
            Ok(_) | Err(ExecuteError::Refused(_) | ExecuteError::KeyReused { .. }) => {}
            Err(error) => return Err(Error::Demo(error.to_string())),
        }
    }
    tracing::info!(accounts = ACCOUNTS, "demo accounts are there");
    let seeded = catalogue::seed(bank.catalogue()).await;
    seeded.map_err(|error| Error::Demo(error.to_string()))
}
