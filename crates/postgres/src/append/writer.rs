//! The task that sends groups, and sends them again when an answer is lost.
//!
//! A group whose answer is lost is repeated on a new connection, looking for repeats first: what
//! was recorded is found by its append id, what was not is recorded now. Should the lost statement
//! still come to the server, it cannot be recorded twice, since append ids are unique, nor after
//! the time it was given, since it refuses itself then. But until then it may be recorded: so a
//! conflict is no answer while it could still pass.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, AppendError, Cause, ExpectedVersion, Position};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;

use super::Request;
use super::call::{Answer, CALL, Columns, Verdict};
use super::group::Group;
use super::inbox::{Inbox, Trip, UnderWay};
use super::unsettled::Unsettled;
use crate::error::PostgresError;
use crate::inline::{InlineProjections, InlineProjector};
use crate::postgres::{Dedicated, Parameter, Postgres};
use crate::read::Reader;

/// How long to wait before the database is asked again.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// Sends groups, one at a time.
pub(super) struct Writer {
    inbox: Arc<Mutex<Inbox>>,
    under_way: Arc<UnderWay>,
    postgres: Postgres,
    reader: Arc<Reader>,
    unsettled: Arc<Unsettled>,
    inline: Option<Arc<InlineProjections>>,
    call: String,
    session: Option<Session>,
}

/// A connection, with what is known of the server's clock.
struct Session {
    connection: Dedicated,
    /// None behind a pooler, where the next statement may run in another session.
    prepared: Option<Statement>,
    /// A time of the server's clock, and when it was heard.
    server_time: (Timestamp, Instant),
}

/// Why a group was not answered.
pub(super) enum Failure {
    /// It holds what is recorded already, or so the database says.
    Repeats(AppendError),
    /// Nothing was written.
    Refused(AppendError),
    /// Nobody knows.
    Lost(Cause),
    /// Nothing was written: an inline projection has more to take in than there is time for.
    Behind(Arc<dyn InlineProjector>),
    /// Nothing was written: one of its appends can never be.
    Unfit(AppendError),
}

/// The server's answer was lost, or did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Lost(String);

impl Writer {
    pub(super) fn new(
        postgres: &Postgres,
        reader: &Arc<Reader>,
        (inbox, under_way): (&Arc<Mutex<Inbox>>, &Arc<UnderWay>),
        unsettled: &Arc<Unsettled>,
    ) -> Self {
        Self {
            inbox: Arc::clone(inbox),
            under_way: Arc::clone(under_way),
            postgres: postgres.clone(),
            reader: Arc::clone(reader),
            unsettled: Arc::clone(unsettled),
            inline: None,
            call: postgres.sql(CALL),
            session: None,
        }
    }

    /// Keeps projections up to date in the transactions of its groups.
    pub(super) fn with_inline(self, inline: Option<Arc<InlineProjections>>) -> Self {
        Self { inline, ..self }
    }

    /// Runs until nobody can ask any more.
    pub(super) async fn run(mut self) {
        while let Some((group, _trip)) = self.next_group().await {
            self.settle(group, None).await;
        }
    }

    async fn next_group(&self) -> Option<(Group, Trip)> {
        // Held while waiting: the other writer, if idle too, has nothing else to do.
        let mut inbox = self.inbox.lock().await;
        inbox.next_group(&self.under_way).await
    }

    /// Sends a group until all of it is answered, or its time has passed.
    async fn settle(&mut self, mut group: Group, mut lost: Option<Cause>) {
        let until = group.until();
        let mut careful = lost.is_some();
        loop {
            let refusal = match self.attempt(&group, careful, until).await {
                Ok(answer) => {
                    let mut open = self.answer(group, &answer, lost.is_some()).await;
                    if open.is_empty() {
                        return;
                    }
                    group = Group::take(&mut open);
                    lost.get_or_insert_with(|| Lost::because("its repeat could not be read"));
                    None
                }
                Err(Failure::Lost(cause)) => {
                    lost = Some(cause);
                    None
                }
                Err(Failure::Repeats(_)) if !careful => None,
                Err(Failure::Repeats(refusal) | Failure::Refused(refusal)) => Some(refusal),
                Err(Failure::Behind(projector)) => self.catch_up(&*projector, until).await.err(),
                Err(Failure::Unfit(_)) if group.requests.len() > 1 => {
                    return self.settle_halves(group, lost.as_ref()).await;
                }
                Err(Failure::Unfit(refusal)) => return self.refuse(group, &refusal),
            };
            if let Some(refusal) = refusal
                && lost.is_none()
            {
                return self.refuse(group, &refusal);
            }
            careful = true;
            if let Some(cause) = &lost {
                if Instant::now() >= until {
                    return Self::leave_unconfirmed(group, cause);
                }
                pause().await;
            }
        }
    }

    /// Sends a group in two halves, and so on: of those that travel together, the one that can
    /// never be written is refused alone.
    async fn settle_halves(&mut self, group: Group, lost: Option<&Cause>) {
        let mut first = VecDeque::from(group.requests);
        let mut second = first.split_off(first.len() / 2);
        for half in [&mut first, &mut second] {
            Box::pin(self.settle(Group::take(half), lost.cloned())).await;
        }
    }

    async fn catch_up(
        &self,
        projector: &dyn InlineProjector,
        until: Instant,
    ) -> Result<(), AppendError> {
        let inline = self.inline.as_ref().expect("one of them is behind");
        inline.catch_up_until(projector, until).await
    }

    /// Sends a group once.
    async fn attempt(
        &mut self,
        group: &Group,
        careful: bool,
        until: Instant,
    ) -> Result<Answer, Failure> {
        let late = until + PAUSE;
        let (columns, mut session) = timeout_at(late, self.prepare(group))
            .await
            .map_err(|_| PostgresError::unavailable("it does not answer in time"))??;
        let valid_until = session.until(until);
        let parameters = columns.parameters(&valid_until, &careful);
        let sent = timeout_at(late, self.send(&mut session, &parameters, group)).await;
        let answered =
            sent.unwrap_or_else(|_| Err(Failure::Lost(Lost::because("no answer came in time"))));
        if let Ok(answer) = &answered {
            session.server_time = (answer.server_time, Instant::now());
        }
        // After a lost answer a new connection is made: this one may still be at the statement.
        if !matches!(answered, Err(Failure::Lost(_))) {
            self.session = Some(session);
        }
        answered
    }

    /// What to send, and a connection to send it by. Nothing is written yet.
    async fn prepare<'a>(
        &mut self,
        group: &'a Group,
    ) -> Result<(Columns<'a>, Session), PostgresError> {
        let columns = Columns::learning(group, &self.reader).await?;
        let session = match self.session.take().filter(Session::is_open) {
            Some(session) => session,
            None => Session::open(&self.postgres, &self.call).await?,
        };
        Ok((columns, session))
    }

    async fn send(
        &self,
        session: &mut Session,
        parameters: &[Parameter<'_>],
        group: &Group,
    ) -> Result<Answer, Failure> {
        match &self.inline {
            None => session.send(&self.call, parameters).await,
            Some(inline) => {
                let call = (self.call.as_str(), parameters);
                inline.send(&mut session.connection, call, group).await
            }
        }
    }

    /// Tells each caller its verdict. Those of whom there is no final one yet are given back.
    async fn answer(&self, group: Group, answer: &Answer, lost: bool) -> VecDeque<Request> {
        let late = group.until() + PAUSE;
        let (verdicts, last) = answer.verdicts(&group);
        self.reader.head.written(last);
        let mut answers = Vec::with_capacity(verdicts.len());
        let mut open = VecDeque::new();
        let mut repeats: Vec<(Request, Position)> = Vec::new();
        for (request, verdict) in group.requests.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Known(Err(refusal)) if lost && may_pass(&refusal) => {
                    open.push_back(request);
                }
                Verdict::Known(outcome) => answers.push((request, outcome)),
                Verdict::Repeats(position) => repeats.push((request, position)),
            }
        }
        self.unsettled.answer(answers);
        if !repeats.is_empty() {
            open.extend(self.compare(repeats, late).await);
        }
        open
    }

    /// Answers those that were recorded before. Those that could not be compared are given back.
    async fn compare(&self, repeats: Vec<(Request, Position)>, late: Instant) -> Vec<Request> {
        let asked: Vec<(&Append, Position)> = repeats
            .iter()
            .map(|(request, at)| (&request.append, *at))
            .collect();
        let Ok(outcomes) = timeout_at(late, self.reader.compare(&asked)).await else {
            return repeats.into_iter().map(|(request, _)| request).collect();
        };
        let (mut answers, mut open) = (Vec::new(), Vec::new());
        for ((request, _), outcome) in repeats.into_iter().zip(outcomes) {
            match outcome {
                Err(AppendError::Unavailable { .. }) => open.push(request),
                outcome => answers.push((request, outcome)),
            }
        }
        self.unsettled.answer(answers);
        open
    }

    /// Answers that nothing was written.
    fn refuse(&self, group: Group, refusal: &AppendError) {
        let refused = |request| (request, Err(refusal.clone()));
        let answers = group.requests.into_iter().map(refused);
        self.unsettled.answer(answers.collect());
    }

    /// Answers that nobody knows. What was sent last may still be recorded.
    fn leave_unconfirmed(group: Group, cause: &Cause) {
        for request in group.requests {
            let append = request.append.id;
            let cause = Arc::clone(cause);
            request.reply(Err(AppendError::Unconfirmed { append, cause }));
        }
    }
}

impl Session {
    async fn open(postgres: &Postgres, call: &str) -> Result<Self, PostgresError> {
        let connection = postgres.dedicated().await?;
        let client = &connection.client;
        let heard = client
            .query_typed_one("select clock_timestamp()", &[])
            .await?;
        let server_time = (heard.try_get(0)?, Instant::now());
        let prepared = if postgres.options().pooler {
            None
        } else {
            // Whatever is appended, its plan is the same, and takes longer to make than to follow.
            client
                .batch_execute("set plan_cache_mode = force_generic_plan")
                .await?;
            Some(client.prepare(call).await?)
        };
        Ok(Self {
            connection,
            prepared,
            server_time,
        })
    }

    fn is_open(&self) -> bool {
        !self.connection.client.is_closed()
    }

    /// A moment on the server's clock.
    fn until(&self, until: Instant) -> Timestamp {
        let (heard, at) = self.server_time;
        let left = SignedDuration::try_from(until.saturating_duration_since(at))
            .unwrap_or(SignedDuration::ZERO);
        heard.checked_add(left).unwrap_or(Timestamp::MAX)
    }

    async fn send(&self, call: &str, parameters: &[Parameter<'_>]) -> Result<Answer, Failure> {
        let client = &self.connection.client;
        let answered = match &self.prepared {
            Some(prepared) => {
                let values: Vec<_> = parameters.iter().map(|(value, _)| *value).collect();
                client.query_one(prepared, &values).await
            }
            None => client.query_typed_one(call, parameters).await,
        };
        answered
            .and_then(|row| Answer::of(&row))
            .map_err(Failure::of)
    }
}

impl Lost {
    fn because(reason: &str) -> Cause {
        Arc::new(Self(reason.to_owned()))
    }
}

/// True for a refusal that need not be the last word while a statement is on its way whose answer
/// was lost: it may come after others have brought the stream to where it is expected.
fn may_pass(refusal: &AppendError) -> bool {
    let AppendError::Conflict {
        expected, actual, ..
    } = refusal
    else {
        return false;
    };
    match expected {
        ExpectedVersion::Exists => true,
        ExpectedVersion::At(version) => actual < version,
        ExpectedVersion::Any | ExpectedVersion::NoStream => false,
    }
}

impl Failure {
    pub(super) fn of(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Lost(Arc::new(error));
        };
        // A server that ends the session may have committed before it did.
        let severity = said.parsed_severity();
        if severity != Some(tokio_postgres::error::Severity::Error) {
            return Self::Lost(Arc::new(error));
        }
        let code = said.code().clone();
        let refusal = PostgresError::from(error).into();
        match code {
            SqlState::UNIQUE_VIOLATION => Self::Repeats(refusal),
            code if is_about_data(&code) => Self::Unfit(refusal),
            _ => Self::Refused(refusal),
        }
    }
}

/// Of what comes before the append.
impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        Self::Refused(error.into())
    }
}

/// True for a value that the database cannot take, or a size: others may be well.
fn is_about_data(code: &SqlState) -> bool {
    code.code().starts_with("22") || code.code().starts_with("54")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a pause before the database is asked again, bounded by the append's time"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
