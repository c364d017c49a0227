//! The list of all cases, and the macro that makes tests of them.

use super::{Case, rotating, wrapping};

/// Hands the list of all cases to another macro: themes, and in each the line of the contract and the
/// function of every case. The one list there is.
#[doc(hidden)]
#[macro_export]
macro_rules! root_keys_cases {
    ([$($receiver:tt)+]) => {
        $($receiver)+! {
            wrapping {
                1 a_secret_unwraps_as_it_was,
                1 what_was_wrapped_unwraps_for_everybody,
                2 a_wrapping_is_bound_to_its_person_and_key,
                2 a_wrapping_that_was_changed_does_not_unwrap,
            }
            rotating {
                1 what_was_wrapped_before_unwraps_until_the_rotation_is_finished,
                3 what_a_destroyed_root_key_wrapped_is_gone_for_everybody,
                3 only_root_keys_before_the_one_that_is_kept_are_destroyed,
                4 a_new_root_key_is_current_for_everybody,
                4 a_rotation_that_is_begun_again_goes_on,
                4 one_rotation_follows_another,
            }
        }
    };
}

/// Enrols root keys: a test for each case, every one with root keys of its own.
///
/// Takes an expression of a type that is a [`Holding`](crate::root_keys::Holding). The crate that enrols
/// needs `tokio` with the features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! root_keys_suite {
    ($holding:expr) => {
        fn holding() -> impl $crate::root_keys::Holding {
            $holding
        }

        mod suite {
            $crate::root_keys_cases! { [$crate::root_keys_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! root_keys_tests {
    ($($theme:ident { $($line:literal $case:ident,)+ })+) => {$(
        mod $theme {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let name = concat!(stringify!($theme), "::", stringify!($case));
                $crate::root_keys::check(name, super::super::holding()).await;
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
pub const CASES: &[Case] = crate::root_keys_cases! { [case_list] };

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
