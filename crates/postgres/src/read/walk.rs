//! A read of many events: one page is taken while the next is fetched.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use annals_core::{Direction, EventStream, Position, Read, ReadError, RecordedEvent, Source};
use futures_util::Stream;
use tokio::sync::mpsc;

use super::{PageSize, Reader};
use crate::query::Bounds;

#[cfg(test)]
mod tests;

/// How many pages are fetched before they are asked for.
const AHEAD: usize = 1;

/// One read, as far as it has come.
pub(super) struct Walk {
    reader: Arc<Reader>,
    source: Source,
    direction: Direction,
    left: u64,
    page_size: PageSize,
    /// The last position when the read began: what is recorded later is not read.
    head: Option<Position>,
    is_over: bool,
}

impl Walk {
    pub(super) fn new(reader: &Arc<Reader>, read: Read) -> Self {
        Self {
            reader: Arc::clone(reader),
            source: read.source,
            direction: read.direction,
            left: read.limit.unwrap_or(u64::MAX),
            page_size: PageSize::FIRST,
            head: None,
            is_over: false,
        }
    }

    /// Fetches the first page; the others follow once it is taken.
    pub(super) async fn begin(mut self) -> Result<EventStream, ReadError> {
        let first = self.next().await?;
        let head = self.head.unwrap_or(Position::START);
        let events = Pages {
            page: first.into_iter(),
            later: Later::of(self),
        };
        Ok(EventStream::new(head, events))
    }

    async fn next(&mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        let bounds = Bounds {
            source: &self.source,
            direction: self.direction,
            most: self.page_size.0.min(self.left),
        };
        let page = match self.head {
            None => self.reader.page(bounds).await?,
            Some(head) => self.reader.page_within(bounds, head).await?,
        };
        let head = *self.head.get_or_insert(page.head);
        self.page_size = PageSize::after(&page);
        if let Some(last) = page.events.last() {
            self.source.begin_after(last);
        }
        self.left -= page.events.len() as u64;
        let mut events = page.events;
        let read = events.len();
        events.retain(|event| event.position <= head);
        let met_newer = events.len() < read;
        self.is_over = page.is_last || self.left == 0 || met_newer;
        Ok(events)
    }

    /// Fetches all further pages, as they are taken; ends early when nobody takes them.
    async fn fetch_ahead(mut self, pages: mpsc::Sender<Fetched>) {
        while !self.is_over {
            let events = tokio::select! {
                events = self.next() => events,
                () = pages.closed() => return,
            };
            self.is_over |= events.is_err();
            let is_last = self.is_over;
            if pages.send(Fetched { events, is_last }).await.is_err() {
                return;
            }
        }
    }
}

/// A page that was fetched ahead.
struct Fetched {
    events: Result<Vec<RecordedEvent>, ReadError>,
    is_last: bool,
}

/// The events of a read, page by page.
struct Pages {
    page: vec::IntoIter<RecordedEvent>,
    later: Later,
}

/// The pages behind the one that is being taken.
enum Later {
    None,
    /// Not fetched before they are asked for: many readers want no more than the first page.
    Unasked(Box<Walk>),
    Fetched(mpsc::Receiver<Fetched>),
}

impl Later {
    fn of(walk: Walk) -> Self {
        if walk.is_over {
            Self::None
        } else {
            Self::Unasked(Box::new(walk))
        }
    }

    fn begin(walk: Walk) -> Self {
        let (pages, fetched) = mpsc::channel(AHEAD);
        tokio::spawn(walk.fetch_ahead(pages));
        Self::Fetched(fetched)
    }

    fn poll_page(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Vec<RecordedEvent>, ReadError>>> {
        loop {
            match std::mem::replace(self, Self::None) {
                Self::None => return Poll::Ready(None),
                Self::Unasked(walk) => *self = Self::begin(*walk),
                Self::Fetched(mut pages) => {
                    let Poll::Ready(page) = pages.poll_recv(cx) else {
                        *self = Self::Fetched(pages);
                        return Poll::Pending;
                    };
                    let page = page.unwrap_or_else(cut_short);
                    if !page.is_last {
                        *self = Self::Fetched(pages);
                    }
                    return Poll::Ready(Some(page.events));
                }
            }
        }
    }
}

/// Who fetched is gone with pages left to fetch.
fn cut_short() -> Fetched {
    let reason = "the runtime went down before everything was read".to_owned();
    Fetched {
        events: Err(ReadError::Unavailable { reason }),
        is_last: true,
    }
}

impl Stream for Pages {
    type Item = Result<RecordedEvent, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.page.next() {
                return Poll::Ready(Some(Ok(event)));
            }
            match ready!(self.later.poll_page(cx)) {
                None => return Poll::Ready(None),
                Some(Ok(page)) => self.page = page.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}
