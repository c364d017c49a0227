//! A directory is for one process at a time: another one makes nothing in it before it is refused.

use annals::embedded::EmbeddedStore;
use annals::{Annals, Error};
use tempfile::TempDir;

#[tokio::test]
async fn who_finds_the_log_open_elsewhere_does_not_touch_the_read_models() {
    let directory = TempDir::new().unwrap();
    let in_use = EmbeddedStore::open(directory.path().join("log")).unwrap();
    let refused = Annals::open(directory.path()).start().await.unwrap_err();
    assert!(matches!(refused, Error::Store(_)), "{refused}");
    assert!(!directory.path().join("read-models.db").exists());
    drop(in_use);

    let next = Annals::open(directory.path()).start().await.unwrap();
    assert!(directory.path().join("read-models.db").exists());
    next.stop().await;
}
