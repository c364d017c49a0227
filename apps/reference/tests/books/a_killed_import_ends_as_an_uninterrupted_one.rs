//! An import that is killed again and again, and restarted each time, ends in exactly the state
//! of one that was left alone.

use crate::bank_data::czech_bank;
use crate::commits::{Commits, random_commits};
use crate::import_process::{assert_imported, assert_reported, has_ended, start_import};
use crate::place::{NewPlace, in_each_place};

const KILLS: usize = 20;
/// Printed with a failure, so that it can be repeated as far as the machine allows.
const SEED: u64 = 0x1993;

in_each_place![twenty_kills_lose_nothing_and_double_nothing];

async fn twenty_kills_lose_nothing_and_double_nothing(place: NewPlace) {
    let Some((file, expected)) = czech_bank() else {
        return;
    };
    let watched = Commits::of(&place).await;
    for (kill, commits) in random_commits(SEED).take(KILLS).enumerate() {
        let mut import = start_import(&place, &file);
        assert!(
            watched.wait_for(commits, || has_ended(&mut import)).await,
            "seed {SEED:#x}: the import ended before kill {kill}"
        );
        import.kill().unwrap();
        import.wait().unwrap();
    }
    assert_reported(start_import(&place, &file));
    assert_imported(&place, &expected).await;
}
