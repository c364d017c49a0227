//! A server that could lose what it acknowledged is refused, whoever made it so: the settings of
//! the server, of the database, of the role, and of the URL.

use annals_postgres::{Postgres, PostgresError};
use annals_servers::PostgresCluster;

use crate::admin::Admin;

const SETTINGS: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

#[tokio::test]
async fn a_server_that_does_not_wait_for_its_disk_is_refused_at_start_and_later() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    let begun_before = Postgres::connect(&cluster.url()).await.unwrap();
    for setting in SETTINGS {
        set(&admin, setting, "off").await;

        assert_names(setting, Postgres::connect(&cluster.url()).await);
        assert_names(setting, begun_before.client().await);

        set(&admin, setting, "on").await;
    }
    // It goes on with a server that was mended, without a restart.
    begun_before.client().await.unwrap();
}

#[tokio::test]
async fn what_a_database_or_a_role_is_set_to_counts() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    admin.execute("create role bank login superuser").await;
    admin.execute("create database bank").await;
    let url = cluster.url_as("bank", "bank");
    for whose in ["database bank", "role bank", "role bank in database bank"] {
        admin
            .execute(&format!("alter {whose} set synchronous_commit = off"))
            .await;

        assert_names("synchronous_commit", Postgres::connect(&url).await);

        admin
            .execute(&format!("alter {whose} reset synchronous_commit"))
            .await;
    }
    Postgres::connect(&url).await.unwrap();
}

#[tokio::test]
async fn what_the_url_sets_for_the_session_counts() {
    let server = annals_servers::postgres_url();
    let url = format!("{server}?options=-c%20synchronous_commit%3Doff");
    assert_names("synchronous_commit", Postgres::connect(&url).await);
}

async fn set(admin: &Admin, setting: &str, value: &str) {
    let sql = format!("alter system set {setting} = {value}");
    admin.execute(&sql).await;
    admin.execute("select pg_reload_conf()").await;
    // A session hears of it last: connections that are made now have it.
    let condition = format!("current_setting('{setting}') = '{value}'");
    admin.wait_until(&condition).await;
}

fn assert_names<T>(weak: &str, outcome: Result<T, PostgresError>) {
    let refusal = outcome.err().expect("it is refused");
    assert!(
        matches!(&refusal, PostgresError::NotDurable { setting, value } if *setting == weak && value == "off"),
        "{refusal:?}"
    );
    assert!(refusal.to_string().contains(weak), "{refusal}");
}
