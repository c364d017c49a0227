//! What is kept of effects: how far they are, and their dead letters.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};

use annals_core::{
    DeadLetters, Effect, EffectError, EffectKey, EffectStart, Failure, ParkCause, Position,
    Recorded, RecordedEvent, TableFold, Timestamp, Tried,
};
use async_trait::async_trait;

use super::bank::{AccountEvent, batch, deposit, failed_at};
use super::subject::{Subject, Writing};

/// Tells of an account.
struct Letters;

/// Tells of an account, elsewhere.
struct OtherLetters;

macro_rules! effect {
    ($effect:ident, $name:literal) => {
        #[async_trait]
        impl Effect for $effect {
            type Event = AccountEvent;
            const NAME: &'static str = $name;
            const START: EffectStart = EffectStart::Beginning;

            async fn perform(
                &self,
                _: &Recorded<AccountEvent>,
                _: EffectKey,
            ) -> Result<(), EffectError> {
                Ok(())
            }
        }
    };
}

effect!(Letters, "letters");
effect!(OtherLetters, "other_letters");

/// The events that were performed.
#[derive(Clone, Default)]
struct Performed(Arc<Mutex<HashSet<Position>>>);

impl Performed {
    fn add(&self, position: u64) {
        let mut performed = self.0.lock().expect("nothing panics under this lock");
        performed.insert(Position(position));
    }

    fn fold(&self) -> TableFold {
        let performed = Arc::clone(&self.0);
        TableFold::of_effect::<Letters>(move |position| {
            let performed = performed.lock().expect("nothing panics under this lock");
            match performed.contains(&position) {
                true => Ok(()),
                false => Err(Arc::new(io::Error::other("not performed"))),
            }
        })
    }
}

fn tried() -> Tried {
    Tried {
        attempts: 1,
        code_version: "1.2".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn letters(effect: &Writing) -> &dyn DeadLetters {
    let letters = effect.0.dead_letters();
    letters.expect("an effect has a place for dead letters")
}

/// Parks the first of these events.
async fn park(effect: &Writing, after: u64, events: &[RecordedEvent]) {
    let failure = Failure {
        error: "refused".to_owned(),
        tried: tried(),
    };
    let (batch, failed) = (batch(after, events.to_vec()), events[0].position);
    let parked = letters(effect).park(batch, failed, failure).await;
    parked.unwrap_or_else(|error| panic!("an event was not parked: {error}"));
}

/// Those that are parked, each with whether it waits for another.
async fn parked(effect: &Writing) -> Vec<(u64, bool)> {
    let all = letters(effect).list(Position::START, 100).await;
    let all = all.unwrap_or_else(|error| panic!("letters were not read: {error}"));
    let waits = |cause: &ParkCause| matches!(cause, ParkCause::Waits(_));
    all.iter()
        .map(|letter| (letter.position.0, waits(&letter.cause)))
        .collect()
}

/// Releases events, and tells which of them are done.
async fn release(effect: &Writing, events: &[RecordedEvent]) -> Vec<Position> {
    let released = letters(effect).release(events.into(), tried()).await;
    released
        .unwrap_or_else(|error| panic!("nothing was released: {error}"))
        .applied
}

pub(super) async fn of_an_effect_only_the_checkpoint_is_kept(mut subject: Subject) {
    for after in 0..3 {
        let effect = subject.effect::<Letters>().await;
        assert_eq!(effect.resume().await, Position(after));
        effect.apply(after, vec![deposit(after + 1, "a", 5)]).await;
        subject = subject.reopened().await;
    }
    let other = subject.effect::<OtherLetters>().await;
    assert_eq!(other.position().await, Position::START);
}

pub(super) async fn what_was_not_performed_is_parked_or_refused(subject: Subject) {
    let effect = subject.writing(Performed::default().fold()).await;
    park(&effect, 0, &[deposit(1, "a", 5), deposit(2, "a", 5)]).await;
    effect.apply(2, vec![deposit(3, "a", 5)]).await;
    assert_eq!(parked(&effect).await, [(1, false), (2, true), (3, true)]);
    let refusal = effect.refusal(3, vec![deposit(4, "b", 5)]).await;
    assert_eq!(failed_at(&refusal), 4);
    assert_eq!(effect.position().await, Position(3));
}

pub(super) async fn a_letter_goes_once_its_event_was_performed(subject: Subject) {
    let performed = Performed::default();
    let effect = subject.writing(performed.fold()).await;
    let events = [deposit(1, "a", 5), deposit(2, "a", 5)];
    park(&effect, 0, &events).await;
    assert_eq!(release(&effect, &events).await, []);
    performed.add(1);
    assert_eq!(release(&effect, &events).await, [Position(1)]);
    assert_eq!(parked(&effect).await, [(2, false)]);
    performed.add(2);
    assert_eq!(release(&effect, &events).await, [Position(2)]);
    assert_eq!(parked(&effect).await, []);
}
