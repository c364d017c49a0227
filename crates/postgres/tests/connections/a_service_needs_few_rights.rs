//! A service runs under a role that has the documented rights and no more, and cannot change what
//! is recorded. The statements are those of the documentation.

use std::time::Duration;

use annals_core::{
    Delivery, EventStore, IdSource, KeyId, KeyStore, Leases, Position, QueryError, RandomIds,
    ReadModels, Rewrapping, RootId, SideStore, SideValue, Source, SubjectId, WrappedKey,
};
use annals_postgres::tokio_postgres::error::SqlState;
use annals_postgres::{
    Postgres, PostgresError, PostgresKeys, PostgresReadModels, PostgresSideStore,
};
use annals_servers::PostgresCluster;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::service::Service;

const ROLES: &str = include_str!("../../../../docs/operations/postgres/roles.sql");
const GRANTS: &str = include_str!("../../../../docs/operations/postgres/grants.sql");

/// What nobody may do to events, nor to what protects them, nor to what is known of those who were
/// forgotten.
const FORBIDDEN: [&str; 14] = [
    "update annals.events set data = ''",
    "delete from annals.events",
    "truncate annals.events",
    "delete from annals.tags",
    "delete from annals.kinds",
    "delete from annals.keys",
    "update annals.side_values set sealed = ''",
    "delete from annals.side_erased",
    "update annals.store set id = gen_random_uuid()",
    "insert into annals.migrations (name) values ('x')",
    "alter table annals.events disable trigger events_are_for_ever",
    "drop trigger events_are_for_ever on annals.events",
    "set session_replication_role = replica",
    "drop schema annals cascade",
];

/// A database made as the documentation says.
struct Documented {
    cluster: PostgresCluster,
}

impl Documented {
    async fn new() -> Self {
        let cluster = PostgresCluster::start().unwrap();
        let superuser = Admin::of(&cluster).await;
        superuser.execute("create database bank").await;
        let documented = Self { cluster };
        Admin::at(&documented.url("postgres"))
            .await
            .execute(ROLES)
            .await;
        documented
    }

    fn url(&self, role: &str) -> String {
        self.cluster.url_as(role, "bank")
    }

    /// What the owner does at the first start and at each upgrade.
    async fn migrate(&self) {
        Postgres::connect(&self.url("bank_owner")).await.unwrap();
    }

    async fn grant(&self) {
        self.as_owner(GRANTS).await;
    }

    async fn as_owner(&self, sql: &str) {
        Admin::at(&self.url("bank_owner")).await.execute(sql).await;
    }

    async fn refusal(&self) -> PostgresError {
        let started = Service::try_start(&self.url("bank_service")).await;
        started.err().expect("it is refused")
    }
}

#[tokio::test]
async fn the_documented_rights_are_all_that_a_service_needs() {
    let documented = Documented::new().await;
    documented.migrate().await;
    documented.grant().await;
    let service = Service::start(&documented.url("bank_service")).await;

    let mut subscription = service.store.subscribe(Source::all()).await.unwrap();
    service.see("wren").await.unwrap();
    let delivered = timeout(Duration::from_secs(20), async {
        loop {
            if let Delivery::Event(event) = subscription.next().await.unwrap() {
                return event.position;
            }
        }
    });
    assert_eq!(delivered.await.unwrap(), Position(1));
    let batch = service.next_batch().await;
    service.projector.apply(batch).await.unwrap();
    assert_eq!(service.seen("wren").await.unwrap(), 1);
    let lease = service.leases.try_acquire("count birds").await.unwrap();
    lease.unwrap().give_back().await;
    service.keep_snapshot().await;
    keep_a_key(&service.postgres).await;
    keep_a_value(&service.postgres).await;
    // After an upgrade they are granted again.
    documented.migrate().await;
    documented.grant().await;
    service.see("wren").await.unwrap();
}

#[tokio::test]
async fn a_service_cannot_change_what_is_recorded() {
    let documented = Documented::new().await;
    documented.migrate().await;
    documented.grant().await;
    let service = Service::start(&documented.url("bank_service")).await;
    service.see("wren").await.unwrap();

    let intruder = Admin::at(&documented.url("bank_service")).await;
    for sql in FORBIDDEN {
        let refusal = intruder.refusal(sql).await;
        assert_eq!(refusal, SqlState::INSUFFICIENT_PRIVILEGE, "{sql}");
    }
}

#[tokio::test]
async fn a_service_whose_tables_are_not_made_says_who_makes_them() {
    let documented = Documented::new().await;
    assert_lacks("0001_events", &documented.refusal().await);

    documented.migrate().await;
    documented.grant().await;
    let older = "delete from annals.migrations where name >= '0002'";
    documented.as_owner(older).await;
    assert_lacks("0002_read_models", &documented.refusal().await);
}

#[tokio::test]
async fn a_service_that_lacks_a_right_says_which() {
    let documented = Documented::new().await;
    documented.migrate().await;
    assert_forbids("schema annals", &documented.refusal().await);

    documented.grant().await;
    let revoke = "revoke select on annals.store from bank_service";
    documented.as_owner(revoke).await;
    assert_forbids("table store", &documented.refusal().await);

    documented.grant().await;
    Service::start(&documented.url("bank_service")).await;
}

#[tokio::test]
async fn to_see_read_models_as_they_were_takes_one_right_more() {
    let documented = Documented::new().await;
    documented.migrate().await;
    documented.grant().await;
    let service = Service::start(&documented.url("bank_service")).await;
    let read_models = PostgresReadModels::open(&service.postgres);
    let refusal = read_models.scratch().await.err().expect("it is refused");
    assert!(
        matches!(refusal, QueryError::Unavailable { .. }),
        "{refusal}"
    );
    let message = refusal.to_string();
    assert!(message.contains("grant create on database"), "{message}");
    let owner = Admin::at(&documented.url("bank_owner")).await;
    owner
        .wait_until("not exists (select from annals_read.annals_leases)")
        .await;

    let superuser = Admin::at(&documented.cluster.url()).await;
    superuser
        .execute("grant create on database bank to bank_service")
        .await;
    let scratch = read_models.scratch().await.unwrap();
    scratch.snapshots().await.unwrap();
}

/// Puts a value beside the log, finds it and deletes it.
async fn keep_a_value(postgres: &Postgres) {
    let beside = PostgresSideStore::open(postgres);
    let ada = SubjectId::new("ada").unwrap();
    let value = SideValue::new(ada.clone(), b"sealed".to_vec());
    beside.put(std::slice::from_ref(&value)).await.unwrap();
    let found = beside.find(&[value.id]).await.unwrap();
    assert_eq!(found, [Some(value.sealed)]);
    assert_eq!(beside.delete(&ada).await.unwrap(), 1);
}

/// Makes a key, wraps it anew and destroys it.
async fn keep_a_key(postgres: &Postgres) {
    let keys = PostgresKeys::open(postgres);
    let [first, second] = ["first", "second"].map(|name| RootId::new(name).unwrap());
    let ada = SubjectId::new("ada").unwrap();
    let key = WrappedKey {
        id: KeyId(RandomIds.next()),
        root: first.clone(),
        bytes: b"wrapped".to_vec(),
    };
    keys.create(&ada, key.clone()).await.unwrap();
    let wrapping = Rewrapping {
        subject: ada.clone(),
        before: first.clone(),
        key: WrappedKey {
            root: second,
            ..key
        },
    };
    keys.rewrap(vec![wrapping]).await.unwrap();
    let others = keys.wrapped_otherwise(&first, 2).await.unwrap();
    assert_eq!(others.len(), 1);
    assert!(keys.destroy(&ada).await.unwrap());
}

fn assert_lacks(missing: &str, refusal: &PostgresError) {
    assert!(
        matches!(refusal, PostgresError::NotMigrated { migration, .. } if *migration == missing),
        "{refusal:?}"
    );
    let message = refusal.to_string();
    assert!(
        message.contains(missing) && message.contains("as the owner"),
        "{message}"
    );
}

fn assert_forbids(what: &str, refusal: &PostgresError) {
    assert!(
        matches!(refusal, PostgresError::Forbidden { .. }),
        "{refusal:?}"
    );
    let message = refusal.to_string();
    assert!(
        message.contains(&format!("permission denied for {what}")),
        "{message}"
    );
}
