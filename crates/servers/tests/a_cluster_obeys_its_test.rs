//! A cluster starts, stops, crashes and pauses when its test says so, and keeps its data.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use annals_servers::{ClusterOptions, PgBouncer, PostgresCluster, ServerError};
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

#[tokio::test]
async fn what_was_committed_outlives_a_kill_and_an_immediate_stop() {
    let mut cluster = PostgresCluster::start().unwrap();
    let url = cluster.url();
    let client = connect(&url).await;
    client
        .batch_execute("create table t (n int); insert into t values (1)")
        .await
        .unwrap();

    cluster.kill().unwrap();
    assert!(client.simple_query("select 1").await.is_err());
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    cluster.start_again().unwrap();
    connect(&url)
        .await
        .batch_execute("insert into t values (2)")
        .await
        .unwrap();

    cluster.stop_immediately().unwrap();
    assert!(tokio_postgres::connect(&url, NoTls).await.is_err());
    cluster.start_again().unwrap();
    assert_eq!(
        value(&connect(&url).await, "select sum(n) from t").await,
        "3"
    );
}

#[tokio::test]
async fn a_paused_server_does_not_answer_until_it_is_resumed() {
    let cluster = PostgresCluster::start().unwrap();
    let client = connect(&cluster.url()).await;
    cluster.pause().unwrap();
    let answer = client.simple_query("select 1");
    tokio::pin!(answer);
    assert!(
        timeout(Duration::from_millis(200), &mut answer)
            .await
            .is_err()
    );
    cluster.resume().unwrap();
    assert!(answer.await.is_ok());
}

#[tokio::test]
async fn a_paused_backend_leaves_the_others_alone() {
    let cluster = PostgresCluster::start().unwrap();
    let paused = connect(&cluster.url()).await;
    let id = value(&paused, "select pg_backend_pid()")
        .await
        .parse()
        .unwrap();
    cluster.pause_backend(id).unwrap();
    let answer = paused.simple_query("select 1");
    tokio::pin!(answer);
    assert!(
        timeout(Duration::from_millis(200), &mut answer)
            .await
            .is_err()
    );
    assert_eq!(value(&connect(&cluster.url()).await, "select 1").await, "1");
    cluster.resume_backend(id).unwrap();
    assert!(answer.await.is_ok());
}

#[test]
fn only_a_backend_of_the_server_is_paused() {
    let cluster = PostgresCluster::start().unwrap();
    let this_process = i32::try_from(std::process::id()).unwrap();
    for id in [this_process, 0, -1] {
        let outcome = cluster.pause_backend(id);
        assert!(matches!(outcome, Err(ServerError::NoSuchBackend { .. })));
    }
}

#[tokio::test]
async fn commits_are_durable_unless_a_setting_says_otherwise() {
    let show = "select current_setting('fsync') || current_setting('synchronous_commit') \
                || current_setting('full_page_writes')";
    let cluster = PostgresCluster::start().unwrap();
    assert_eq!(value(&connect(&cluster.url()).await, show).await, "ononon");

    let options = ClusterOptions::new().setting("fsync", "off");
    let cluster = PostgresCluster::start_with(options).unwrap();
    assert_eq!(value(&connect(&cluster.url()).await, show).await, "offonon");
}

#[tokio::test]
async fn data_in_a_folder_of_the_test_are_kept_and_used_again() {
    let folder = folder_for_anyone();
    let options = ClusterOptions::new().data(folder.path().join("data"));

    let cluster = PostgresCluster::start_with(options.clone()).unwrap();
    connect(&cluster.url())
        .await
        .batch_execute("create table kept ()")
        .await
        .unwrap();
    drop(cluster);
    let cluster = PostgresCluster::start_with(options).unwrap();
    assert_eq!(
        value(&connect(&cluster.url()).await, "select count(*) from kept").await,
        "0"
    );
}

#[tokio::test]
async fn a_pooler_gives_the_connection_to_others_between_transactions() {
    let cluster = PostgresCluster::start().unwrap();
    let pooler = PgBouncer::start(&cluster.url()).unwrap();
    let (one, other) = (connect(&pooler.url()).await, connect(&pooler.url()).await);
    let backend = "select pg_backend_pid()";
    assert_eq!(value(&one, backend).await, value(&other, backend).await);
}

/// Plays both parts: started by itself with the variable set, it holds a server until it is killed.
#[tokio::test]
async fn a_server_ends_with_the_process_that_started_it() {
    const HOLD: &str = "ANNALS_SERVERS_HOLD";
    if std::env::var_os(HOLD).is_some() {
        let cluster = PostgresCluster::start().unwrap();
        println!("\n{}", cluster.url());
        std::io::stdin().lines().next();
        return;
    }
    // What a killed process leaves behind is deleted with this.
    let folder = folder_for_anyone();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_server_ends_with_the_process_that_started_it",
            "--nocapture",
        ])
        .env(HOLD, "1")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let url = lines
        .map_while(Result::ok)
        .find(|line| line.starts_with("postgres://"))
        .unwrap();
    let (_client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();

    holder.kill().unwrap();
    holder.wait().unwrap();
    let ended = timeout(Duration::from_secs(30), connection).await;
    assert!(ended.unwrap().is_err());
}

#[test]
fn a_server_that_does_not_come_up_tells_why() {
    let options = ClusterOptions::new().setting("max_connections", "none");
    let error = PostgresCluster::start_with(options).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("invalid value for parameter \"max_connections\""),
        "{error}"
    );
}

#[test]
fn programs_that_are_not_there_are_told() {
    let options = ClusterOptions::new().programs("/no/such/folder");
    assert!(PostgresCluster::start_with(options).is_err());
}

#[test]
fn a_server_that_is_down_cannot_be_stopped_and_one_that_is_up_cannot_be_started() {
    let mut cluster = PostgresCluster::start().unwrap();
    assert!(matches!(
        cluster.start_again(),
        Err(ServerError::WrongState("running"))
    ));
    cluster.kill().unwrap();
    assert!(matches!(
        cluster.kill(),
        Err(ServerError::WrongState("down"))
    ));
    assert!(matches!(
        cluster.pause(),
        Err(ServerError::WrongState("down"))
    ));
}

/// A folder that the server may enter, which has an account of its own.
fn folder_for_anyone() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The one value that a query returns, as text.
async fn value(client: &Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap();
    let row = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    row.unwrap().get(0).unwrap().to_owned()
}
