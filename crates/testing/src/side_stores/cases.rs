//! The list of all cases, and the macro that makes tests of them.

use super::{Case, deleting, keeping};

/// Hands the list of all cases to another macro: themes, and in each the line of the contract and the
/// function of every case. The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! side_stores_cases {
    ([$($receiver:tt)+]) => {
        $($receiver)+! {
            keeping {
                1 values_are_found_in_the_order_they_are_asked_for,
                1 a_value_is_kept_to_the_last_byte,
                1 a_value_of_the_largest_size_is_kept,
                1 names_of_any_kind_are_told_apart,
                1 a_hash_of_one_person_is_not_that_of_another,
                2 a_value_that_was_put_is_there_for_everybody,
                3 a_value_that_is_put_again_is_as_it_was,
                3 values_that_are_put_at_a_time_are_all_there,
                3 of_values_that_cannot_all_be_put_none_is,
            }
            deleting {
                2 what_was_deleted_is_so_for_everybody,
                4 all_values_of_a_person_are_deleted_and_counted,
                4 values_of_others_stay,
                4 values_are_deleted_once,
                5 whose_values_were_deleted_has_none_again,
                5 who_never_had_any_has_none_ever,
                5 what_is_put_and_deleted_at_a_time_ends_deleted,
            }
        }
    };
}

/// Enrols a side store: a test for each case, every one with a store of its own.
///
/// Takes an expression of a type that is a [`Keeping`](crate::side_stores::Keeping). The crate that enrols
/// needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! side_stores_suite {
    ($keeping:expr) => {
        fn side_keeping() -> impl $crate::side_stores::Keeping {
            $keeping
        }

        mod side_suite {
            $crate::side_stores_cases! { [$crate::side_stores_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! side_stores_tests {
    ($($theme:ident { $($line:literal $case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                $crate::side_stores::check(name, super::super::side_keeping()).await;
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
pub const CASES: &[Case] = crate::side_stores_cases! { [case_list] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_contract_has_a_case() {
        for line in 1..=5 {
            assert!(CASES.iter().any(|case| case.line == line), "line {line}");
        }
    }
}
