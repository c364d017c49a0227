//! The page names each event, who writes and who reads it, and is checked for being so.

use annals_core::{
    Aggregate, EventType, Query, QueryItem, Recorded, Rows, TableFold, TableProjection, TableShape,
};
use annals_schema::Catalogue;

use crate::events::Schemas;

mod bank {
    crate::events::events! {
        /// Money was paid in.
        Deposited { amount: u64 },
        /// It is over.
        Closed,
    }
}

mod letters {
    crate::events::events! { LetterSent }
}

#[derive(Default, Clone)]
struct Account;

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = ();
    type Event = bank::Events;
    type Error = NeverRefuses;

    fn decide(&self, (): ()) -> Result<Vec<bank::Events>, NeverRefuses> {
        Ok(Vec::new())
    }

    fn evolve(&mut self, _event: &bank::Events) {}
}

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct NeverRefuses;

impl std::fmt::Display for NeverRefuses {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for NeverRefuses {}

fn catalogue() -> Catalogue {
    let deposits = QueryItem::default().types([EventType::new("Deposited").unwrap()]);
    Catalogue::new("bank")
        .events([bank::Events::Deposited { amount: 5 }, bank::Events::Closed])
        .events([letters::Events::LetterSent])
        .produced_by::<Account>()
        .consumed_by("balances", Query::any_of([deposits]))
        .consumed_by("others", Query::category("Customer"))
}

#[test]
fn it_names_what_is_read_by_nobody_and_written_by_nobody() {
    let schemas = Schemas::none();
    schemas.accept_all(&catalogue());
    assert_eq!(
        schemas.read("catalogue.md"),
        "\
# Events of bank

Written by the schema gate from the code and what is recorded beside this page. Accept to change it.

## Closed

It is over.

- version: 1; recorded: 1
- written by: `Account`
- read by: nobody known

## Deposited

Money was paid in.

- version: 1; recorded: 1
- written by: `Account`
- read by: `balances`

## LetterSent

- version: 1; recorded: 1
- written by: nobody known
- read by: `others`

## Read by nobody

- `Closed`

## Written by nobody

- `LetterSent`
"
    );
}

#[test]
fn one_that_is_out_of_date_is_refused_with_the_lines_that_differ() {
    let schemas = Schemas::none();
    schemas.accept_all(&catalogue());
    assert!(schemas.check_page(&catalogue()).is_ok());
    let with_reader = catalogue().consumed_by("audit", Query::all());
    let refusal = schemas.check_page(&with_reader).unwrap_err().to_string();
    let told = "catalogue.md is out of date\n    - - read by: nobody known\n";
    assert!(refusal.starts_with(told), "{refusal}");
    schemas.accept_all(&with_reader);
    assert!(schemas.check_page(&with_reader).is_ok());
}

#[test]
fn a_page_that_is_not_there_is_out_of_date() {
    let refusal = Schemas::none().check_page(&catalogue()).unwrap_err();
    assert!(
        refusal
            .to_string()
            .starts_with("catalogue.md is out of date\n    + # Events of bank\n")
    );
}

struct Deposits;

impl TableProjection for Deposits {
    type Event = bank::Events;
    const NAME: &'static str = "deposits";
    const CATEGORIES: &'static [&'static str] = &["Account"];
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        Vec::new()
    }

    fn apply(_: &mut Rows, _: &Recorded<bank::Events>) -> Result<(), annals_core::NotLoaded> {
        Ok(())
    }
}

#[test]
fn a_projection_reads_the_events_that_it_asks_for() {
    let schemas = Schemas::none();
    let catalogue = Catalogue::new("bank")
        .events([bank::Events::Deposited { amount: 5 }, bank::Events::Closed])
        .produced_by::<Account>()
        .consumed_by_fold(&TableFold::of_tables::<Deposits>());
    schemas.accept_all(&catalogue);
    let page = schemas.read("catalogue.md");
    assert_eq!(page.matches("- read by: `deposits`\n").count(), 2, "{page}");
}
