//! An import works where each transaction may run on another connection.

use futures_util::future::join_all;

use crate::history::{SEVERAL_BATCHES, assert_holds, counts, history, import, open};
use crate::place::Place;

#[tokio::test]
async fn an_import_goes_through_a_pooler_and_is_passed_over_when_run_again() {
    let pooled = format!("{}?pooler=true", annals_servers::pgbouncer_url());
    let store = open(&Place::on(pooled)).await;
    let history = history(SEVERAL_BATCHES);
    let imports = join_all((0..3).map(|_| import(&store, &history))).await;
    let imported = imports
        .into_iter()
        .map(|imported| imported.unwrap().appends);
    assert_eq!(imported.sum::<u64>(), SEVERAL_BATCHES);
    let again = import(&store, &history).await.unwrap();
    assert_eq!(counts(again), (0, 0, SEVERAL_BATCHES));
    assert_holds(&store, &history).await;
}
