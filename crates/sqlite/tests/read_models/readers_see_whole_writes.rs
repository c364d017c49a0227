//! A read sees the state before a write or after it, and never waits for one in a file.

use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use annals_sqlite::{Database, SqliteError, rusqlite};
use futures_util::poll;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::bank::{count, database};

async fn file_with_notes() -> (TempDir, Database) {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let database = Database::open(directory.path().join("read-models.db")).await;
    let database = database.expect("the file can be made");
    make_notes(&database).await;
    (directory, database)
}

async fn make_notes(database: &Database) {
    let made = database.write(|tx| tx.execute_batch("create table notes (text text) strict"));
    made.await.expect("there is no such table yet");
}

/// Writes two notes, and between them says so and waits.
async fn write_two(
    database: Database,
    half_done: oneshot::Sender<()>,
    go_on: mpsc::Receiver<()>,
) -> Result<(), SqliteError> {
    let write = database.write(move |tx| {
        tx.execute("insert into notes values ('one')", [])?;
        half_done.send(()).expect("the test waits for this");
        go_on.recv().expect("the test says so");
        tx.execute("insert into notes values ('two')", [])?;
        Ok(())
    });
    write.await
}

#[tokio::test]
async fn a_read_in_the_middle_of_a_write_sees_the_state_before_it() {
    let (_directory, database) = file_with_notes().await;
    let (half_done, is_half_done) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel();
    let write = tokio::spawn(write_two(database.clone(), half_done, goes_on));

    is_half_done.await.unwrap();
    assert_eq!(count(&database, "notes").await, 0);

    go_on.send(()).unwrap();
    write.await.unwrap().unwrap();
    assert_eq!(count(&database, "notes").await, 2);
}

#[tokio::test]
async fn all_queries_of_a_read_see_one_state() {
    let (_directory, database) = file_with_notes().await;
    let (counted, is_counted) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let reader = database.clone();
    let read = tokio::spawn(async move {
        let twice = reader.read(move |connection| {
            let count = || -> rusqlite::Result<i64> {
                connection.query_row("select count(*) from notes", [], |row| row.get(0))
            };
            let before = count()?;
            counted.send(()).expect("the test waits for this");
            goes_on.recv().expect("the test says so");
            Ok((before, count()?))
        });
        twice.await
    });

    is_counted.await.unwrap();
    database
        .write(|tx| tx.execute("insert into notes values ('one')", []))
        .await
        .unwrap();
    go_on.send(()).unwrap();

    assert_eq!(read.await.unwrap().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_read_cannot_write() {
    let (_directory, in_file) = file_with_notes().await;
    let in_memory = database().await;
    make_notes(&in_memory).await;
    for (database, is_told) in [(in_file, true), (in_memory, false)] {
        let insert = "insert into notes values ('one')";
        let written = database
            .read(|connection| connection.execute(insert, []))
            .await;
        match written {
            Err(SqliteError::Refused(_)) => assert!(is_told),
            written => assert!(!is_told && written.is_ok(), "{written:?}"),
        }
        assert_eq!(count(&database, "notes").await, 0);
    }
}

#[tokio::test]
async fn a_write_that_fails_or_panics_is_taken_back_and_the_next_one_works() {
    let database = database().await;
    make_notes(&database).await;
    let insert = "insert into notes values ('one')";

    let failed = database.write(|tx| {
        tx.execute(insert, [])?;
        tx.execute("insert into nothing values (1)", [])
    });
    assert!(matches!(failed.await, Err(SqliteError::Refused(_))));

    let writer = database.clone();
    let panicked = tokio::spawn(async move {
        let write = writer.write(|tx| -> rusqlite::Result<()> {
            tx.execute(insert, [])?;
            panic!("in the middle")
        });
        write.await
    });
    assert!(panicked.await.unwrap_err().is_panic());

    assert_eq!(count(&database, "notes").await, 0);
    database.write(|tx| tx.execute(insert, [])).await.unwrap();
    assert_eq!(count(&database, "notes").await, 1);
}

#[tokio::test]
async fn a_write_whose_caller_went_away_runs_to_its_end() {
    let database = database().await;
    make_notes(&database).await;
    let (half_done, is_half_done) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel();
    let write = tokio::spawn(write_two(database.clone(), half_done, goes_on));

    is_half_done.await.unwrap();
    write.abort();
    assert!(write.await.unwrap_err().is_cancelled());
    go_on.send(()).unwrap();

    assert_eq!(count(&database, "notes").await, 2);
}

#[tokio::test]
async fn a_write_that_waits_too_long_for_another_gives_up() {
    let (_directory, database) = file_with_notes().await;
    let (half_done, is_half_done) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel();
    let write = tokio::spawn(write_two(database.clone(), half_done, goes_on));
    is_half_done.await.unwrap();

    tokio::time::pause();
    let mut waiting = pin!(database.write(|tx| tx.execute("delete from notes", [])));
    assert!(poll!(&mut waiting).is_pending());
    tokio::time::advance(Duration::from_secs(6)).await;
    let gave_up = poll!(&mut waiting);
    assert!(matches!(
        gave_up,
        Poll::Ready(Err(SqliteError::Unavailable { .. }))
    ));

    go_on.send(()).unwrap();
    write.await.unwrap().unwrap();
    assert_eq!(count(&database, "notes").await, 2);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("read-models.db");
    std::fs::write(
        &path,
        "this is certainly no database, however long one looks at it",
    )
    .unwrap();
    let refused = Database::open(&path).await.unwrap_err();
    assert!(matches!(refused, SqliteError::Open { path: named, .. } if named == path));
}
