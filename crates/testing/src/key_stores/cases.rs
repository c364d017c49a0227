//! The list of all cases, and the macro that makes tests of them.

use super::{Case, creating, destroying, rewrapping};

/// Hands the list of all cases to another macro: themes, and in each the line of the contract and the
/// function of every case. The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! key_stores_cases {
    ([$($receiver:tt)+]) => {
        $($receiver)+! {
            creating {
                1 keys_are_found_in_the_order_they_are_asked_for,
                1 a_key_is_kept_to_the_last_byte,
                1 names_of_any_kind_are_told_apart,
                1 of_two_keys_the_first_stays,
                1 of_many_that_are_created_at_a_time_all_are_answered_with_one,
                2 a_key_that_was_answered_is_there_for_everybody,
            }
            destroying {
                2 what_was_destroyed_is_so_for_everybody,
                3 nothing_is_created_for_whom_it_was_destroyed,
                3 whose_key_never_was_is_forgotten_as_well,
                3 a_key_is_destroyed_once,
                3 what_is_created_and_destroyed_at_a_time_ends_destroyed,
            }
            rewrapping {
                4 another_wrapping_takes_the_place_of_the_one_it_was_made_of,
                4 others_stay_as_they_are,
                4 a_wrapping_of_an_earlier_one_changes_nothing,
                4 a_wrapping_of_another_key_changes_nothing,
                4 what_was_destroyed_meanwhile_stays_so,
                4 keys_to_be_wrapped_are_told_up_to_the_limit,
                4 neither_the_wrapped_nor_the_destroyed_are_to_be_wrapped,
            }
        }
    };
}

/// Enrols a key store: a test for each case, every one with a store of its own.
///
/// Takes an expression of a type that is a [`Keeping`](crate::key_stores::Keeping). The crate that enrols
/// needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! key_stores_suite {
    ($keeping:expr) => {
        fn keeping() -> impl $crate::key_stores::Keeping {
            $keeping
        }

        mod suite {
            $crate::key_stores_cases! { [$crate::key_stores_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! key_stores_tests {
    ($($theme:ident { $($line:literal $case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                $crate::key_stores::check(name, super::super::keeping()).await;
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
                run: |subject| Box::pin($theme::$case(subject)),
            },
        )+)+]
    };
}

/// Every case, by theme.
pub const CASES: &[Case] = crate::key_stores_cases! { [case_list] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_contract_has_a_case() {
        for line in 1..=4 {
            assert!(CASES.iter().any(|case| case.line == line), "line {line}");
        }
    }
}
