//! What carries commands of a type out.

use std::any::type_name;

use annals_core::Command;
use async_trait::async_trait;

use super::CommandFault;
use crate::execute::CommandContext;

/// Carries commands of a type out.
///
/// # Contract
///
/// 1. A command under an idempotency key that was carried out before is not carried out again; the
///    first answer is given again, be it a reply or a refusal, whatever happened since.
/// 2. Its future may be dropped at any point: that is a lost answer.
///
/// [`ToAggregate`](super::ToAggregate) keeps that. Whoever keeps rows in place of events writes the
/// answer down beside them, in the same transaction, and looks there first:
///
/// ```
/// # use std::collections::HashMap;
/// # use annals_core::Command;
/// # use annals_runtime::{CommandContext, CommandFault, CommandHandler, Rejection};
/// # use serde::{Deserialize, Serialize};
/// # use tokio::sync::Mutex;
/// #[derive(Serialize, Deserialize)]
/// struct Reserve { product: String, quantity: u64 }
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct SoldOut { left: u64 }
///
/// impl Command for Reserve {
///     const NAME: &'static str = "reserve";
///     type Reply = u64;
///     type Refusal = SoldOut;
/// }
///
/// /// Stands for two tables of a database, and its lock for a transaction over both.
/// struct Tables {
///     stock: HashMap<String, u64>,
///     /// By key: the fingerprint of the request, and what it was answered.
///     answers: HashMap<String, (uuid::Uuid, Result<u64, SoldOut>)>,
/// }
///
/// struct Shelf(Mutex<Tables>);
///
/// #[async_trait::async_trait]
/// impl CommandHandler<Reserve> for Shelf {
///     async fn handle(
///         &self,
///         reserve: Reserve,
///         context: CommandContext,
///     ) -> Result<u64, CommandFault<SoldOut>> {
///         let mut tables = self.0.lock().await;
///         if let Some(key) = &context.idempotency
///             && let Some((fingerprint, first)) = tables.answers.get(&key.key)
///         {
///             return match *fingerprint == key.fingerprint {
///                 true => first.clone().map_err(CommandFault::Refused),
///                 false => Err(Rejection::KeyReused { key: key.key.clone() }.into()),
///             };
///         }
///         let left = tables.stock.entry(reserve.product).or_default();
///         let answer = match left.checked_sub(reserve.quantity) {
///             Some(rest) => { *left = rest; Ok(rest) }
///             None => Err(SoldOut { left: *left }),
///         };
///         if let Some(key) = context.idempotency {
///             tables.answers.insert(key.key, (key.fingerprint, answer.clone()));
///         }
///         answer.map_err(CommandFault::Refused)
///     }
/// }
/// ```
#[async_trait]
pub trait CommandHandler<C: Command>: Send + Sync + 'static {
    /// Carries a command out.
    ///
    /// # Errors
    /// [`CommandFault`] says whether it can succeed another time.
    async fn handle(
        &self,
        command: C,
        context: CommandContext,
    ) -> Result<C::Reply, CommandFault<C::Refusal>>;

    /// What it is called in traces.
    fn name(&self) -> &'static str {
        type_name::<Self>()
    }
}
