//! A process that is killed amid a call to its database, or whose connections are.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use annals::{ProjectionError, QueryError};
use tokio::sync::watch;

/// A process that is struck after so many steps of one kind of call to its database.
///
/// A step is taken before each time that a call goes on, and once more before its answer is heard: so
/// it is struck before the call, at every wait amid it, or when it is done and nobody knows.
#[derive(Clone)]
pub(crate) struct Life {
    inner: Arc<Inner>,
}

struct Inner {
    /// In which call it is struck, by its name.
    call: &'static str,
    left: Mutex<usize>,
    blow: Blow,
    struck: watch::Sender<Option<Strike>>,
}

/// What happens to a process that is struck.
#[derive(Clone)]
pub(crate) enum Blow {
    /// It is no more: what it waited for is dropped, and it does nothing any more.
    Kill,
    /// The connections are cut that are amid a transaction: this cuts them, and tells how many there
    /// were. While there is none it waits for the next step.
    Cut(Arc<dyn Fn() -> Cutting + Send + Sync>),
}

pub(crate) type Cutting = Pin<Box<dyn Future<Output = i64> + Send>>;

/// Where a process was struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Strike {
    pub(crate) call: &'static str,
    pub(crate) moment: Moment,
}

/// At which moment of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    Before,
    Amid,
    Done,
}

/// How often processes were struck, and where.
#[derive(Debug, Default)]
pub(crate) struct Strikes(BTreeMap<Strike, usize>);

/// What a call fails with when its process is no more.
pub(crate) trait Dead {
    fn dead() -> Self;
}

impl Dead for ProjectionError {
    fn dead() -> Self {
        Self::Unavailable(Arc::new(std::io::Error::other("killed")))
    }
}

impl Dead for QueryError {
    fn dead() -> Self {
        let reason = "killed".to_owned();
        Self::Unavailable { reason }
    }
}

impl Life {
    /// A process that is struck after so many steps of a call.
    pub(crate) fn of(call: &'static str, steps: usize, blow: Blow) -> Self {
        let inner = Inner {
            call,
            left: Mutex::new(steps),
            blow,
            struck: watch::Sender::new(None),
        };
        let inner = Arc::new(inner);
        Self { inner }
    }

    /// A process that nothing happens to.
    pub(crate) fn unharmed() -> Self {
        Self::of("none", 0, Blow::Kill)
    }

    /// Waits until it is no more.
    pub(crate) async fn killed(&self) {
        let mut struck = self.inner.struck.subscribe();
        let is_killed = |struck: &Option<_>| struck.is_some() && !self.survives();
        struck.wait_for(is_killed).await.unwrap();
    }

    /// Where it was struck, if it was.
    pub(crate) fn strike(&self) -> Option<Strike> {
        *self.inner.struck.borrow()
    }

    /// A call to the database.
    pub(crate) async fn call<T, E: Dead>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut call = pin!(call);
        let mut moment = Moment::Before;
        loop {
            match self.until_struck(name, call.as_mut(), &mut moment).await {
                Some(answer) => return answer,
                None => self.take_the_blow(Strike { call: name, moment }).await?,
            }
        }
    }

    /// Goes on with a call. `None`: it was struck amid it, or just before it would hear the answer.
    async fn until_struck<T>(
        &self,
        name: &str,
        mut call: Pin<&mut impl Future<Output = T>>,
        moment: &mut Moment,
    ) -> Option<T> {
        std::future::poll_fn(|cx| {
            if !self.goes_on(name) {
                return Poll::Ready(None);
            }
            *moment = Moment::Amid;
            let Poll::Ready(answer) = call.as_mut().poll(cx) else {
                return Poll::Pending;
            };
            *moment = Moment::Done;
            let is_heard = self.survives() || self.goes_on(name);
            Poll::Ready(is_heard.then_some(answer))
        })
        .await
    }

    async fn take_the_blow<E: Dead>(&self, strike: Strike) -> Result<(), E> {
        match &self.inner.blow {
            Blow::Kill => {
                self.note(strike);
                Err(E::dead())
            }
            Blow::Cut(cut) if cut().await > 0 => {
                self.note(strike);
                self.allow(usize::MAX);
                Ok(())
            }
            Blow::Cut(_) => {
                self.allow(1);
                Ok(())
            }
        }
    }

    fn survives(&self) -> bool {
        matches!(self.inner.blow, Blow::Cut(_))
    }

    /// Takes a step of a call, unless it is struck there or is no more.
    fn goes_on(&self, call: &str) -> bool {
        if call != self.inner.call {
            return self.survives() || self.strike().is_none();
        }
        let mut left = self.inner.left.lock().unwrap();
        let goes_on = *left > 0;
        *left = left.saturating_sub(1);
        goes_on
    }

    fn allow(&self, steps: usize) {
        let mut left = self.inner.left.lock().unwrap();
        *left = steps.max(*left);
    }

    /// Where it was struck first.
    fn note(&self, strike: Strike) {
        self.inner
            .struck
            .send_modify(|struck| *struck = struck.or(Some(strike)));
    }
}

impl Strikes {
    pub(crate) fn note(&mut self, strike: Option<Strike>) {
        if let Some(strike) = strike {
            *self.0.entry(strike).or_default() += 1;
        }
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// How many there were in a call, whenever it was.
    pub(crate) fn of(&self, call: &str) -> usize {
        let strikes = self.0.iter().filter(|(strike, _)| strike.call == call);
        strikes.map(|(_, count)| count).sum()
    }
}
