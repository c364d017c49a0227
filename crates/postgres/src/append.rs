//! Appends: what arrives while one group is on its way travels together in the next.
//!
//! In reading order: `inbox` is where they wait, `group` decides which of them can travel together,
//! `columns` go out and a `verdict` comes back in one round trip, by a `session`; `writer` is the
//! task that makes it, again after a `failure`, and `unsettled` knows what is on its way. `inline`
//! is that round trip with projections in it. `within` is the way past all of them, into a
//! transaction of the caller's own.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, AppendError, AppendId, Appended};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::inline::InlineProjections;
use crate::postgres::Postgres;
use crate::read::Reader;

mod columns;
mod failure;
mod group;
mod inbox;
mod inline;
mod session;
mod unsettled;
mod verdict;
mod within;
mod writer;

use inbox::{Inbox, Line, Place, UnderWay};
use unsettled::Unsettled;
pub(crate) use within::append_within;
use writer::{PAUSE, Writer};

/// How many groups are on their way at once: while one is made durable, the next is sent.
const WRITERS: usize = 2;

/// An append on its way.
struct Request {
    append: Append,
    /// How many it takes.
    bytes: usize,
    /// It is answered by then.
    until: Instant,
    answer: oneshot::Sender<Outcome>,
    /// Given back when it is answered; none if it never stood in line.
    place: Option<Place>,
}

/// What a caller is told.
type Outcome = Result<Appended, AppendError>;

impl Request {
    /// A request, and where its answer comes.
    fn new(append: Append, bytes: usize, until: Instant) -> (Self, oneshot::Receiver<Outcome>) {
        let (answer, answered) = oneshot::channel();
        let request = Self {
            append,
            bytes,
            until,
            answer,
            place: None,
        };
        (request, answered)
    }

    /// Answers; a caller that went away is not missed.
    fn reply(self, outcome: Outcome) {
        let _gone = self.answer.send(outcome);
    }
}

/// How much of its time an append may spend in line. With the rest it is sent: behind a line that
/// is too long, appends would be sent that have no time left, one group after the other.
fn time_in_line(append_timeout: Duration) -> Duration {
    append_timeout / 2
}

/// Tells that nothing was written, since too much is asked for.
fn overloaded() -> AppendError {
    let reason = "too many appends wait already".to_owned();
    AppendError::Unavailable { reason }
}

/// The way in for appends.
pub(crate) struct Appender {
    queue: mpsc::UnboundedSender<Request>,
    line: Line,
    unsettled: Arc<Unsettled>,
    postgres: Postgres,
}

impl Appender {
    /// Starts the writers. They end when the appender is dropped and all is answered.
    pub(crate) fn start(reader: &Arc<Reader>, inline: Option<&Arc<InlineProjections>>) -> Self {
        let postgres = &reader.postgres;
        let (queue, arriving) = mpsc::unbounded_channel();
        let unsettled = Arc::new(Unsettled::default());
        let append_timeout = postgres.options().append_timeout;
        let least_time = append_timeout - time_in_line(append_timeout);
        let inbox = Inbox::new(arriving, least_time, Arc::clone(&unsettled));
        let inbox = Arc::new(Mutex::new(inbox));
        let under_way = Arc::new(UnderWay::default());
        for _ in 0..WRITERS {
            let writer = Writer::new(postgres, reader, (&inbox, &under_way), &unsettled);
            tokio::spawn(writer.with_inline(inline.cloned()).run());
        }
        let postgres = postgres.clone();
        Self {
            queue,
            line: Line::default(),
            unsettled,
            postgres,
        }
    }

    /// Records an append, or tells why not.
    pub(crate) async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let bytes = append.measure()?;
        let id = append.id;
        let now = Instant::now();
        let limit = self.postgres.options().append_timeout;
        let (mut request, answered) = Request::new(append, bytes, now + limit);
        let sent_by = now + time_in_line(limit);
        let place = timeout_at(sent_by, self.line.place(bytes)).await;
        request.place = Some(place.map_err(|_| overloaded())?);
        while !self.unsettled.enter(id, now + limit + PAUSE) {
            let earlier = timeout_at(sent_by, self.unsettled.settled(id)).await;
            earlier.map_err(|_| unconfirmed(id, Untold::Earlier))?;
        }
        // Without a writer it is dropped, and so not answered.
        let _no_writer = self.queue.send(request);
        answered
            .await
            .unwrap_or_else(|_| Err(unconfirmed(id, Untold::WriterGone)))
    }

    /// Waits until an append is not, or no longer, on its way.
    pub(crate) async fn settled(&self, append: AppendId) {
        self.unsettled.settled(append).await;
    }
}

fn unconfirmed(append: AppendId, cause: Untold) -> AppendError {
    let cause = Arc::new(cause);
    AppendError::Unconfirmed { append, cause }
}

/// Why nobody knows of an append.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error("the same append is on its way already")]
    Earlier,
    /// The runtime went down with appends on their way.
    #[error("the process stopped waiting for the database")]
    WriterGone,
}
