//! The list of all cases, and the macro that makes tests of them.

use super::{Case, cut, held, paging, pooled, racing, reconnecting, restored, rolled_back};

/// Hands the list of all cases to another macro: themes, and in each the function of every case.
/// The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! ordering_cases {
    ([$($receiver:tt)+] $($given:tt)*) => {
        $($receiver)+! { $($given)*
            held {
                a_commit_held_back_behind_thousands_is_missed_by_nobody,
                a_roll_back_held_back_behind_thousands_leaves_no_trace,
                interleaved_transactions_that_end_in_any_order_are_missed_by_nobody,
                a_held_transaction_keeps_no_reader_from_what_was_acknowledged,
            }
            rolled_back {
                roll_backs_leave_no_gap_that_stalls_a_reader,
                refusals_leave_no_gap_that_stalls_a_reader,
            }
            paging {
                readers_that_page_while_writers_commit_see_the_log,
                a_read_resumed_from_any_checkpoint_goes_on_where_it_was,
            }
            reconnecting {
                a_subscriber_that_reconnects_after_every_few_deliveries_sees_the_log,
                a_subscriber_that_begins_anywhere_amid_writers_sees_the_rest,
            }
            cut {
                an_append_whose_answer_is_lost_is_recorded_once,
                an_append_whose_request_is_lost_is_recorded_once_when_repeated,
                a_cut_amid_writers_loses_and_repeats_nothing_of_the_others,
            }
            pooled {
                through_a_pooler_the_log_is_the_same,
            }
            restored {
                a_restored_store_goes_on_where_the_dump_was,
                a_restored_store_knows_what_was_appended_before_the_dump,
                a_dump_amid_writers_holds_a_prefix_of_the_log,
            }
            racing {
                two_handles_that_race_agree_on_one_order,
                of_two_handles_that_race_for_a_version_one_wins,
                what_one_handle_acknowledges_the_other_sees,
            }
        }
    };
}

/// Enrols a backend: a test for each case, every one with an adversary of its own.
///
/// Takes an expression of a type that is an [`Adversary`](crate::ordering::Adversary), and what
/// the names of the cases begin with that it has to skip. The crate that enrols needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! ordering_suite {
    ($adversary:expr $(, skips: [$($skipped:literal),+])?) => {
        const ORDERING_SKIPS: &[&str] = &[$($($skipped),+)?];

        fn ordering_adversary() -> impl $crate::ordering::Adversary {
            $adversary
        }

        mod ordering {
            $crate::ordering_cases! { [$crate::ordering_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! ordering_tests {
    ($($theme:ident { $($case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                let adversary = super::super::ordering_adversary();
                $crate::ordering::check(name, adversary, super::super::ORDERING_SKIPS).await;
            }
        )+}
    )+};
}

macro_rules! case_list {
    ($($theme:ident { $($case:ident,)+ })+) => {
        &[$($(
            Case {
                name: concat!(stringify!($theme), "::", stringify!($case)),
                run: |trial| Box::pin($theme::$case(trial)),
            },
        )+)+]
    };
}

/// Every case, by theme.
pub const CASES: &[Case] = crate::ordering_cases! { [case_list] };
