//! The same on PostgreSQL, where keys are beside the events and root keys are not.

use annals::{Annals, Builder, Error, IdSource, RandomIds};

use crate::copies::{PersonRow, Saying, Sayings, UNKNOWN};
use crate::people::Person;
use crate::place::{reached, register, settle, subject};

/// A service in a schema of its own.
fn in_schema(schema: &str) -> Builder {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    Annals::open(format!("{server}{mark}schema={schema}"))
        .aggregate::<Person>()
        .projection::<PersonRow>()
        .table_projection::<Sayings>()
        .without_drift_detection()
}

fn a_schema() -> String {
    format!("t_{}", RandomIds.next().simple())
}

#[tokio::test]
async fn without_a_place_for_root_keys_it_does_not_start() {
    let refused = in_schema(&a_schema()).start().await;
    assert!(matches!(refused, Err(Error::NoRootKeys)), "{refused:?}");
}

#[tokio::test]
async fn keys_of_persons_have_no_directory_there() {
    let refused = in_schema(&a_schema()).keys_in("keys").start().await;
    assert!(
        matches!(refused, Err(Error::KeysElsewhere(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn root_keys_that_are_not_found_are_not_made_anew() {
    let (schema, roots) = (a_schema(), tempfile::tempdir().unwrap());
    let start = |name| {
        in_schema(&schema)
            .root_keys_in(roots.path().join(name))
            .start()
    };
    let service = start("root").await.unwrap();
    register(&service, "ada", "Ada").await;
    service.stop().await;

    let refused = start("mistyped").await.unwrap_err();
    assert!(matches!(refused, Error::RootKeys { .. }), "{refused}");
    assert!(!roots.path().join("mistyped").exists());
    start("root").await.unwrap().stop().await;
}

#[tokio::test]
async fn a_person_is_forgotten_and_stays_so() {
    let (schema, roots) = (a_schema(), tempfile::tempdir().unwrap());
    let start = || {
        in_schema(&schema)
            .root_keys_in(roots.path().join("root"))
            .start()
    };
    let service = start().await.unwrap();
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    settle(&service).await;

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "persons (current)"), Some(1));
    service.stop().await;
    drop(service);
    let service = start().await.unwrap();
    for (id, position, says) in [("ada", 1, UNKNOWN), ("bob", 2, "Bob")] {
        let row = service
            .table::<PersonRow>()
            .get(&id.to_owned())
            .await
            .unwrap();
        assert_eq!(row.unwrap().copied, says);
        let saying = service.table::<Saying>().get(&position).await.unwrap();
        assert_eq!(saying.unwrap().copied, says);
        let loaded = service.repository::<Person>().load(id).await.unwrap();
        let name = loaded.state.name.unwrap();
        assert_eq!(name.known().map_or(UNKNOWN, |name| name), says);
    }
    service.stop().await;
}

/// What is written in the transaction of an append is written before anybody has a key at hand.
#[tokio::test]
async fn an_inline_read_model_says_nothing_open_however_its_rows_are_made() {
    let roots = tempfile::tempdir().unwrap();
    let url = annals_servers::postgres_url();
    let mark = if url.contains('?') { '&' } else { '?' };
    let service = Annals::open(format!("{url}{mark}schema={}", a_schema()))
        .aggregate::<Person>()
        .inline_projection::<PersonRow>()
        .without_drift_detection()
        .root_keys_in(roots.path().join("root"));
    let service = service.start().await.unwrap();
    register(&service, "ada", "Ada").await;
    let row = async || {
        let row = service.table::<PersonRow>().get(&"ada".to_owned()).await;
        row.unwrap().unwrap()
    };
    let written = row().await;
    assert_eq!(written.copied, UNKNOWN);

    let refolds = service.refolds("persons");
    let check = refolds.check().await.unwrap();
    assert!(check.is_right(), "{check}");
    let stream = "Person-ada".parse().unwrap();
    refolds.rebuild_stream(&stream).await.unwrap();
    assert_eq!(row().await, written);

    let report = service.erase(&subject("ada")).await.unwrap();
    assert_eq!(reached(&report, "persons (current)"), Some(1));
    service.stop().await;
}
