//! Events of every version that was ever recorded are read by the code of today, as what they say.

use annals_reference::schemas::catalogue;

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");

#[test]
fn recorded_events_survive_the_code() {
    let checked = catalogue()
        .check(SCHEMAS)
        .unwrap_or_else(|error| panic!("\n\n{error}\n\n"));
    assert_eq!(
        checked.notices,
        [],
        "accept what is new: annals-reference schema accept"
    );
}

#[test]
fn the_page_of_the_events_is_up_to_date() {
    let page = catalogue().check_page(SCHEMAS);
    page.unwrap_or_else(|error| panic!("\n\n{error}\n\n"));
}
