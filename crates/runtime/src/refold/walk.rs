//! A re-fold on its way through the log, up to where the database is.

use annals_core::{
    EditionId, EditionView, Editions, KeySample, Position, ProjectionError, Refold, RefoldPurpose,
    Value,
};

use super::{RefoldError, RefoldOptions, RefoldSubject};
use crate::erasure::anyone_forgotten_after;

/// A re-fold on its way through the log.
pub(super) struct Walk<'a> {
    subject: &'a RefoldSubject,
    editions: &'a dyn Editions,
    options: &'a RefoldOptions,
    pub(super) refold: Refold,
    /// Which edition it was that was looked at.
    looked_at: Option<EditionId>,
    /// Where the log ended when it set out: what was forgotten by then is not read any more.
    set_out_at: Position,
}

/// Table by table: the keys of rows that were asked for, and the rows that are there.
type Looked = (Vec<Vec<Vec<Value>>>, Vec<Vec<Vec<Value>>>);

impl<'a> Walk<'a> {
    /// Sets out before the first event.
    pub(super) async fn begin(
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
            set_out_at: subject.store.head().await?,
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

    /// True if somebody was forgotten on the way: the rows may still say what events said of them.
    pub(super) async fn is_overtaken_by_erasure(&self) -> Result<bool, RefoldError> {
        let store = &*self.subject.store;
        Ok(anyone_forgotten_after(self.set_out_at, store).await?)
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
        let RefoldSubject { store, fold, .. } = self.subject;
        let batches = self.options.batches();
        while self.refold.position() < up_to {
            let way = (self.refold.position(), up_to);
            let batch = batches.read(&**store, fold.query().clone(), way).await?;
            if batch.head < up_to {
                let (checkpoint, head) = (up_to, batch.head);
                return Err(RefoldError::AheadOfStore { checkpoint, head });
            }
            for event in &*batch.events {
                self.refold.take_in(event)?;
            }
            self.refold.reached(batch.up_to);
            batches.throttle(batch.events.len() as u64).await;
        }
        Ok(())
    }
}
