//! Waiting mends no damage: whoever meets it is told of damage, in the words of the database.

use std::fs::File;
use std::os::unix::fs::FileExt;

use annals_core::{EventStore, Read, ReadError, Source};
use annals_postgres::{Postgres, PostgresError, PostgresStore};
use annals_servers::PostgresCluster;

use crate::admin::Admin;
use crate::service::Service;

/// What is damaged: a page, as PostgreSQL writes it.
const PAGE: [u8; 8192] = [0x5a; 8192];

#[tokio::test]
async fn a_damaged_page_of_events_is_told_as_damage() {
    let mut cluster = PostgresCluster::start().unwrap();
    Service::start(&cluster.url())
        .await
        .see("wren")
        .await
        .unwrap();

    let file = file_of_events(&cluster).await;
    cluster.stop_immediately().unwrap();
    file.write_all_at(&PAGE, 0).unwrap();
    cluster.start_again().unwrap();

    let postgres = Postgres::connect(&cluster.url()).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let read = store.read(Read::forwards(Source::all())).await;
    let Err(ReadError::Corrupt(corruption)) = read else {
        panic!("{read:?}");
    };
    assert!(
        corruption.reason.contains("invalid page in block 0"),
        "{corruption}"
    );
}

/// Everything is in it: the next start mends nothing from the write-ahead log.
async fn file_of_events(cluster: &PostgresCluster) -> File {
    let admin = Admin::of(cluster).await;
    admin.execute("checkpoint").await;
    let path: String = admin
        .value("select current_setting('data_directory') || '/' || pg_relation_filepath('annals.events')")
        .await;
    File::options().write(true).open(path).unwrap()
}

#[tokio::test]
async fn an_event_type_that_cannot_be_is_told_as_damage() {
    let cluster = PostgresCluster::start().unwrap();
    let service = Service::start(&cluster.url()).await;
    service.see("wren").await.unwrap();
    let damaged = "insert into annals.kinds (category, event_type) values ('Bird', '')";
    Admin::of(&cluster).await.execute(damaged).await;

    let postgres = Postgres::connect(&cluster.url()).await.unwrap();
    let refused = PostgresStore::open(&postgres).await.unwrap_err();
    assert!(matches!(refused, PostgresError::Corrupt(_)), "{refused:?}");
    assert!(
        refused.to_string().contains("the event type of kind 2"),
        "{refused}"
    );
}
