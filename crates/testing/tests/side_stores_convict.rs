//! The suite of side stores convicts what is broken: each flaw breaks one line of the contract, and a case
//! that cites that line must fail.

mod flawed_side_store;

use std::sync::Arc;

use annals_testing::side_stores::CASES;

use flawed_side_store::{Flaw, Processes};

/// Some case that cites the line fails on a side store with the flaw.
async fn assert_convicted(line: u8, flaw: Flaw) {
    for case in CASES.iter().filter(|case| case.line == line) {
        if let Err(seen) = case.run(Arc::new(Processes::with(flaw))).await {
            eprintln!("convicted by {case}: {seen}");
            return;
        }
    }
    panic!("no case of contract line {line} fails");
}

macro_rules! convictions {
    ($($test:ident: $flaw:expr, line $line:literal;)+) => {$(
        #[tokio::test]
        async fn $test() {
            assert_convicted($line, $flaw).await;
        }
    )+};
}

convictions! {
    values_in_another_order_are_noticed: Flaw::FindsInAnotherOrder, line 1;
    a_value_that_is_cut_is_noticed: Flaw::CutsLargeValues, line 1;
    a_value_that_is_found_by_its_hash_alone_is_noticed: Flaw::FindsByHashAlone, line 1;
    a_value_that_is_kept_for_one_process_is_noticed: Flaw::KeepsForOneProcess, line 2;
    a_refused_repetition_is_noticed: Flaw::CountsRepetitions, line 3;
    half_of_what_was_put_is_noticed: Flaw::PutsUntilRefused, line 3;
    a_value_that_stays_is_noticed: Flaw::DeletesAllButOne, line 4;
    values_of_others_that_go_are_noticed: Flaw::DeletesByPrefix, line 4;
    a_wrong_count_is_noticed: Flaw::CountsNothing, line 4;
    a_forgotten_deletion_is_noticed: Flaw::ForgetsThatItDeleted, line 5;
    a_deletion_before_there_is_a_value_that_is_forgotten_is_noticed:
        Flaw::NotesOnlyWhoHadValues, line 5;
    a_value_that_is_dropped_in_silence_is_noticed: Flaw::DropsInSilence, line 5;
}

#[tokio::test]
async fn a_side_store_without_a_flaw_is_not_convicted() {
    for case in CASES {
        let ran = case.run(Arc::new(Processes::with(Flaw::None))).await;
        assert_eq!(ran, Ok(()), "{case}");
    }
}
