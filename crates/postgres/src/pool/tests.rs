use super::*;
use crate::place::Place;
use crate::postgres::Postgres;

#[tokio::test]
async fn however_many_statements_differ_few_stay_prepared() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let postgres = Postgres::connect(&format!("{url}&pool_size=1"))
        .await
        .unwrap();
    for number in 0..2 * STATEMENTS {
        let client = postgres.client().await.unwrap();
        client.rows(&format!("select {number}"), &[]).await.unwrap();
    }
    let client = postgres.client().await.unwrap();
    let count = "select count(*) from pg_prepared_statements";
    let rows = client.rows_planned(count, &[]).await.unwrap();
    let prepared: i64 = rows[0].get(0);
    assert!(
        (1..=STATEMENTS as i64 + 1).contains(&prepared),
        "{prepared}"
    );
}
