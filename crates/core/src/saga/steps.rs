//! Sagas declared as steps, each beside what undoes it.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::command::{Command, Request};
use crate::decode::Recorded;
use crate::effect::EffectStart;
use crate::typed_event::Event;

use super::{Call, InstanceId, RetryPolicy};

/// A saga as a list of stages: do this, then that; if one fails for good, undo what was done, in
/// reverse.
///
/// [`Stepped`](super::Stepped) is the [`Saga`](super::Saga) that goes through them.
///
/// Replies are recorded when they come, and [noted](SagaStep::noting) once their stage is done, by the
/// code that runs then. So the type of a reply reads what it wrote before, for as long as there are
/// instances that were answered so.
///
/// ```
/// # use annals_core as annals;
/// use annals::{Command, InstanceId, Recorded, SagaStep, Stage, Steps};
/// # use annals_macros::Event;
/// use serde::{Deserialize, Serialize};
///
/// # #[derive(Event, Serialize, Deserialize, Clone)]
/// # enum TransferEvent { Requested { from: String, to: String, cents: i64 } }
/// # #[derive(Serialize, Deserialize)]
/// # struct Withdraw { account: String, reference: String, cents: i64 }
/// # impl Command for Withdraw { const NAME: &'static str = "Withdraw"; type Reply = (); type Refusal = String; }
/// # #[derive(Serialize, Deserialize)]
/// # struct Deposit { account: String, cents: i64 }
/// # impl Command for Deposit { const NAME: &'static str = "Deposit"; type Reply = (); type Refusal = String; }
/// /// Gives back what a withdrawal took.
/// #[derive(Serialize, Deserialize)]
/// struct Refund {
///     account: String,
///     reference: String,
/// }
///
/// impl Command for Refund {
///     const NAME: &'static str = "Refund";
///     type Reply = ();
///     type Refusal = String;
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Transfer {
///     id: String,
///     from: String,
///     to: String,
///     cents: i64,
/// }
///
/// impl Steps for Transfer {
///     const NAME: &'static str = "transfer";
///     type Event = TransferEvent;
///
///     fn begin(event: &Recorded<TransferEvent>) -> Option<(InstanceId, Self)> {
///         let id = event.record.stream.id().to_owned();
///         let TransferEvent::Requested { from, to, cents } = event.event.clone();
///         Some((InstanceId::new(&id).ok()?, Self { id, from, to, cents }))
///     }
///
///     fn stages() -> Vec<Stage<Self>> {
///         let withdraw = SagaStep::new("withdraw", |it: &Self| Withdraw {
///             account: it.from.clone(),
///             reference: it.id.clone(),
///             cents: it.cents,
///         });
///         let withdraw = withdraw.undone_by(|it| Refund {
///             account: it.from.clone(),
///             reference: it.id.clone(),
///         });
///         let deposit = SagaStep::new("deposit", |it: &Self| Deposit {
///             account: it.to.clone(),
///             cents: it.cents,
///         });
///         vec![Stage::of(withdraw), Stage::of(deposit).pivot()]
///     }
/// }
/// ```
pub trait Steps: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name its instances are kept under, without a `-`: see [`Saga::NAME`](super::Saga::NAME).
    const NAME: &'static str;
    /// Which definition this is: see [`Saga::VERSION`](super::Saga::VERSION).
    const VERSION: u32 = 1;
    /// The events that start it.
    type Event: Event + Clone;
    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];
    /// Where it begins to listen when it is declared for the first time, or when nobody knows any more how
    /// far it was: see [`Saga::START`](super::Saga::START).
    const START: EffectStart = EffectStart::Now;
    /// What an event starts, if it does.
    fn begin(event: &Recorded<Self::Event>) -> Option<(InstanceId, Self)>;

    /// What is to be done, in order. No two steps have the same name.
    fn stages() -> Vec<Stage<Self>>;

    /// How long it may take until it is at its pivot; then it is undone, once what is open is answered.
    /// `None`: as long as it takes.
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// The command that tells somebody that all was undone, and why; the instance ends when it was
    /// carried out. `None`: nobody has to be told.
    fn once_undone(&self, _reason: &Value) -> Option<Request> {
        None
    }

    /// What an instance of an earlier definition has become in this one, whose stages are the same up
    /// to the one that any such instance is at. `None`: such instances finish under the definition
    /// they were started with.
    fn migrate(_version: u32, _saga: &Value) -> Option<Self> {
        None
    }
}

/// Steps that are done beside each other; the next stage begins once all of them are done.
pub struct Stage<S> {
    pub(super) steps: Vec<SagaStep<S>>,
    pub(super) is_pivot: bool,
}

/// Why a saga is undone that was not at its pivot in [time](Steps::timeout).
pub const TOOK_TOO_LONG: &str = "it took too long";

type Ask<S> = Box<dyn Fn(&S) -> Request>;
type Note<S> = Box<dyn Fn(&mut S, Value) -> Result<(), serde_json::Error>>;

/// One step: a command, and the one that undoes it.
pub struct SagaStep<S> {
    pub(super) name: &'static str,
    request: Ask<S>,
    note: Note<S>,
    undo: Option<Ask<S>>,
    undo_unknown: bool,
    retry: RetryPolicy,
    undo_retry: RetryPolicy,
}

impl<S> Stage<S> {
    /// One step.
    pub fn of(step: SagaStep<S>) -> Self {
        Self::all([step])
    }

    /// Several steps beside each other.
    pub fn all(steps: impl IntoIterator<Item = SagaStep<S>>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            is_pivot: false,
        }
    }

    /// The same stage; once it is done there is no way back. What fails behind it waits for a person,
    /// and so does the stage itself when nobody knows whether it was done.
    #[must_use]
    pub fn pivot(mut self) -> Self {
        self.is_pivot = true;
        self
    }
}

impl<S> SagaStep<S> {
    /// A step that sends a command. Nothing undoes it.
    pub fn new<C: Command>(name: &'static str, command: impl Fn(&S) -> C + 'static) -> Self {
        Self {
            name,
            request: Box::new(move |saga| Request::of(&command(saga))),
            note: Box::new(|_, _| Ok(())),
            undo: None,
            undo_unknown: false,
            retry: RetryPolicy::default(),
            undo_retry: RetryPolicy::default(),
        }
    }

    /// A step that sends a command, and notes what is answered for the stages behind it. If that cannot
    /// be read, the saga waits for a person: what is asked to retry reads it again, what is asked to
    /// skip goes on without it.
    pub fn noting<C: Command>(
        name: &'static str,
        command: impl Fn(&S) -> C + 'static,
        note: impl Fn(&mut S, C::Reply) + 'static,
    ) -> Self {
        Self {
            note: Box::new(move |saga, reply| {
                note(saga, serde_json::from_value(reply)?);
                Ok(())
            }),
            ..Self::new(name, command)
        }
    }

    /// The same step, undone by a command if it was carried out. As long as nobody knows whether it was,
    /// because no attempt was answered, the saga waits for a person.
    #[must_use]
    pub fn undone_by<C: Command>(mut self, command: impl Fn(&S) -> C + 'static) -> Self {
        self.undo = Some(Box::new(move |saga| Request::of(&command(saga))));
        self
    }

    /// The same step, undone also when nobody knows whether it was carried out. So what undoes it does
    /// no harm where nothing was done, and keeps it from being done later.
    #[must_use]
    pub fn even_if_unknown(mut self) -> Self {
        self.undo_unknown = true;
        self
    }

    /// The same step, tried as often as this.
    #[must_use]
    pub fn retried(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The same step, whose undoing is tried as often as this.
    #[must_use]
    pub fn undoing_retried(mut self, retry: RetryPolicy) -> Self {
        self.undo_retry = retry;
        self
    }

    pub(super) fn call(&self, saga: &S) -> Call {
        Call {
            name: self.name.to_owned(),
            request: (self.request)(saga),
            retry: self.retry,
        }
    }

    /// True if it may be undone, or left as it is, without knowing whether it was carried out.
    pub(super) fn can_stay_unknown(&self) -> bool {
        self.undo_unknown || self.undo.is_none()
    }

    /// An error if it is not what the step can read.
    pub(super) fn note(&self, saga: &mut S, reply: Value) -> Result<(), serde_json::Error> {
        (self.note)(saga, reply)
    }

    /// `None`: nothing undoes it.
    pub(super) fn undoing(&self, saga: &S) -> Option<Call> {
        Some(Call {
            name: undoing(self.name),
            request: self.undo.as_ref()?(saga),
            retry: self.undo_retry,
        })
    }
}

/// The name of the call that undoes a step.
pub(super) fn undoing(step: &str) -> String {
    format!("undo {step}")
}
