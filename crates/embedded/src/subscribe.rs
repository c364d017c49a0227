//! Subscriptions: the same pages as any read, and a wait for the next durable position.
//!
//! There is no live path beside the catch-up path, so there is no seam between them. Each
//! subscriber pulls at its own pace and holds one page: a slow one costs nobody anything.

use std::collections::VecDeque;
use std::sync::Arc;

use annals_core::{Delivery, Direction, Position, ReadError, RecordedEvent, Source, Subscription};
use futures_util::stream;
use tokio::sync::watch;

use crate::read::{Reader, Walk, fetch};

/// Reads on as events become durable.
pub(crate) fn subscribe(reader: Arc<Reader>, source: Source) -> Result<Subscription, ReadError> {
    source.validate()?;
    let state = Follower {
        head: reader.head.clone(),
        reader,
        source,
        fetched: None,
        told: None,
        page: VecDeque::new(),
    };
    let deliveries = stream::try_unfold(state, |mut state| async move {
        let delivery = state.next().await?;
        Ok(Some((delivery, state)))
    });
    Ok(Subscription::new(deliveries))
}

struct Follower {
    reader: Arc<Reader>,
    head: watch::Receiver<Position>,
    /// What to fetch next: the caller's source, with `after` moved on.
    source: Source,
    /// Up to where all that was asked for has been fetched.
    fetched: Option<Position>,
    /// Up to where the subscriber was told that it has everything.
    told: Option<Position>,
    page: VecDeque<RecordedEvent>,
}

impl Follower {
    async fn next(&mut self) -> Result<Delivery, ReadError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Ok(Delivery::Event(Box::new(event)));
            }
            if let Some(reached) = self.fetched.filter(|_| self.told != self.fetched) {
                self.told = Some(reached);
                return Ok(Delivery::CaughtUp(reached));
            }
            let head = *self.head.borrow_and_update();
            if self.fetched == Some(head) {
                self.wait().await?;
            } else {
                self.fetch(head).await?;
            }
        }
    }

    /// Fetches the next page up to `head`, and moves the source behind it.
    async fn fetch(&mut self, head: Position) -> Result<(), ReadError> {
        let source = self.source.clone();
        let mut walk = Walk::new(&self.reader, source, Direction::Forwards, head);
        if !walk.done {
            (walk, self.page) = fetch(&self.reader, walk, usize::MAX).await?;
        }
        if let Some(last) = self.page.back() {
            self.source.begin_after(last);
        }
        if walk.done {
            self.fetched = Some(head);
            // Nothing more up to here is wanted: the next look-up need not pass it again.
            if let Source::Query { after, .. } = &mut self.source {
                *after = (*after).max(Some(head));
            }
        }
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), ReadError> {
        let changed = self.head.changed().await;
        changed.map_err(|_| ReadError::Unavailable {
            reason: "the store was closed".to_owned(),
        })
    }
}
