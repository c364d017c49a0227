//! The suites of keys convict what is broken: each flaw breaks one line of a contract, and a case that
//! cites that line must fail.

mod flawed_keys;

use std::sync::Arc;

use annals_testing::{key_stores, root_keys};

use flawed_keys::roots::{RootFlaw, Roots};
use flawed_keys::store::{KeyFlaw, Processes};

/// Some case that cites the line fails on a key store with the flaw.
async fn assert_convicted(line: u8, flaw: KeyFlaw) {
    for case in key_stores::CASES.iter().filter(|case| case.line == line) {
        if let Err(seen) = case.run(Arc::new(Processes::with(flaw))).await {
            eprintln!("convicted by {case}: {seen}");
            return;
        }
    }
    panic!("no case of contract line {line} fails");
}

/// Some case that cites the line fails on root keys with the flaw.
async fn assert_roots_convicted(line: u8, flaw: RootFlaw) {
    for case in root_keys::CASES.iter().filter(|case| case.line == line) {
        if let Err(seen) = case.run(Arc::new(Roots::with(flaw))).await {
            eprintln!("convicted by {case}: {seen}");
            return;
        }
    }
    panic!("no case of contract line {line} fails");
}

macro_rules! convictions {
    ($assert:ident, $($test:ident: $flaw:expr, line $line:literal;)+) => {$(
        #[tokio::test]
        async fn $test() {
            $assert($line, $flaw).await;
        }
    )+};
}

convictions! { assert_convicted,
    a_key_that_replaces_the_first_is_noticed: KeyFlaw::TheLastOneStays, line 1;
    an_answer_with_what_was_asked_for_is_noticed: KeyFlaw::AnswersWhatItWasGiven, line 1;
    keys_in_another_order_are_noticed: KeyFlaw::FindsInAnotherOrder, line 1;
    a_key_that_is_kept_for_one_process_is_noticed: KeyFlaw::KeepsForOneProcess, line 2;
    a_forgotten_destruction_is_noticed: KeyFlaw::ForgetsThatItDestroyed, line 3;
    a_destruction_before_there_is_a_key_that_is_forgotten_is_noticed:
        KeyFlaw::DestroysOnlyWhatIsThere, line 3;
    a_key_that_comes_back_wrapped_anew_is_noticed: KeyFlaw::RewrapsWhatWasDestroyed, line 4;
    a_wrapping_that_undoes_a_later_one_is_noticed: KeyFlaw::RewrapsWhateverIsThere, line 4;
    a_wrapping_that_is_lost_is_noticed: KeyFlaw::NeverRewraps, line 4;
    more_keys_than_the_limit_are_noticed: KeyFlaw::TellsAll, line 4;
    keys_that_are_wrapped_already_are_noticed: KeyFlaw::TellsThoseOfTheRoot, line 4;
}

convictions! { assert_roots_convicted,
    a_root_key_that_goes_too_early_is_noticed: RootFlaw::DestroysWhenItBegins, line 1;
    a_wrapping_that_is_bound_to_nobody_is_noticed: RootFlaw::BindsToNobody, line 2;
    a_root_key_that_stays_is_noticed: RootFlaw::NeverDestroys, line 3;
    a_root_key_that_is_destroyed_with_older_ones_is_noticed: RootFlaw::DestroysAllButTheLast, line 3;
    a_current_root_key_that_is_remembered_is_noticed: RootFlaw::RemembersTheCurrent, line 4;
}

#[tokio::test]
async fn a_key_store_without_a_flaw_is_not_convicted() {
    for case in key_stores::CASES {
        let ran = case.run(Arc::new(Processes::with(KeyFlaw::None))).await;
        assert_eq!(ran, Ok(()), "{case}");
    }
}

#[tokio::test]
async fn root_keys_without_a_flaw_are_not_convicted() {
    for case in root_keys::CASES {
        let ran = case.run(Arc::new(Roots::with(RootFlaw::None))).await;
        assert_eq!(ran, Ok(()), "{case}");
    }
}
