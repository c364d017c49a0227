//! Subscriptions: the same pages as any read, and a wait until the store has moved on.
//!
//! There is no live path beside the catch-up path, so there is no seam between them. Each
//! subscriber pulls at its own pace and holds one page, and no connection: a slow one costs
//! nobody anything.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Delivery, Direction, Position, ReadError, RecordedEvent, Source, Subscription};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::query::Bounds;
use crate::read::{PageSize, Reader};

/// How long until a database is asked again that holds less than is known of.
const BEHIND: Duration = Duration::from_millis(100);

/// Reads on as events are recorded.
pub(crate) fn subscribe(reader: &Arc<Reader>, source: Source) -> Result<Subscription, ReadError> {
    source.validate()?;
    let state = Follower {
        reader: Arc::clone(reader),
        head: reader.head.follow(),
        source,
        fetched: None,
        told: None,
        page: VecDeque::new(),
        page_size: PageSize::FIRST,
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
    page_size: PageSize,
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
            let known = *self.head.borrow_and_update();
            if self.fetched.is_some_and(|fetched| fetched >= known) {
                // The sender is in the reader, which this subscription holds.
                let _changed = self.head.changed().await;
            } else {
                self.fetch(known).await?;
            }
        }
    }

    /// Fetches the next page, and moves the source behind it.
    async fn fetch(&mut self, known: Position) -> Result<(), ReadError> {
        let bounds = Bounds {
            source: &self.source,
            direction: Direction::Forwards,
            most: self.page_size.0,
        };
        let page = self.reader.page(bounds).await?;
        self.page_size = PageSize::after(&page);
        if let Some(last) = page.events.last() {
            self.source.begin_after(last);
        }
        if page.is_last {
            if page.head < known {
                // What was known is lost, as after a failover to a replica, or is yet to come.
                sleep_until(Instant::now() + BEHIND).await;
            }
            self.fetched = Some(page.head);
            self.reader.head.reached(page.head);
            // Nothing more up to here is wanted: the next look-up need not pass it again.
            if let Source::Query { after, .. } = &mut self.source {
                *after = (*after).max(Some(page.head));
            }
        }
        self.page = page.events.into();
        Ok(())
    }
}
