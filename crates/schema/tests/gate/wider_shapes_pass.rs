//! A change after which recorded events are read as before passes, and is told where it is not recorded.

use crate::events::passes;

const WIDENED: &str = "Deposited version 1 takes more than is recorded of it";

#[test]
fn an_optional_field_may_be_added() {
    mod old {
        crate::events::events! { Deposited { amount: u64 } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u64, memo: Option<String> } }
    }
    let memo = Some("rent".to_owned());
    passes(
        old::Events::Deposited { amount: 5 },
        &[new::Events::Deposited { amount: 5, memo }],
        WIDENED,
    );
}

#[test]
fn a_new_event_is_told_as_not_recorded_yet() {
    mod old {
        crate::events::events! { Deposited { amount: u64 } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u64 }, Withdrawn { amount: u64 } }
    }
    passes(
        old::Events::Deposited { amount: 5 },
        &[
            new::Events::Deposited { amount: 5 },
            new::Events::Withdrawn { amount: 5 },
        ],
        "Withdrawn is not recorded yet",
    );
}

#[test]
fn types_may_be_widened() {
    mod old {
        crate::events::part! { pub(crate) enum Way { Cash } }
        crate::events::events! { Deposited {
            amount: u32,
            share: f32,
            parts: i64,
            memo: String,
            at: annals_core::Timestamp,
            way: Way,
            #[schemars(length(min = 2, max = 5))] code: String,
        } }
    }
    mod new {
        crate::events::part! { pub(crate) enum Way { Cash, Card { number: String } } }
        crate::events::events! { Deposited {
            amount: i64,
            share: f64,
            parts: f64,
            memo: Option<String>,
            at: String,
            way: Way,
            #[schemars(length(min = 1, max = 6))] code: String,
        } }
    }
    let (amount, memo, code) = (5, "rent".to_owned(), "abc".to_owned());
    let old = old::Events::Deposited {
        amount,
        share: 0.5,
        parts: 2,
        memo: memo.clone(),
        at: annals_core::Timestamp::UNIX_EPOCH,
        way: old::Way::Cash,
        code: code.clone(),
    };
    let way = new::Way::Card {
        number: "1".to_owned(),
    };
    let at = "1970-01-01T00:00:00Z".to_owned();
    let new = new::Events::Deposited {
        amount: 5,
        share: 0.5,
        parts: 2.5,
        memo: Some(memo),
        at,
        way,
        code,
    };
    // What was an integer is written as a number now: the sample tells so, until that is accepted.
    let schemas = crate::events::Schemas::of([old]);
    assert!(
        schemas
            .refused([new.clone()])
            .contains("  parts: reads otherwise\n    - 2\n    + 2.0")
    );
    schemas.accept([new.clone()]).unwrap();
    assert_eq!(schemas.passed([new]), "");
}

#[test]
fn what_is_only_documented_otherwise_is_no_change() {
    mod old {
        crate::events::events! {
            /// Money came.
            Deposited {
                /// How much.
                amount: u64
            }
        }
    }
    mod new {
        crate::events::events! {
            /// Money was paid in.
            #[schemars(title = "Deposit")]
            Deposited {
                /// How much, in cents.
                #[schemars(example = 5)]
                amount: u64
            }
        }
    }
    let schemas = crate::events::Schemas::of([old::Events::Deposited { amount: 5 }]);
    let new = || [new::Events::Deposited { amount: 5 }];
    assert_eq!(schemas.passed(new()), "");
    schemas.accept(new()).unwrap();
    assert!(
        schemas
            .read("Deposited/v1.json")
            .contains("Money was paid in.")
    );
    assert_eq!(schemas.passed(new()), "");
}

#[test]
fn names_and_order_in_rust_do_not_count() {
    mod old {
        crate::events::part! { pub(crate) struct Tree { pub(crate) leaves: u32, pub(crate) below: Vec<Tree> } }
        crate::events::events! { Grown { tree: Tree, at: u32 } }
    }
    mod new {
        crate::events::part! { pub(crate) struct Plant { pub(crate) below: Vec<Plant>, pub(crate) leaves: u32 } }
        crate::events::events! { Grown { at: u32, tree: Plant } }
    }
    let old = old::Events::Grown {
        tree: old::Tree {
            leaves: 1,
            below: Vec::new(),
        },
        at: 1,
    };
    let tree = new::Plant {
        leaves: 1,
        below: Vec::new(),
    };
    let new = new::Events::Grown { tree, at: 1 };
    let schemas = crate::events::Schemas::of([old]);
    assert_eq!(schemas.passed([new]), "");
}

#[test]
fn what_is_inside_a_type_that_holds_itself_is_compared() {
    mod old {
        crate::events::part! { pub(crate) struct Tree { pub(crate) leaves: u64, pub(crate) below: Vec<Tree> } }
        crate::events::events! { Grown { tree: Tree } }
    }
    mod new {
        crate::events::part! { pub(crate) struct Tree { pub(crate) leaves: u32, pub(crate) below: Vec<Tree> } }
        crate::events::events! { Grown { tree: Tree } }
    }
    crate::events::refuses(
        old::Events::Grown {
            tree: old::Tree {
                leaves: 1,
                below: Vec::new(),
            },
        },
        new::Events::Grown {
            tree: new::Tree {
                leaves: 1,
                below: Vec::new(),
            },
        },
        &["  tree.leaves: narrowed"],
    );
}
