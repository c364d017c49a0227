//! A re-fold on its way through the log, up to where the database is.

use std::time::Duration;

use annals_core::{
    EditionId, EditionView, Editions, KeySample, Position, ProjectionError, Read, Refold,
    RefoldPurpose, Source, Value,
};

use super::{RefoldError, RefoldOptions, RefoldSubject};
use crate::backoff::wait;

/// A re-fold on its way through the log.
pub(super) struct Walk<'a> {
    subject: &'a RefoldSubject,
    editions: &'a dyn Editions,
    options: &'a RefoldOptions,
    pub(super) refold: Refold,
    /// Which edition it was that was looked at.
    looked_at: Option<EditionId>,
}

/// Table by table: the keys of rows that were asked for, and the rows that are there.
type Looked = (Vec<Vec<Vec<Value>>>, Vec<Vec<Vec<Value>>>);

impl<'a> Walk<'a> {
    pub(super) fn new(
        subject: &'a RefoldSubject,
        options: &'a RefoldOptions,
        sample: KeySample,
        purpose: RefoldPurpose,
    ) -> Result<Self, RefoldError> {
        Ok(Self {
            subject,
            editions: subject.editions()?,
            options,
            refold: Refold::new(&subject.fold, sample, purpose),
            looked_at: None,
        })
    }

    /// Looks at what the database holds of the rows that are known by now, and folds up to that very
    /// position. The rows that only come up on the way are looked at the next time.
    pub(super) async fn look(&mut self) -> Result<Looked, RefoldError> {
        let asked = self.refold.row_keys();
        let EditionView {
            checkpoint,
            letters,
            rows,
        } = self.view(asked.clone()).await?;
        let RefoldSubject { store, fold, .. } = self.subject;
        let position = checkpoint.position_for(fold.name(), fold.fingerprint(), store.id())?;
        let edition = *self.looked_at.get_or_insert(checkpoint.edition);
        let is_another = edition != checkpoint.edition || position < self.refold.position();
        if is_another || !self.refold.knows(letters) {
            return Err(RefoldError::Exchanged);
        }
        self.fold_up_to(position).await?;
        Ok((asked, rows))
    }

    /// Puts the rows in place, if the database is where it was looked at. Answers with the parked
    /// events that are applied by that.
    pub(super) async fn put_in_place(&self) -> Result<Vec<Position>, ProjectionError> {
        let RefoldSubject { fold, edition, .. } = self.subject;
        let looked_at = self.looked_at.expect("it was looked at before");
        let replacement = self.refold.replacement(looked_at);
        let unparked = replacement.unparked.clone();
        self.editions.replace(fold, *edition, replacement).await?;
        Ok(unparked)
    }

    async fn view(&self, keys: Vec<Vec<Vec<Value>>>) -> Result<EditionView, RefoldError> {
        let RefoldSubject { fold, edition, .. } = self.subject;
        let view = self.editions.view(fold, *edition, keys).await?;
        view.ok_or_else(|| self.subject.missing())
    }

    async fn fold_up_to(&mut self, up_to: Position) -> Result<(), RefoldError> {
        while self.refold.position() < up_to {
            let events = self.fold_page(up_to).await?;
            self.throttle(events).await;
        }
        Ok(())
    }

    /// Folds the next events. Answers with how many it was.
    async fn fold_page(&mut self, up_to: Position) -> Result<u32, RefoldError> {
        let RefoldSubject { store, fold, .. } = self.subject;
        let (most, mut events) = (self.most(), 0);
        let source = Source::query_after(fold.query().clone(), self.refold.position());
        let mut page = store
            .read(Read::forwards(source).limit(most.into()))
            .await?;
        if page.head() < up_to {
            let (checkpoint, head) = (up_to, page.head());
            return Err(RefoldError::AheadOfStore { checkpoint, head });
        }
        while let Some(event) = page.try_next().await? {
            if event.position > up_to {
                break;
            }
            self.refold.take_in(&event)?;
            events += 1;
        }
        if events < most {
            self.refold.reached(up_to);
        }
        Ok(events)
    }

    /// No more than a second's worth.
    fn most(&self) -> u32 {
        let most = self.options.max_batch;
        self.options.throttle.map_or(most, |it| it.min(most)).get()
    }

    /// Waits as long as so many events may take; lets others do their work in any case.
    async fn throttle(&self, events: u32) {
        match self.options.throttle {
            Some(most) => wait(Duration::from_secs(1) / most.get() * events).await,
            None => tokio::task::yield_now().await,
        }
    }
}
