//! An import whose database is killed again and again in the midst of it ends in exactly the
//! state of one that was left alone, whether it lived through the kill or was started again.

use annals_servers::PostgresCluster;

use crate::bank_data::czech_bank;
use crate::commits::{Commits, random_commits};
use crate::import_process::{assert_imported, assert_reported, has_ended, start_import};
use crate::place::NewPlace;

const KILLS: usize = 10;
/// Printed with a failure, so that it can be repeated as far as the machine allows.
const SEED: u64 = 0x1999;

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_of_the_database_lose_nothing_and_double_nothing() {
    let Some((file, expected)) = czech_bank() else {
        return;
    };
    let mut cluster = PostgresCluster::start().unwrap();
    let place = NewPlace::at(cluster.url().into());
    let watched = Commits::of(&place).await;
    let mut import = start_import(&place, &file);
    for (kill, commits) in random_commits(SEED).take(KILLS).enumerate() {
        if !watched.wait_for(commits, || has_ended(&mut import)).await {
            let ended = import.wait().unwrap();
            assert!(!ended.success(), "seed {SEED:#x}: over before kill {kill}");
            import = start_import(&place, &file);
            assert!(
                watched.wait_for(commits, || has_ended(&mut import)).await,
                "seed {SEED:#x}"
            );
        }
        cluster.stop_immediately().unwrap();
        cluster.start_again().unwrap();
    }
    if !import.wait().unwrap().success() {
        import = start_import(&place, &file);
    }
    assert_reported(import);
    assert_imported(&place, &expected).await;
}
