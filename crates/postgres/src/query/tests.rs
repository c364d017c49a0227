//! What the server makes of the statements.

use annals_core::{EventType, Position, QueryItem};

use super::*;
use crate::place::Place;

/// Many events of one type, and after them few of another, as they are before anybody vacuums.
const FILL: &str = "
    insert into {schema}.kinds (category, event_type) values ('Bird', 'Seen'), ('Bird', 'Ringed');
    insert into {schema}.events
    select n, n, now(), 1, gen_random_uuid(), gen_random_uuid(),
      (select id from {schema}.kinds where event_type = case when n > 9990 then 'Ringed' else 'Seen' end),
      0, 1, 'Bird-wren', null, null, null, '1'
    from generate_series(1, 10000) n;
    analyze {schema}.events";

async fn birds() -> Postgres {
    let url = Place::on(annals_servers::postgres_url()).url();
    let postgres = Postgres::connect(&url).await.unwrap();
    let mut client = postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.batch(&postgres.sql(FILL)).await.unwrap();
    tx.commit().await.unwrap();
    postgres
}

/// How the server answered.
async fn plan(postgres: &Postgres, bounds: Bounds<'_>) -> String {
    let page = bounds.page(postgres);
    let explain = format!("explain (analyze, costs off, timing off) {}", page.sql);
    let client = postgres.client().await.unwrap();
    let lines = client.rows_planned(&explain, &page.parameters()).await;
    let lines = lines.unwrap();
    let lines = lines.iter().map(|line| line.get::<_, String>(0));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_events_of_a_rare_type_are_read_without_those_of_others() {
    let postgres = birds().await;
    let ringed = EventType::new("Ringed").unwrap();
    let rare = Query::any_of([QueryItem::default().types([ringed])]);
    let source = |after| Source::query_after(rare.clone(), Position(after));
    for (direction, source) in [
        (Direction::Forwards, source(0)),
        (Direction::Forwards, source(9_995)),
        (Direction::Backwards, Source::query(rare.clone())),
        (Direction::Backwards, source(9_995)),
    ] {
        let bounds = Bounds {
            source: &source,
            direction,
            most: 500,
        };
        let plan = plan(&postgres, bounds).await;
        assert!(plan.contains("using events_kind"), "{plan}");
        assert!(!plan.contains("Rows Removed by Filter: 99"), "{plan}");
    }
}
