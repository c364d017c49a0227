//! The suite convicts broken stores: each breaks one line of the contract, and a case that cites
//! that line must fail.

mod flaws;
mod model_store;

use std::sync::Arc;

use annals_testing::conformance::{CASES, Outcome, run_all};

use flaws::reading::{
    BeginsTooEarly, EndsOnAnError, ForgetsTheHead, MatchesAnyTag, MiscountsBackwards, ReadsStale,
    Reorders, SkipsPositions,
};
use flaws::subscribing::{
    EndsInSilence, LosesAnEventGoingLive, NeverGoesLive, NeverSaysItCaughtUp,
    RepeatsAnEventGoingLive, SaysNothingWhenNothingMatches, WaitsForSlowReaders,
};
use flaws::writing::{
    AcknowledgesTooEarly, ChecksTheConditionBeforeItWrites, ChecksTheVersionBeforeItWrites,
    FailsUnrelatedConditions, FindsHalfOfAnAppend, ForgetsAppendsInACrash, ForgetsMetadata,
    ForgetsTags, ForgetsWhatItStored, IgnoresTheCondition, IgnoresTheExpectedVersion,
    LosesTheLastEvent, NamesTheWrongVersion, NeverFindsAnAppend, RewritesJson, SkipsAVersion,
    SortsTags, TakesAnySize, TruncatesPayloads, WritesHalfOfWhatConflicts, WritesWhatItRefuses,
};
use flaws::{Flaw, FlawedBackend, Flawless};

/// Some case that cites the line fails on a store with the flaw.
async fn assert_convicted<F: Flaw>(line: u8) {
    for case in CASES.iter().filter(|case| case.line == line) {
        let backend = Arc::new(FlawedBackend::<F>::new());
        if let Outcome::Failed(seen) = case.run(backend).await {
            eprintln!("convicted by {case}: {seen}");
            return;
        }
    }
    panic!("no case of contract line {line} fails");
}

/// Declares a test for each flaw. The clock is paused, so that it jumps to the end of a wait for
/// what never comes.
macro_rules! convictions {
    ($($test:ident: $flaw:ty, line $line:literal;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            assert_convicted::<$flaw>($line).await;
        }
    )+};
}

convictions! {
    a_lost_event_is_noticed: LosesTheLastEvent, line 1;
    half_an_append_is_noticed: WritesHalfOfWhatConflicts, line 1;
    a_skipped_version_is_noticed: SkipsAVersion, line 2;
    a_skipped_position_is_noticed: SkipsPositions, line 2;
    a_read_out_of_order_is_noticed: Reorders, line 2;
    a_miscounted_backwards_read_is_noticed: MiscountsBackwards, line 2;
    a_read_that_begins_too_early_is_noticed: BeginsTooEarly, line 2;
    an_early_acknowledgement_is_noticed: AcknowledgesTooEarly, line 3;
    a_stale_read_is_noticed: ReadsStale, line 4;
    a_forgotten_head_is_noticed: ForgetsTheHead, line 4;
    a_query_that_matches_too_much_is_noticed: MatchesAnyTag, line 4;
    an_ignored_expected_version_is_noticed: IgnoresTheExpectedVersion, line 5;
    a_version_checked_too_early_is_noticed: ChecksTheVersionBeforeItWrites, line 5;
    an_ignored_condition_is_noticed: IgnoresTheCondition, line 5;
    a_condition_checked_too_early_is_noticed: ChecksTheConditionBeforeItWrites, line 5;
    a_condition_that_fails_needlessly_is_noticed: FailsUnrelatedConditions, line 5;
    a_retry_stored_again_is_noticed: ForgetsWhatItStored, line 6;
    appends_forgotten_in_a_crash_are_noticed: ForgetsAppendsInACrash, line 6;
    an_append_never_found_is_noticed: NeverFindsAnAppend, line 6;
    an_append_half_found_is_noticed: FindsHalfOfAnAppend, line 6;
    an_event_lost_going_live_is_noticed: LosesAnEventGoingLive, line 7;
    an_event_repeated_going_live_is_noticed: RepeatsAnEventGoingLive, line 7;
    an_end_in_silence_is_noticed: EndsInSilence, line 7;
    a_subscription_that_never_goes_live_is_noticed: NeverGoesLive, line 7;
    a_missing_mark_is_noticed: NeverSaysItCaughtUp, line 7;
    a_missing_mark_when_nothing_matches_is_noticed: SaysNothingWhenNothingMatches, line 7;
    writers_that_wait_for_readers_are_noticed: WaitsForSlowReaders, line 8;
    a_refusal_that_writes_is_noticed: WritesWhatItRefuses, line 9;
    a_wrong_version_in_a_conflict_is_noticed: NamesTheWrongVersion, line 9;
    an_append_over_the_limits_is_noticed: TakesAnySize, line 9;
    an_error_taken_for_the_end_is_noticed: EndsOnAnError, line 10;
    a_truncated_payload_is_noticed: TruncatesPayloads, line 10;
    a_rewritten_payload_is_noticed: RewritesJson, line 10;
    forgotten_tags_are_noticed: ForgetsTags, line 10;
    sorted_tags_are_noticed: SortsTags, line 10;
    forgotten_metadata_is_noticed: ForgetsMetadata, line 10;
}

#[tokio::test(start_paused = true)]
async fn a_store_without_a_flaw_is_not_convicted() {
    let report = run_all(Arc::new(FlawedBackend::<Flawless>::new())).await;
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    assert_eq!(report.passed.len(), CASES.len());
}
