//! A change after which recorded events would not be read, or not be read as what they say, is refused.

use crate::events::{Schemas, refuses};

#[test]
fn a_removed_field_is_refused() {
    mod old {
        crate::events::events! { Deposited { amount: u64, memo: String } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u64 } }
    }
    let memo = "rent".to_owned();
    refuses(
        old::Events::Deposited { amount: 5, memo },
        new::Events::Deposited { amount: 5 },
        &["  memo: field removed\n    - memo: string\n"],
    );
}

#[test]
fn a_renamed_field_is_refused_and_recognised() {
    mod old {
        crate::events::events! { Deposited { amount: u64, memo: String } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u64, note: String } }
    }
    let (memo, note) = ("rent".to_owned(), "rent".to_owned());
    let schemas = Schemas::of([old::Events::Deposited { amount: 5, memo }]);
    assert_eq!(
        schemas.refused([new::Events::Deposited { amount: 5, note }]),
        "\
Deposited version 1 changed, and recorded events do not fit any more
  memo: field removed; looks like it was renamed to note
    - memo: string
    + note: string
  Do: undo it; or raise Deposited to version 2 with an upcaster from version 1, then accept.

Deposited/v1.sample.json is not read any more: payload does not fit: missing field `note` at line 1 column 26
  Do: mend the type or its upcasters; stored events like it would fail the same way."
    );
}

#[test]
fn a_number_that_becomes_an_integer_is_refused() {
    mod old {
        crate::events::events! { Deposited { amount: f64 } }
    }
    mod new {
        crate::events::events! { Deposited { amount: i64 } }
    }
    refuses(
        old::Events::Deposited { amount: 5.0 },
        new::Events::Deposited { amount: 5 },
        &["  amount: narrowed\n    - number (double)\n    + integer (int64)\n"],
    );
}

#[test]
fn a_smaller_integer_is_refused() {
    mod old {
        crate::events::events! { Deposited { amount: u64, count: u32 } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u32, count: u8 } }
    }
    refuses(
        old::Events::Deposited {
            amount: 5,
            count: 1,
        },
        new::Events::Deposited {
            amount: 5,
            count: 1,
        },
        &[
            "  amount: narrowed\n    - format: \"uint64\"\n    + format: \"uint32\"\n",
            "  count: narrowed\n    + maximum: 255\n",
        ],
    );
}

#[test]
fn a_text_that_becomes_one_of_some_is_refused() {
    mod old {
        crate::events::events! { Closed { reason: String } }
    }
    mod new {
        crate::events::part! { pub(crate) enum Reason { Moved, Died } }
        crate::events::events! { Closed { reason: Reason } }
    }
    refuses(
        old::Events::Closed {
            reason: "Moved".to_owned(),
        },
        new::Events::Closed {
            reason: new::Reason::Moved,
        },
        &["  reason: narrowed\n    - string\n    + \"Moved\" | \"Died\"\n"],
    );
}

#[test]
fn a_text_that_gets_a_format_is_refused() {
    mod old {
        crate::events::events! { Closed { at: String } }
    }
    mod new {
        crate::events::events! { Closed { at: annals_core::Timestamp } }
    }
    refuses(
        old::Events::Closed {
            at: "1970-01-01T00:00:00Z".to_owned(),
        },
        new::Events::Closed {
            at: annals_core::Timestamp::UNIX_EPOCH,
        },
        &["  at: narrowed\n    + format: \"date-time\"\n"],
    );
}

#[test]
fn tightened_limits_are_refused() {
    mod old {
        crate::events::events! { Deposited {
            #[schemars(range(min = 0, max = 100))] amount: i64,
            #[schemars(length(max = 100), regex(pattern = "^[a-z]+$"))] memo: String,
            #[schemars(length(min = 1))] tags: Vec<String>,
        } }
    }
    mod new {
        crate::events::events! { Deposited {
            #[schemars(range(min = 1, max = 99))] amount: i64,
            #[schemars(length(max = 50), regex(pattern = "^[a-c]+$"))] memo: String,
            #[schemars(length(min = 2))] tags: Vec<String>,
        } }
    }
    let (memo, tags) = ("abc".to_owned(), vec!["a".to_owned(), "b".to_owned()]);
    let (new_memo, new_tags) = (memo.clone(), tags.clone());
    refuses(
        old::Events::Deposited {
            amount: 5,
            memo,
            tags,
        },
        new::Events::Deposited {
            amount: 5,
            memo: new_memo,
            tags: new_tags,
        },
        &[
            "  amount: narrowed\n    - minimum: 0\n    + minimum: 1\n",
            "  amount: narrowed\n    - maximum: 100\n    + maximum: 99\n",
            "  memo: narrowed\n    - maxLength: 100\n    + maxLength: 50\n",
            "  memo: narrowed\n    - pattern: \"^[a-z]+$\"\n    + pattern: \"^[a-c]+$\"\n",
            "  tags: narrowed\n    - minItems: 1\n    + minItems: 2\n",
        ],
    );
}

#[test]
fn an_optional_field_that_becomes_required_is_refused() {
    mod old {
        crate::events::events! { Deposited { memo: Option<String> } }
    }
    mod new {
        crate::events::events! { Deposited { memo: String } }
    }
    refuses(
        old::Events::Deposited { memo: None },
        new::Events::Deposited {
            memo: String::new(),
        },
        &[
            "  memo: narrowed\n    - string | null\n    + string\n",
            "  memo: optional field became required\n    - memo: string | null, optional\n    + memo: string\n",
        ],
    );
}

#[test]
fn an_added_required_field_is_refused() {
    mod old {
        crate::events::events! { Deposited { amount: u64 } }
    }
    mod new {
        crate::events::events! { Deposited { amount: u64, currency: String } }
    }
    let currency = "USD".to_owned();
    refuses(
        old::Events::Deposited { amount: 5 },
        new::Events::Deposited {
            amount: 5,
            currency,
        },
        &["  currency: required field added\n    + currency: string\n"],
    );
}

#[test]
fn a_removed_variant_is_refused_whichever_way_variants_are_written() {
    mod old {
        crate::events::part! { pub(crate) enum Way { Card { number: String }, Cash } }
        crate::events::part! { #[serde(tag = "kind")] pub(crate) enum From { Shop { id: u32 }, Web } }
        crate::events::part! { pub(crate) enum Color { Red, Green } }
        crate::events::events! { Paid { way: Way, from: From, color: Color } }
    }
    mod new {
        crate::events::part! { pub(crate) enum Way { Cash } }
        crate::events::part! { #[serde(tag = "kind")] pub(crate) enum From { Web } }
        crate::events::part! { pub(crate) enum Color { Green } }
        crate::events::events! { Paid { way: Way, from: From, color: Color } }
    }
    let card = old::Way::Card {
        number: "1".to_owned(),
    };
    let shop = old::From::Shop { id: 1 };
    let others = old::Events::Paid {
        way: old::Way::Cash,
        from: old::From::Web,
        color: old::Color::Red,
    };
    let schemas = Schemas::of([
        old::Events::Paid {
            way: card,
            from: shop,
            color: old::Color::Green,
        },
        others,
    ]);
    let (way, from, color) = (new::Way::Cash, new::From::Web, new::Color::Green);
    let refusal = schemas.refused([new::Events::Paid { way, from, color }]);
    for told in [
        "  way: variant removed\n    - Card\n",
        "  from: variant removed\n    - kind: \"Shop\"\n",
        "  color: variant removed\n    - \"Red\"\n",
    ] {
        assert!(refusal.contains(told), "{refusal}");
    }
}

#[test]
fn a_change_deep_inside_names_its_path() {
    mod old {
        crate::events::part! { pub(crate) struct Price { value: String, currency: String } }
        crate::events::part! { pub(crate) struct Line { price: Price } }
        crate::events::events! { Ordered { lines: Vec<Line> } }
    }
    mod new {
        crate::events::part! { pub(crate) struct Price { value: u64, currency: String } }
        crate::events::part! { pub(crate) struct Line { price: Price } }
        crate::events::events! { Ordered { lines: Vec<Line> } }
    }
    refuses(
        old::Events::Ordered { lines: Vec::new() },
        new::Events::Ordered { lines: Vec::new() },
        &["  lines[].price.value: narrowed\n    - string\n    + integer (uint64)\n"],
    );
}

#[test]
fn values_of_maps_are_compared() {
    mod old {
        use std::collections::BTreeMap;
        crate::events::events! { Counted { pieces: BTreeMap<String, f64> } }
    }
    mod new {
        use std::collections::BTreeMap;
        crate::events::events! { Counted { pieces: BTreeMap<String, u64> } }
    }
    refuses(
        old::Events::Counted {
            pieces: Default::default(),
        },
        new::Events::Counted {
            pieces: Default::default(),
        },
        &["  pieces.*: narrowed\n    - number (double)\n    + integer (uint64)\n"],
    );
}

#[test]
fn unknown_fields_that_are_refused_from_now_on_are_noticed() {
    mod old {
        crate::events::part! { pub(crate) struct Price { pub(crate) value: u64 } }
        crate::events::events! { Ordered { price: Price } }
    }
    mod new {
        crate::events::part! {
            #[serde(deny_unknown_fields)]
            pub(crate) struct Price { pub(crate) value: u64 }
        }
        crate::events::events! { Ordered { price: Price } }
    }
    refuses(
        old::Events::Ordered {
            price: old::Price { value: 1 },
        },
        new::Events::Ordered {
            price: new::Price { value: 1 },
        },
        &["  price.*: narrowed\n    - anything\n    + nothing\n"],
    );
}

#[test]
fn another_default_is_refused_since_recorded_events_would_say_something_else() {
    mod old {
        pub(crate) fn count() -> u32 {
            1
        }
        crate::events::events! { Ordered { #[serde(default = "count")] count: u32 } }
    }
    mod new {
        pub(crate) fn count() -> u32 {
            2
        }
        crate::events::events! { Ordered { #[serde(default = "count")] count: u32 } }
    }
    refuses(
        old::Events::Ordered {
            count: old::count(),
        },
        new::Events::Ordered {
            count: new::count(),
        },
        &[
            "  count: default changed\n    - count: integer (uint32), optional = 1\n    + count: integer (uint32), optional = 2\n",
        ],
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    mod old {
        crate::events::events! { Paid { #[schemars(extend("not" = { "const": 13 }))] cents: u32 } }
    }
    mod new {
        crate::events::events! { Paid { #[schemars(extend("not" = { "const": 17 }))] cents: u32 } }
    }
    refuses(
        old::Events::Paid { cents: 1 },
        new::Events::Paid { cents: 1 },
        &[
            "  cents: cannot tell whether recorded events fit\n    - not: {\"const\":13}\n    + not: {\"const\":17}\n",
        ],
    );
}
