//! The task that sends groups, and sends them again when an answer is lost.
//!
//! A group whose answer is lost is repeated on a new connection, looking for repeats first: what
//! was recorded is found by its append id, what was not is recorded now. Should the lost statement
//! still come to the server, it cannot be recorded twice, since append ids are unique, nor after
//! the time it was given, since it refuses itself then. But until then it may be recorded: so a
//! conflict is no answer while it could still pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, AppendError, Cause, Position};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::Request;
use super::columns::{CALL, Columns};
use super::failure::{Failure, Lost};
use super::group::Group;
use super::inbox::{Inbox, Trip, UnderWay};
use super::session::Session;
use super::unsettled::Unsettled;
use super::verdict::{Answer, Verdict};
use crate::error::PostgresError;
use crate::inline::{InlineProjections, InlineProjector};
use crate::postgres::{Parameter, Postgres};
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

/// Appends of a group without a final verdict, by their place in it: they may only travel together
/// again in the same order.
type Open = BTreeMap<usize, Request>;

/// An append of a group that was recorded before, as the event at a position, or says it was.
struct Repeat {
    nth: usize,
    request: Request,
    position: Position,
}

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
        let mut was_late = false;
        loop {
            let refusal = match self.attempt(&group, careful, until).await {
                Ok(answer) => {
                    let open = self.answer(group, &answer, lost.is_some()).await;
                    if open.is_empty() {
                        return;
                    }
                    group = Group::again(open.into_values());
                    lost.get_or_insert_with(|| Lost::because("its repeat could not be read"));
                    None
                }
                Err(Failure::Lost(cause)) => {
                    lost = Some(cause);
                    None
                }
                Err(Failure::Broken(_)) if Instant::now() < until => {
                    pause().await;
                    None
                }
                Err(Failure::Repeats(_)) if !careful => None,
                Err(
                    Failure::Broken(refusal)
                    | Failure::Repeats(refusal)
                    | Failure::Refused(refusal),
                ) => Some(refusal),
                // Once more, by what the server's clock says now.
                Err(Failure::TooLate(_)) if !std::mem::replace(&mut was_late, true) => None,
                Err(Failure::TooLate(refusal)) => Some(refusal),
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
        let mut first = group.requests;
        let second = first.split_off(first.len() / 2);
        for half in [first, second] {
            Box::pin(self.settle(Group::again(half), lost.cloned())).await;
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
        let answered = self.send(&mut session, &parameters, (group, late)).await;
        if let Ok(answer) = &answered {
            session.server_time = (answer.server_time, Instant::now());
        }
        // After a lost answer a new connection is made: this one may still be at the statement.
        // So it is after one that came too late: the server's clock may have been set.
        if !matches!(
            answered,
            Err(Failure::Lost(_) | Failure::Broken(_) | Failure::TooLate(_))
        ) {
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
        let session = match self.session.take() {
            Some(session) if session.is_alive().await => session,
            _ => Session::open(&self.postgres, &self.call).await?,
        };
        Ok((columns, session))
    }

    async fn send(
        &self,
        session: &mut Session,
        parameters: &[Parameter<'_>],
        (group, late): (&Group, Instant),
    ) -> Result<Answer, Failure> {
        let call = self.call.as_str();
        let Some(inline) = &self.inline else {
            let sent = timeout_at(late, session.send(call, parameters)).await;
            return sent.unwrap_or_else(|_| Err(Failure::Lost(Lost::in_time())));
        };
        let connection = &mut session.connection;
        inline
            .send(connection, (call, parameters), (group, late))
            .await
    }

    /// Tells each caller its verdict. Those of whom there is no final one yet are given back.
    async fn answer(&self, group: Group, answer: &Answer, lost: bool) -> Open {
        let late = group.until() + PAUSE;
        let (verdicts, last) = answer.verdicts(&group);
        self.reader.head.written(last);
        let mut answers = Vec::with_capacity(verdicts.len());
        let mut open = Open::new();
        let mut repeats = Vec::new();
        for (nth, (request, verdict)) in group.requests.into_iter().zip(verdicts).enumerate() {
            match verdict {
                Verdict::Known(outcome) => answers.push((request, outcome)),
                Verdict::Conflicts(conflicts) if !lost => {
                    answers.push((request, Err(conflicts.first())));
                }
                Verdict::Conflicts(conflicts) => match conflicts.lasting() {
                    Some(conflict) => answers.push((request, Err(conflict))),
                    None => {
                        open.insert(nth, request);
                    }
                },
                Verdict::Repeats(position) => repeats.push(Repeat {
                    nth,
                    request,
                    position,
                }),
            }
        }
        self.unsettled.answer(answers);
        if !repeats.is_empty() {
            open.extend(self.compare(repeats, late).await);
        }
        open
    }

    /// Answers those that were recorded before. Those that could not be compared are given back.
    async fn compare(&self, repeats: Vec<Repeat>, late: Instant) -> Open {
        let asked: Vec<(&Append, Position)> = repeats
            .iter()
            .map(|repeat| (&repeat.request.append, repeat.position))
            .collect();
        let Ok(outcomes) = timeout_at(late, self.reader.compare(&asked)).await else {
            let open = repeats
                .into_iter()
                .map(|repeat| (repeat.nth, repeat.request));
            return open.collect();
        };
        let (mut answers, mut open) = (Vec::new(), Open::new());
        for (Repeat { nth, request, .. }, outcome) in repeats.into_iter().zip(outcomes) {
            match outcome {
                Err(AppendError::Unavailable { .. }) => {
                    open.insert(nth, request);
                }
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

#[expect(
    clippy::disallowed_methods,
    reason = "a pause before the database is asked again, bounded by the append's time"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
