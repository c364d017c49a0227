//! Two processes meet: the orders in which their calls can go are tried, one after the other.

use std::pin::Pin;
use std::slice;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use annals_core::{KeyStore, KeyStoreError, StoredKey, SubjectKey};
use annals_keys::{Keyring, KeyringOptions};

use crate::world::{Calls, World, person, read, write};

/// How often a process is interrupted for the other to go on. What goes wrong between two needs no more:
/// one stands still somewhere, the other does, and then the first does harm or comes to harm.
const SWITCHES: usize = 4;

/// At which steps of two processes the other one goes on.
#[derive(Default)]
struct Schedule {
    switches: Vec<bool>,
    at: usize,
}

impl Schedule {
    fn switches_now(&mut self) -> bool {
        if self.at == self.switches.len() {
            self.switches.push(false);
        }
        self.at += 1;
        self.switches[self.at - 1]
    }

    /// The next one, if there is another.
    fn next(&mut self) -> bool {
        self.at = 0;
        while let Some(last) = self.switches.pop() {
            let before = self.switches.iter().filter(|it| **it).count();
            if !last && before < SWITCHES {
                self.switches.push(true);
                return true;
            }
        }
        false
    }

    /// Lets both go on in this order, to their ends. A process stands still before each of its calls.
    fn run<A, B>(
        &mut self,
        one: impl Future<Output = A>,
        other: impl Future<Output = B>,
    ) -> (A, B) {
        let (mut one, mut other) = (Box::pin(one), Box::pin(other));
        let (mut one_ended, mut other_ended) = (None, None);
        let mut is_others_turn = false;
        while one_ended.is_none() || other_ended.is_none() {
            match (&one_ended, &other_ended) {
                (None, None) => is_others_turn ^= self.switches_now(),
                (one_ended, _) => is_others_turn = one_ended.is_some(),
            }
            match is_others_turn {
                false => one_ended = step(one.as_mut()),
                true => other_ended = step(other.as_mut()),
            }
        }
        (one_ended.unwrap(), other_ended.unwrap())
    }
}

fn step<T>(process: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match process.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ended) => Some(ended),
        Poll::Pending => None,
    }
}

/// What is done at once, to its end.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Some(done) = step(work.as_mut()) {
            return done;
        }
    }
}

/// Tries every order. Returns how many there are.
fn every_order(mut run: impl FnMut(&mut Schedule)) -> usize {
    let mut schedule = Schedule::default();
    let mut orders = 1;
    run(&mut schedule);
    while schedule.next() {
        orders += 1;
        run(&mut schedule);
    }
    orders
}

/// A process that stands still before each call.
fn process(world: &World) -> Keyring {
    let calls = Arc::new(Calls {
        stands_still: true,
        ..Calls::default()
    });
    world.observed(&calls, KeyringOptions::default())
}

async fn rotate(keyring: &Keyring) {
    keyring.rotate_root_keys(|_| {}).await.unwrap();
}

/// What is stored of a person is the key that something was written under, and it opens.
fn assert_is_there(world: &World, name: &str, written_under: Option<&SubjectKey>) {
    assert!(matches!(written_under, Some(SubjectKey::Living(_))));
    assert_eq!(at_once(world.key(name)).as_ref(), written_under);
}

#[test]
fn a_key_that_is_made_while_root_keys_are_replaced_is_not_lost() {
    let orders = every_order(|schedule| {
        let world = World::new();
        let (writer, rotator) = (process(&world), process(&world));
        let (key, ()) = schedule.run(write(&writer, "ada"), rotate(&rotator));
        assert_is_there(&world, "ada", key.as_ref());
    });
    assert!(orders > 50, "{orders}");
}

#[test]
fn a_key_that_is_found_while_root_keys_are_replaced_is_read_and_written_under() {
    every_order(|schedule| {
        let world = World::new();
        let before = at_once(write(&world.keyring(), "ada"));
        let (user, rotator) = (process(&world), process(&world));
        let using = async { (read(&user, "ada").await, write(&user, "ada").await) };
        let ((read, written), ()) = schedule.run(using, rotate(&rotator));
        assert_eq!((&read, &written), (&before, &before));
        assert_is_there(&world, "ada", before.as_ref());
    });
}

#[test]
fn a_key_that_its_maker_has_yet_to_wrap_anew_is_not_told_as_damaged() {
    let mut not_yet = 0;
    every_order(|schedule| {
        let world = World::new();
        let [writer, rotator, reader] = [(); 3].map(|()| process(&world));
        let ada = person("ada");
        let others = async {
            rotate(&rotator).await;
            reader.keys_for_reading(slice::from_ref(&ada)).await
        };
        let (key, found) = schedule.run(write(&writer, "ada"), others);
        match found {
            Ok(_) => {}
            Err(KeyStoreError::Unavailable(_)) => not_yet += 1,
            Err(error) => panic!("{error}"),
        }
        assert_eq!(at_once(read(&reader, "ada")), key, "it is there in the end");
    });
    assert!(not_yet > 0, "in some order it is not there yet");
}

#[test]
fn two_that_replace_root_keys_lose_none() {
    every_order(|schedule| {
        let world = World::new();
        let before = at_once(write(&world.keyring(), "ada"));
        let (one, other) = (process(&world), process(&world));
        schedule.run(rotate(&one), rotate(&other));
        assert_is_there(&world, "ada", before.as_ref());
    });
}

#[test]
fn two_that_make_the_key_of_a_person_have_the_same() {
    every_order(|schedule| {
        let world = World::new();
        let (one, other) = (process(&world), process(&world));
        let (one, other) = schedule.run(write(&one, "ada"), write(&other, "ada"));
        assert_eq!(one, other);
        assert_is_there(&world, "ada", one.as_ref());
    });
}

#[test]
fn who_is_forgotten_while_root_keys_are_replaced_stays_so() {
    every_order(|schedule| {
        let world = World::new();
        at_once(write(&world.keyring(), "ada"));
        let (forgetting, rotator) = (process(&world), process(&world));
        let ada = person("ada");
        let (forgotten, ()) = schedule.run(forgetting.forget(&ada), rotate(&rotator));
        assert!(forgotten.unwrap());
        let stored = at_once(world.store.find(slice::from_ref(&ada))).unwrap();
        assert_eq!(stored, [Some(StoredKey::Destroyed)]);
    });
}

#[test]
fn once_a_person_is_forgotten_the_process_gives_the_key_to_nobody() {
    every_order(|schedule| {
        let world = World::new();
        let keyring = process(&world);
        let ada = person("ada");
        let using = async {
            write(&keyring, "ada").await;
            keyring.evict(&ada);
            read(&keyring, "ada").await
        };
        let (_, forgotten) = schedule.run(using, keyring.forget(&ada));
        forgotten.unwrap();
        assert_eq!(at_once(read(&keyring, "ada")), Some(SubjectKey::Erased));
        assert_eq!(at_once(write(&keyring, "ada")), Some(SubjectKey::Erased));
    });
}
