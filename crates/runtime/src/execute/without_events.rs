//! Answers that record nothing of the aggregate, and are kept all the same where there is a key.

use annals_core::Aggregate;

use super::{Executed, Order};
use crate::error::ExecuteError;
use crate::load::Loaded;
use crate::refusal::CommandRefused;
use crate::repository::Repository;
use crate::unchanged::CommandUnchanged;

impl<A: Aggregate> Repository<A> {
    /// Leaves the aggregate as it is, since nothing follows from the command.
    pub(super) async fn leave(
        &self,
        order: &Order,
        latest: Loaded<A>,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        let mut unchanged = Executed::unchanged(latest);
        if order.key.is_some() {
            let kept = CommandUnchanged {
                stream: order.stream.clone(),
                version: unchanged.version,
            };
            let append = kept.to_append(order.append, order.metadata.clone())?;
            let Some(appended) = self.append(order, append).await? else {
                return Ok(None);
            };
            unchanged.position = appended.last;
        }
        Ok(Some(unchanged))
    }

    /// Refuses, as the aggregate does.
    pub(super) async fn refuse(
        &self,
        order: &Order,
        refusal: A::Error,
    ) -> Result<Option<Executed<A>>, ExecuteError<A::Error>> {
        if order.key.is_some() {
            let refused = CommandRefused {
                stream: order.stream.clone(),
                error: &refusal,
            };
            let append = refused.to_append(order.append, order.metadata.clone())?;
            if self.append(order, append).await?.is_none() {
                return Ok(None);
            }
        }
        Err(ExecuteError::Refused(refusal))
    }
}
