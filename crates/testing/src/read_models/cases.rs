//! The list of all cases, and the macro that makes tests of them.

use super::{
    Case, Contract, batches, by_hand, checkpoints, dead_letters, declarations, editions, effects,
    indexes, ledgers, others, replacements, scratch, selections, several_tables, snapshots, values,
};

/// Hands the list of all cases to another macro: themes, and in each the contract, its line and
/// the function of every case. The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! read_models_cases {
    ([$($receiver:tt)+]) => {
        $($receiver)+! {
            selections {
                ReadModels 1 a_page_has_a_hundred_rows_unless_it_says_so,
                ReadModels 1 pages_neither_repeat_nor_skip_while_rows_are_added,
                ReadModels 1 pages_go_backwards_within_a_filter,
                ReadModels 1 rows_come_in_the_order_of_a_column_and_page_by_page,
                ReadModels 1 rows_of_the_same_value_come_in_the_order_of_their_keys,
                ReadModels 2 rows_come_in_the_order_of_their_keys,
                ReadModels 2 texts_of_any_kind_are_keys,
                ReadModels 2 a_column_selects_by_value_and_by_absence,
                ReadModels 2 nothing_is_within_a_range_of_nothing,
                ReadModels 2 a_range_is_as_exclusive_as_it_is_written,
                ReadModels 2 a_text_that_no_row_can_hold_is_found_nowhere_and_has_its_place_in_the_order,
                ReadModels 2 a_number_that_no_row_can_hold_is_above_all_that_are_there,
                ReadModels 2 timestamps_sort_as_times_do_whatever_their_fractions,
                ReadModels 3 a_column_that_is_not_declared_is_refused,
                ReadModels 3 json_is_looked_into_or_refused,
            }
            declarations {
                ReadModels 4 the_same_declaration_goes_on_where_it_was,
                ReadModels 4 another_column_rebuilds_the_table,
                ReadModels 4 another_revision_of_the_fold_rebuilds_the_table,
                ReadModels 4 other_events_rebuild_the_table,
                ReadModels 4 indexes_whose_long_names_begin_alike_are_made_both,
                ReadModels 4 a_table_that_is_no_longer_declared_is_dropped,
                ReadModels 5 a_rebuild_leaves_other_read_models_alone,
                ReadModels 5 the_table_of_another_projection_is_refused_and_stays,
            }
            checkpoints {
                Projector 1 a_batch_moves_rows_and_checkpoint,
                Projector 1 a_batch_without_events_moves_the_checkpoint,
                Projector 1 rows_and_checkpoint_are_there_after_reopening,
                Projector 1 a_row_is_deleted_when_its_fold_ends,
                Projector 1 a_panic_in_the_middle_writes_neither_and_names_the_event,
                Projector 1 a_row_folded_under_another_key_is_refused_and_names_the_event,
                Projector 1 an_event_that_cannot_be_decoded_is_named,
                Projector 1 values_that_must_be_unique_may_change_places_within_a_batch,
                Projector 1 what_must_be_unique_is_so_after_each_batch,
                Projector 1 a_value_that_is_there_already_names_the_event_that_brings_it_again,
                Projector 2 a_batch_that_does_not_begin_at_the_checkpoint_writes_nothing,
                Projector 2 a_projector_that_was_not_resumed_writes_nothing,
                Projector 2 two_that_take_turns_never_apply_twice,
                Projector 3 the_read_model_of_another_store_is_refused,
                Projector 3 a_look_at_the_checkpoint_binds_it_to_no_store,
                Projector 4 an_older_declaration_writes_nothing_any_more,
                Projector 4 an_older_declaration_takes_nothing_over,
                Projector 4 an_older_declaration_tells_nothing_of_the_tables,
                Projector 5 a_look_at_the_checkpoint_takes_nothing_over,
            }
            indexes {
                Projector 1 an_index_finds_rows_by_what_they_became,
            }
            dead_letters {
                DeadLetters 1 what_is_parked_has_no_effect_and_other_keys_go_on,
                DeadLetters 1 later_events_of_its_key_wait_in_later_batches_too,
                DeadLetters 2 a_batch_that_does_not_begin_at_the_checkpoint_parks_nothing,
                DeadLetters 2 a_failure_behind_a_parked_event_parks_nothing,
                DeadLetters 3 released_events_have_the_effect_they_would_have_had,
                DeadLetters 3 what_is_not_parked_is_not_released,
                DeadLetters 3 one_that_fails_again_stays_and_counts_its_attempts,
                DeadLetters 3 one_that_waits_for_another_is_not_released_before_it,
                DeadLetters 3 one_whose_row_is_refused_stays_alone,
                DeadLetters 4 nothing_waits_for_what_was_skipped,
                DeadLetters 4 what_was_skipped_is_told_for_ever,
                DeadLetters 4 letters_come_in_pages,
                DeadLetters 4 an_older_declaration_releases_and_skips_nothing,
                DeadLetters 5 a_redacted_letter_says_nothing_and_parks_as_before,
                DeadLetters 4 a_rebuild_forgets_what_was_parked,
            }
            effects {
                ReadModels 4 of_an_effect_only_the_checkpoint_is_kept,
                DeadLetters 1 what_was_not_performed_is_parked_or_refused,
                DeadLetters 3 a_letter_goes_once_its_event_was_performed,
            }
            editions {
                Editions 1 what_is_written_to_one_edition_shows_in_no_other,
                Editions 1 each_edition_has_its_own_dead_letters,
                Editions 1 a_candidate_goes_on_where_it_was,
                Editions 1 editions_are_made_again_and_again,
                Editions 2 readers_see_the_candidate_once_it_is_current,
                Editions 2 rows_are_counted_and_sampled_at_one_moment,
                Editions 3 a_candidate_that_is_behind_stays_one,
                Editions 3 what_is_previous_is_kept_up_to_date_and_gone_back_to,
                Editions 4 a_projector_goes_on_with_the_edition_that_is_current_now,
                Editions 4 a_projector_of_another_fold_is_superseded,
                Editions 4 what_is_current_stays_as_it_is_for_another_fold,
                Editions 4 only_an_edition_of_the_fold_takes_the_place,
                Editions 4 what_was_replaced_is_dropped_when_its_time_has_come,
                Editions 4 an_edition_keeps_its_identity_wherever_it_is,
                Editions 5 what_is_current_stands_still_while_the_next_catches_up,
                Editions 6 a_projector_of_a_dropped_edition_writes_nothing_to_the_next,
            }
            replacements {
                Editions 2 rows_are_seen_with_the_checkpoint_and_the_letters_of_their_moment,
                Editions 7 rows_are_replaced_and_nothing_else,
                Editions 7 rows_that_were_made_for_another_position_or_edition_are_refused,
                Editions 7 what_is_parked_is_unparked_with_its_rows_and_only_once,
                Editions 7 rows_of_another_declaration_are_refused,
                Editions 7 a_row_that_is_refused_leaves_all_as_they_were,
            }
            ledgers {
                Ledger 1 events_are_noted_where_the_checkpoint_moves,
                Ledger 1 a_batch_without_events_notes_nothing,
                Ledger 1 a_batch_that_fails_or_begins_elsewhere_notes_nothing,
                Ledger 1 a_batch_over_the_end_of_a_page_is_noted_on_both,
                Ledger 1 who_takes_over_goes_on_with_what_was_noted,
                Ledger 1 what_was_noted_is_there_after_reopening,
                Ledger 1 parked_events_are_noted_and_released_ones_not_again,
                Ledger 1 events_of_tables_by_hand_are_noted,
                Ledger 1 a_page_that_others_wrote_is_damage,
                Ledger 2 a_rebuild_empties_its_own_ledger_alone,
                Ledger 2 what_was_noted_before_a_rebuild_never_comes_back,
                Ledger 3 pages_come_in_order_from_where_they_are_asked_for,
                Ledger 4 the_ledger_of_another_store_is_refused,
                Ledger 4 an_older_declaration_tells_nothing_of_the_ledger,
            }
            several_tables {
                Projector 1 rows_of_all_tables_and_the_checkpoint_move_together,
                Projector 1 a_row_tells_where_others_go_in_its_own_batch_and_in_later_ones,
            }
            by_hand {
                Projector 1 a_refused_statement_or_a_panic_writes_neither_and_names_the_event,
                Projector 1 an_event_that_is_not_decoded_or_panics_meanwhile_is_named,
                Projector 4 an_older_declaration_by_hand_writes_nothing_and_takes_nothing_over,
                ReadModels 4 another_revision_rebuilds_tables_that_refer_to_each_other,
                ReadModels 4 other_events_rebuild_tables_by_hand,
            }
            others {
                Projector 1 a_table_that_is_gone_is_damage_and_not_unavailable,
                Projector 1 a_row_that_other_code_wrote_is_damage_and_nothing_is_written,
                Projector 3 a_read_model_that_is_of_another_store_by_now_is_not_written,
                ReadModels 5 a_table_that_no_projection_made_is_not_taken_over,
            }
            scratch {
                ReadModels 6 what_is_made_in_a_scratch_place_shows_nowhere_else,
                ReadModels 6 a_scratch_place_parks_as_any_other,
            }
            values {
                Projector 1 a_number_that_no_column_can_hold_fails_at_its_event,
                Projector 1 a_text_with_nul_fails_at_its_event,
                Projector 1 json_with_nul_fails_at_its_event,
                Projector 1 a_key_that_no_index_can_hold_fails_at_its_event,
                Projector 1 a_text_that_no_index_can_hold_fails_at_its_event,
                Projector 1 a_text_too_long_to_be_searched_fails_at_its_event,
                ReadModels 2 json_is_read_as_it_was_written,
                ReadModels 2 json_is_compared_by_what_it_means,
            }
            batches {
                Projector 1 a_batch_equals_its_events_one_by_one,
            }
            snapshots {
                ReadModels 1 a_snapshot_is_kept_for_its_stream_alone,
                ReadModels 1 a_newer_snapshot_replaces_an_older_one_and_stays,
                ReadModels 1 a_snapshot_of_another_shape_at_the_same_version_replaces,
                ReadModels 1 a_damaged_snapshot_is_none_and_gives_way_to_any_other,
                ReadModels 1 a_snapshot_that_was_let_go_of_is_gone_alone,
            }
        }
    };
}

/// Enrols a database: a test for each case, every one with a database of its own.
///
/// Takes an expression of a type that is a [`Database`](crate::read_models::Database). The crate
/// that enrols needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! read_models_suite {
    ($database:expr) => {
        fn read_models_database() -> impl $crate::read_models::Database {
            $database
        }

        mod suite {
            $crate::read_models_cases! { [$crate::read_models_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! read_models_tests {
    ($($theme:ident { $($contract:ident $line:literal $case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                $crate::read_models::check(name, super::super::read_models_database()).await;
            }
        )+}
    )+};
}

macro_rules! case_list {
    ($($theme:ident { $($contract:ident $line:literal $case:ident,)+ })+) => {
        &[$($(
            Case {
                contract: Contract::$contract,
                line: $line,
                name: concat!(stringify!($theme), "::", stringify!($case)),
                run: |subject| Box::pin($theme::$case(subject)),
            },
        )+)+]
    };
}

/// Every case, by theme.
pub const CASES: &[Case] = crate::read_models_cases! { [case_list] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_contracts_has_a_case() {
        let contracts = [
            (Contract::ReadModels, 6),
            (Contract::Projector, 5),
            (Contract::DeadLetters, 4),
            (Contract::Ledger, 4),
            (Contract::Editions, 7),
        ];
        for (contract, lines) in contracts {
            for line in 1..=lines {
                let cites = |case: &Case| case.contract == contract && case.line == line;
                assert!(CASES.iter().any(cites), "{contract:?} line {line}");
            }
        }
    }
}
