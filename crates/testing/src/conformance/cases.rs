//! The list of all cases, and the macro that makes tests of them.

use super::{
    Case, Skip, append, conditions, durability, expected, find_append, idempotency, limits, live,
    queries, read, refusals, round_trip, slow_readers, subscribe, versions, visibility,
};

/// Hands the list of all cases to another macro: themes, and in each the line of the contract and
/// the function of every case. The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ([$($receiver:tt)+] $($given:tt)*) => {
        $($receiver)+! { $($given)*
            append {
                1 an_append_keeps_all_its_events_in_order,
                1 an_append_over_several_streams_is_recorded_in_all_of_them,
                1 a_conflict_in_one_of_several_streams_writes_none,
                1 a_failed_condition_writes_to_none_of_several_streams,
                1 an_invalid_event_keeps_the_others_from_being_written,
                1 readers_never_see_part_of_an_append,
            }
            versions {
                2 positions_are_dense_under_sixteen_writers,
                2 readers_never_see_a_gap_while_writers_append,
                2 a_later_append_gets_a_later_position,
                2 each_stream_counts_its_own_versions,
                2 all_readers_see_one_order,
                2 a_refused_append_uses_up_no_position,
                2 an_empty_store_is_at_the_start,
            }
            durability {
                3 every_acknowledged_event_survives_a_crash,
                3 the_last_acknowledged_append_survives_a_crash,
                3 what_many_writers_were_told_survives_a_crash,
                3 every_question_is_answered_after_a_crash_as_before,
                2 positions_and_versions_go_on_after_a_crash,
                5 expectations_and_conditions_hold_across_a_crash,
                6 a_retry_after_a_crash_is_acknowledged_with_the_first_result,
                6 a_known_event_id_is_known_after_a_crash,
                7 a_subscription_goes_on_after_a_crash_where_it_was,
            }
            visibility {
                4 a_writer_reads_its_own_append_at_once,
                4 every_client_sees_what_was_acknowledged,
                4 a_read_holds_what_was_recorded_when_it_started,
                4 a_read_tells_the_head_of_the_whole_store,
            }
            read {
                2 the_store_is_read_from_any_position_both_ways,
                2 a_stream_is_read_from_any_version_both_ways,
                2 a_query_is_read_from_any_position_both_ways,
                4 streams_with_similar_ids_are_kept_apart,
                4 a_long_read_is_complete,
            }
            queries {
                4 random_queries_select_what_they_match,
                4 a_query_compares_whole_names,
                4 what_restricts_nothing_selects_everything,
                4 an_event_that_several_items_match_is_read_once,
            }
            expected {
                5 an_expectation_that_holds_is_taken,
                5 an_expectation_that_does_not_hold_is_refused,
                5 of_twenty_racers_for_a_version_exactly_one_wins,
                5 of_twenty_racers_for_a_new_stream_exactly_one_wins,
                5 of_racers_over_two_streams_exactly_one_wins,
                5 writers_of_their_own_streams_never_conflict,
            }
            conditions {
                5 a_condition_holds_until_a_match_is_recorded,
                5 a_condition_looks_only_behind_its_position,
                5 a_condition_asks_in_every_way_a_query_can,
                5 expectation_and_condition_must_both_hold,
                5 of_twenty_racers_for_a_name_exactly_one_wins,
                5 unrelated_conditions_never_fail_each_other,
                5 no_course_is_overbooked_and_no_place_refused_in_vain,
            }
            idempotency {
                6 a_retry_is_acknowledged_with_the_first_result,
                6 a_retry_is_acknowledged_when_its_expectation_no_longer_holds,
                6 a_retry_is_acknowledged_when_its_own_events_fail_its_condition,
                6 a_retry_over_several_streams_is_acknowledged,
                6 of_simultaneous_copies_one_is_stored,
                6 the_same_events_under_another_append_id_are_a_retry,
                6 a_known_event_id_with_other_content_is_an_error,
                6 a_known_event_id_in_another_stream_is_an_error,
                6 known_and_new_event_ids_together_are_an_error,
                6 an_append_id_with_other_events_is_an_error,
            }
            find_append {
                6 a_committed_append_is_found_with_its_answer,
                6 an_append_over_several_streams_is_found_with_its_versions,
                6 an_append_is_found_under_the_id_its_caller_chose,
                6 an_append_that_did_not_commit_is_not_found,
            }
            subscribe {
                7 a_subscription_delivers_everything_and_says_when_it_caught_up,
                7 a_subscription_to_an_empty_store_has_caught_up,
                7 a_subscription_begins_after_any_position,
                7 later_events_are_delivered_live_with_marks,
                7 a_subscription_delivers_what_its_query_selects,
                7 the_mark_moves_on_when_nothing_matches,
                7 a_subscription_follows_one_stream_from_any_version,
                7 a_stream_is_followed_before_it_exists,
                7 dropping_a_subscription_cancels_only_that_one,
            }
            live {
                7 a_subscription_amid_writers_delivers_every_event_once,
                7 a_query_amid_writers_delivers_every_match_once,
                7 a_stream_amid_writers_delivers_every_version_once,
                7 subscriptions_amid_writers_agree,
                7 a_reader_that_is_cut_off_goes_on_where_it_was,
                7 a_waiting_reader_is_woken_by_an_append,
            }
            slow_readers {
                8 an_idle_subscriber_slows_no_writer_and_loses_nothing,
                8 a_read_left_standing_slows_no_writer,
                8 an_idle_subscriber_slows_no_other,
            }
            refusals {
                9 a_conflict_names_stream_expectation_and_version,
                9 a_conflict_names_the_one_of_several_streams,
                9 after_a_conflict_the_same_events_can_be_appended,
                9 a_failed_condition_names_where_a_match_is,
                9 an_append_without_events_is_invalid,
                9 an_append_that_names_a_stream_twice_is_invalid,
                9 an_append_that_uses_an_event_id_twice_is_invalid,
            }
            limits {
                9 names_of_the_greatest_length_are_taken,
                9 a_payload_over_the_limit_is_invalid,
                9 metadata_over_the_limit_is_invalid,
                9 a_text_of_the_metadata_over_its_limit_is_invalid,
                9 tags_over_the_limit_are_invalid,
                9 events_over_the_limit_are_invalid,
                9 bytes_over_the_limit_are_invalid,
                9 a_query_over_the_limits_is_invalid_everywhere,
                9 a_category_that_cannot_be_is_invalid_everywhere,
            }
            round_trip {
                10 payloads_come_back_byte_for_byte,
                10 metadata_comes_back_complete,
                10 tags_come_back_in_their_order,
                10 ids_types_and_schema_versions_come_back,
                10 stream_ids_of_any_script_are_kept,
                10 an_event_is_the_same_however_it_is_read,
                10 a_read_that_ends_was_complete,
            }
        }
    };
}

/// Enrols a backend: a test for each case, every one with a backend of its own.
///
/// Takes an expression of a type that is a [`Backend`](crate::conformance::Backend). The crate
/// that enrols needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance_suite {
    ($backend:expr) => {
        fn conformance_backend() -> impl $crate::conformance::Backend {
            $backend
        }

        mod conformance {
            $crate::conformance_cases! { [$crate::conformance_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($($theme:ident { $($line:literal $case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                let backend = super::super::conformance_backend();
                $crate::conformance::check(name, backend).await;
            }
        )+}
    )+};
}

macro_rules! case_list {
    ($($theme:ident { $($line:literal $case:ident,)+ })+) => {
        &[$($(
            Case {
                line: $line,
                name: concat!(stringify!($theme), "::", stringify!($case)),
                run: |store| Box::pin(async { $theme::$case(store).await.ended() }),
            },
        )+)+]
    };
}

/// Every case, by theme.
pub const CASES: &[Case] = crate::conformance_cases! { [case_list] };

/// What a case returns: nothing, or also why it had to be skipped.
trait Ended {
    fn ended(self) -> Result<(), Skip>;
}

impl Ended for () {
    fn ended(self) -> Result<(), Skip> {
        Ok(self)
    }
}

impl Ended for Result<(), Skip> {
    fn ended(self) -> Result<(), Skip> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_contract_has_a_case() {
        for line in 1..=10 {
            assert!(CASES.iter().any(|case| case.line == line), "line {line}");
        }
    }
}
