//! Effects: what is done in the outside world for events.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::decode::{Recorded, decode};
use crate::error::Cause;
use crate::event::RecordedEvent;
use crate::ids::EffectKey;
use crate::parking::PartitionKey;
use crate::projection::{ProjectionError, query_of};
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
/// 3. The events of a [partition](Self::partition) come in their order, each only after the one
///    before it is done, or given up by a person; partitions go beside each other. A repeat can arrive
///    after what comes behind it.
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

    /// For how many partitions it is performed at once; 0 is taken for 1. It runs ahead of the first
    /// event that is not done by eight times as many events at most: so much is done again when its
    /// process dies.
    const CONCURRENCY: usize = 8;

    /// What an event must stay in order with; the other events of its stream, unless said otherwise.
    /// It depends on nothing but the event.
    ///
    /// An event that cannot be read takes [another](Self::partition_of_unread).
    fn partition(event: &Recorded<Self::Event>) -> PartitionKey {
        PartitionKey::of_stream(&event.record.stream)
    }

    /// The same of an event that cannot be read: that of its stream, unless said otherwise, as by who
    /// needs no more than the record to tell.
    fn partition_of_unread(record: &RecordedEvent) -> PartitionKey {
        PartitionKey::of_stream(&record.stream)
    }

    /// For how long failures that pass are tried again, in one process, before they count as
    /// [`EffectError::Event`]: a day, unless said otherwise. `None`: for as long as it takes.
    ///
    /// Until then its partition waits, and so does the checkpoint: once what it may run ahead by is
    /// done, the other partitions wait as well. With `None` one receiver that is gone for good stops
    /// the whole effect.
    fn gives_up_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(24 * 3_600))
    }

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

/// What a recorded event must stay in order with, for an effect: its [partition](Effect::partition),
/// or that [of an event that cannot be read](Effect::partition_of_unread).
pub fn partition_of<E: Effect>(record: &RecordedEvent) -> PartitionKey {
    let told = ProjectionError::catch(record.position, || {
        let event = decode::<E::Event>(record.clone());
        // One that was split is performed at once, in the place of its first part.
        let first = event.ok()?.into_iter().next()?;
        Some(E::partition(&first))
    });
    let told = told.ok().flatten();
    told.unwrap_or_else(|| E::partition_of_unread(record))
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
    /// **Do:** back off, then perform it again.
    #[error("not acknowledged: {0}")]
    Transient(#[source] Cause),

    /// The outside is not able to now, and said when to come back.
    /// **Do:** perform it again then, not earlier.
    #[error("not acknowledged, to be repeated in {after:?}: {cause}")]
    Later {
        /// After how long.
        after: Duration,
        /// What happened.
        #[source]
        cause: Cause,
    },

    /// The outside refuses this event, and will each time.
    /// **Do:** park it, mend the effect or what it speaks to, and release it.
    #[error("refused: {0}")]
    Event(#[source] Cause),
}

impl EffectError {
    /// A failure that passes.
    pub fn transient(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Transient(Arc::new(cause))
    }

    /// A failure that passes, but not before so long.
    pub fn later(after: Duration, cause: impl Error + Send + Sync + 'static) -> Self {
        let cause: Cause = Arc::new(cause);
        Self::Later { after, cause }
    }

    /// A failure that comes back whenever it is performed for this event.
    pub fn event(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Event(Arc::new(cause))
    }
}
