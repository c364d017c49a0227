//! A directory is for one process at a time: another one touches nothing in it.

use annals::Annals;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use tempfile::TempDir;

#[tokio::test]
async fn a_second_process_does_not_even_open_the_catalogue() {
    let directory = TempDir::new().unwrap();
    let first = Annals::open(directory.path()).start().await.unwrap();
    let second = Bank::open(&Place::directory(directory.path())).await;
    let refusal = second.unwrap_err().to_string();
    assert!(refusal.contains("the log is open elsewhere"), "{refusal}");
    let catalogue = directory.path().join("catalogue.db");
    assert!(!catalogue.exists());
    first.stop().await;
    drop(first);

    let next = Bank::open(&Place::directory(directory.path())).await;
    assert!(catalogue.exists());
    next.unwrap().stop().await;
}
