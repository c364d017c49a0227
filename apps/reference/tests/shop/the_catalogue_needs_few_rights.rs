//! The catalogue works under a role that has the documented rights and no more.

use annals::postgres::Postgres;
use annals::{IdSource, RandomIds};
use annals_reference::catalogue::postgres::PostgresCatalogue;
use annals_reference::place::StoreUrl;

use crate::schema::url_of_a_new_schema;
use crate::shelf::Shelf;

const GRANTS: &str = include_str!("../../../../docs/operations/postgres/catalogue-grants.sql");

/// What it takes to find the tables of the event store made.
const STORE: &str = "
    create role bank_service login;
    grant usage on schema {schema} to bank_service;
    grant select on {schema}.migrations to bank_service";

/// The same database, as a role of this name.
fn url_as(role: &str, owner: &StoreUrl) -> String {
    let (_, rest) = owner.expose().split_once("://").unwrap();
    let (_, place) = rest.split_once('@').unwrap_or(("", rest));
    format!("postgres://{role}@{place}")
}

#[tokio::test]
async fn the_documented_rights_are_all_that_the_catalogue_needs() {
    let owner = url_of_a_new_schema();
    PostgresCatalogue::connect(owner.expose()).await.unwrap();
    let postgres = Postgres::connect(owner.expose()).await.unwrap();
    let role = format!("r_{}", RandomIds.next().simple());
    let mut client = postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    for sql in [STORE, GRANTS] {
        let sql = sql.replace("annals_catalogue", "{schema}_catalogue");
        let sql = sql.replace("bank_service", &role);
        tx.batch(&postgres.sql(&sql)).await.unwrap();
    }
    tx.commit().await.unwrap();

    let catalogue = PostgresCatalogue::connect(&url_as(&role, &owner)).await;
    let shelf = Shelf::of(catalogue.unwrap());
    shelf.put(&[("hat", 1), ("mug", 5)]).await;
    shelf.reserve("o-1", &[("mug", 2)]).await.unwrap();
    shelf.sell("o-1").await.unwrap();
    shelf.remove(&"hat".parse().unwrap()).await.unwrap();
    assert_eq!(shelf.counts().await, [[3, 0, 2]]);
}
