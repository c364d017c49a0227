use std::io::Error;

use super::*;

const EVENT: Position = Position(1);
const SECOND: Duration = Duration::from_secs(1);

/// Always the shortest waits.
struct Shortest;

impl IdSource for Shortest {
    fn next(&self) -> uuid::Uuid {
        uuid::Uuid::nil()
    }
}

fn ahead(gives_up_after: Option<Duration>) -> Ahead {
    Ahead::new(Patience {
        backoff: Backoff {
            first: 2 * SECOND,
            most: 8 * SECOND,
        },
        ids: Arc::new(Shortest),
        gives_up_after,
    })
}

fn busy() -> Result<(), EffectError> {
    Err(EffectError::transient(Error::other("busy")))
}

fn later(seconds: u32) -> Result<(), EffectError> {
    Err(EffectError::later(seconds * SECOND, Error::other("busy")))
}

/// For how many seconds the event waits before it is performed again.
fn waits(ahead: &Ahead, now: Instant) -> u32 {
    let is_over = |seconds: &u32| ahead.standing(EVENT, now + *seconds * SECOND) == Standing::Open;
    (0..).find(is_over).unwrap()
}

#[test]
fn each_failure_waits_for_twice_as_long_up_to_a_limit() {
    let (mut ahead, now) = (ahead(None), Instant::now());
    let waits = [(); 5].map(|()| {
        ahead.note(EVENT, busy(), now);
        waits(&ahead, now)
    });
    assert_eq!(waits, [1, 2, 4, 4, 4]);
}

#[test]
fn who_says_when_to_come_back_is_not_called_earlier() {
    let (mut ahead, now) = (ahead(None), Instant::now());
    ahead.note(EVENT, later(30), now);
    assert_eq!(waits(&ahead, now), 30);
    ahead.note(EVENT, later(1), now);
    assert_eq!(waits(&ahead, now), 2, "nor than the others are");
}

#[test]
fn nobody_is_waited_for_longer_than_an_hour_at_a_time() {
    let (mut ahead, now) = (ahead(None), Instant::now());
    ahead.note(EVENT, later(1_000_000), now);
    assert_eq!(waits(&ahead, now), 3_600);
}

#[test]
fn what_fails_for_too_long_is_given_up_with_the_last_cause() {
    let (mut ahead, now) = (ahead(Some(60 * SECOND)), Instant::now());
    for seconds in [0, 30, 59] {
        ahead.note(EVENT, busy(), now + seconds * SECOND);
        assert!(
            matches!(ahead.became[&EVENT], Became::Troubled(_)),
            "{seconds}"
        );
    }
    ahead.note(EVENT, busy(), now + 60 * SECOND);
    let Became::Refused(cause) = &ahead.became[&EVENT] else {
        panic!("it is over")
    };
    let told = "given up after 4 attempts in 60s: busy";
    assert_eq!(cause.to_string(), told);
}

#[test]
fn what_is_done_is_remembered_until_the_checkpoint_has_passed_it() {
    let (mut ahead, now) = (ahead(None), Instant::now());
    ahead.note(EVENT, busy(), now);
    ahead.note(EVENT, Ok(()), now);
    ahead.note(Position(2), Ok(()), now);
    assert_eq!(ahead.standing(EVENT, now), Standing::Done);
    ahead.forget(EVENT);
    assert_eq!(ahead.standing(EVENT, now), Standing::Open);
    assert_eq!(ahead.standing(Position(2), now), Standing::Done);
}
