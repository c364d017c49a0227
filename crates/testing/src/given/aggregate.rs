//! Given/when/then for aggregates.

use std::fmt::Debug;

use annals_core::Aggregate;

use super::difference::difference;

/// Begins a test of an aggregate with what happened to it before.
///
/// ```ignore
/// given::<Account>([AccountEvent::Deposited { amount: usd("50.00") }])
///     .when(AccountCommand::Withdraw { amount: usd("80.00") })
///     .then_refused(AccountError::InsufficientFunds { balance: usd("50.00") });
/// ```
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let mut aggregate = A::default();
    for event in events {
        aggregate.evolve(&event);
    }
    Given { aggregate }
}

/// An aggregate with a history. It is no test before a `when` and a `then` are called.
#[must_use = "a history tests nothing before something is asked"]
#[derive(Debug)]
pub struct Given<A> {
    aggregate: A,
}

impl<A: Aggregate> Given<A> {
    /// Asks the aggregate to do something.
    pub fn when(self, command: A::Command) -> Decision<A> {
        let decided = self.aggregate.decide(command);
        Decision { decided }
    }
}

/// What an aggregate decided. It is no test before a `then` is called.
#[must_use = "a decision is tested by what `then` expects of it"]
pub struct Decision<A: Aggregate> {
    decided: Result<Vec<A::Event>, A::Error>,
}

impl<A: Aggregate> Decision<A>
where
    A::Event: Debug + PartialEq,
{
    /// Expects these events, in this order.
    ///
    /// # Panics
    /// When something else was decided; the message shows the difference.
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = A::Event>) {
        let expected: Vec<_> = events.into_iter().collect();
        match self.decided {
            Ok(decided) if decided == expected => {}
            Ok(decided) => panic!("decided other events\n{}", difference(&expected, &decided)),
            Err(error) => panic!("refused, by {error:?}\nexpected {expected:#?}"),
        }
    }

    /// Expects that there is nothing to do: no events, and no refusal.
    ///
    /// # Panics
    /// When something was decided or refused.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// Expects a refusal, and which one.
    ///
    /// # Panics
    /// When it was refused for another reason, or not at all.
    #[track_caller]
    pub fn then_refused(self, expected: A::Error)
    where
        A::Error: PartialEq,
    {
        match self.decided {
            Err(error) if error == expected => {}
            Err(error) => panic!("refused otherwise\n{}", difference(&[expected], &[error])),
            Ok(decided) => panic!("decided {decided:#?}\nexpected the refusal {expected:?}"),
        }
    }
}
