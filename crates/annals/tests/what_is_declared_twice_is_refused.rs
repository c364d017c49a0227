//! A service that declares something twice does not start, and makes nothing.

use annals::{
    Annals, Error, Event, NotLoaded, Projection, ReadModel, Recorded, Rows, TableProjection,
    TableShape,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum AccountEvent {
    Opened,
}

#[derive(ReadModel, Clone)]
#[read_model(table = "accounts")]
struct Account {
    #[key]
    id: String,
}

impl Projection for Account {
    type Event = AccountEvent;

    fn keys(_: &Recorded<AccountEvent>) -> Vec<String> {
        Vec::new()
    }

    fn fold(row: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        row
    }
}

/// Writes to the same table, under a name of its own.
struct Overview;

impl TableProjection for Overview {
    type Event = AccountEvent;
    const NAME: &'static str = "overview";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![TableShape::of::<Account>()]
    }

    fn apply(_: &mut Rows, _: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        Ok(())
    }
}

fn refusal(started: Result<Annals, Error>) -> String {
    match started {
        Ok(_) => panic!("it was started"),
        Err(refusal) => refusal.to_string(),
    }
}

#[tokio::test]
async fn a_projection() {
    let declared = Annals::in_memory().projection::<Account>();
    let twice = declared.projection::<Account>().start().await;
    assert_eq!(refusal(twice), "accounts is declared twice");
}

#[tokio::test]
async fn a_table_of_two_projections() {
    let declared = Annals::in_memory().projection::<Account>();
    let twice = declared.table_projection::<Overview>().start().await;
    assert_eq!(refusal(twice), "table accounts is declared twice");
}
