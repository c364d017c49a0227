//! Effects: what is done in the outside world for events.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::decode::Recorded;
use crate::error::Cause;
use crate::ids::EffectKey;
use crate::projection::query_of;
use crate::query::Query;
use crate::typed_event::Event;

/// Something that is done in the outside world for each event, at least once: a webhook, a mail.
///
/// ```
/// # use annals_core::{Effect, EffectError, EffectKey, EffectStart, Event, Recorded};
/// # use async_trait::async_trait;
/// # use annals_core as annals;
/// # use annals_macros::Event;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum AccountEvent { Opened }
/// # struct Mails;
/// # impl Mails {
/// #     async fn send(&self, to: &str, key: EffectKey) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// struct Welcome {
///     mails: Mails,
/// }
///
/// #[async_trait]
/// impl Effect for Welcome {
///     type Event = AccountEvent;
///     const NAME: &'static str = "welcome";
///     const START: EffectStart = EffectStart::Now;
///
///     async fn perform(
///         &self,
///         event: &Recorded<AccountEvent>,
///         key: EffectKey,
///     ) -> Result<(), EffectError> {
///         let owner = event.record.stream.id();
///         let sent = self.mails.send(owner, key).await;
///         sent.map_err(EffectError::transient)
///     }
/// }
/// ```
///
/// Effects are apart from read models: to make a read model again performs none, and an effect is
/// never made again. One that is declared once more after a while goes on where it was, and one that
/// asks for other events than before asks for them from where it is.
///
/// # Contract
///
/// 1. [`perform`](Self::perform) returns `Ok` only once the outside has acknowledged, so that
///    nothing is lost with this process.
/// 2. It may be called again for an event, with the same key: when the answer was lost or took too
///    long, after a crash, by another process. The outside must recognise the key; nothing else can
///    make it once.
/// 3. The events of a stream come in their order, each only after the one before it is done;
///    streams go beside each other. A repeat can arrive after what comes behind it.
/// 4. Its future may be dropped at any point; that is a lost answer.
#[async_trait]
pub trait Effect: Send + Sync + 'static {
    /// The events it is performed for.
    type Event: Event;

    /// The name its checkpoint is kept under, and part of each [`EffectKey`]: under another name it
    /// is another effect.
    const NAME: &'static str;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

    /// Where it begins when it is declared for the first time.
    const START: EffectStart;

    /// No answer within this time is no acknowledgement. A process that stops waits for twice that
    /// at most. Where several processes share the work, leave it well below the time after which
    /// their leases take one for stuck.
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Does it for one event.
    ///
    /// # Errors
    /// [`EffectError`] says whether trying again can help. A panic counts as
    /// [`EffectError::Event`], and an answer that takes too long as [`EffectError::Transient`].
    async fn perform(
        &self,
        event: &Recorded<Self::Event>,
        key: EffectKey,
    ) -> Result<(), EffectError>;

    /// The events it asks the store for: by its categories, its event types and its tags.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES, Self::TAGS)
    }
}

/// Where an effect begins that was never declared before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectStart {
    /// With the first event of the store. Everything that ever happened is performed.
    Beginning,
    /// With the first event that is recorded after it was declared.
    Now,
}

/// Why an effect was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EffectError {
    /// The outside cannot be reached or is not able to now. It may have happened all the same.
    /// **Do:** back off, then perform it again, for as long as it takes.
    #[error("not acknowledged: {0}")]
    Transient(#[source] Cause),

    /// The outside refuses this event, and will each time.
    /// **Do:** mend the effect or what it speaks to; trying again will not help.
    #[error("refused: {0}")]
    Event(#[source] Cause),
}

impl EffectError {
    /// A failure that passes.
    pub fn transient(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Transient(Arc::new(cause))
    }

    /// A failure that comes back whenever it is performed for this event.
    pub fn event(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Event(Arc::new(cause))
    }
}
