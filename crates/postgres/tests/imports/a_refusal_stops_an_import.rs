//! What cannot be recorded stops an import, and nothing of its batch is written.

use annals_core::{
    Append, AppendError, AppendId, EventStore, ExpectedVersion, InvalidAppend, Position, Query,
    StreamVersion,
};
use annals_postgres::{ImportError, PostgresStore};

use crate::history::{
    SEVERAL_BATCHES, assert_holds, event, history, import, recorded, store, stream,
};

async fn refusal_of(store: &PostgresStore, history: &[Append]) -> (AppendId, AppendError) {
    match import(store, history).await {
        Err(ImportError::Refused {
            append, refusal, ..
        }) => (append, refusal),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_is_not_as_expected_stops_an_import() {
    let store = store().await;
    let mut history = history(250);
    let wrong = Append::to(
        stream(0),
        ExpectedVersion::At(StreamVersion(7)),
        vec![event(0)],
    );
    history.insert(240, wrong.clone());

    let (append, refusal) = refusal_of(&store, &history).await;

    assert_eq!(append, wrong.id);
    let AppendError::Conflict {
        stream: conflicting,
        expected,
        actual,
    } = refusal
    else {
        panic!("{refusal}");
    };
    assert_eq!(conflicting, stream(0));
    assert_eq!(expected, wrong.writes[0].expected);
    assert_eq!(actual, StreamVersion(3));
    assert!(recorded(&store).await.is_empty());
}

#[tokio::test]
async fn a_stream_that_others_wrote_to_stops_an_import() {
    let store = store().await;
    let others = Append::to(stream(50), ExpectedVersion::NoStream, vec![event(0)]);
    store.append(others.clone()).await.unwrap();
    let history = history(100);
    let (append, refusal) = refusal_of(&store, &history).await;
    assert_eq!(append, history[50].id);
    assert!(matches!(refusal, AppendError::Conflict { .. }), "{refusal}");
    assert_holds(&store, &[others]).await;
}

#[tokio::test]
async fn what_was_imported_before_a_refusal_stays_and_is_counted() {
    let store = store().await;
    let mut history = history(SEVERAL_BATCHES);
    let last = history.last_mut().unwrap();
    last.writes[0].expected = ExpectedVersion::NoStream;
    let refused = import(&store, &history).await.unwrap_err();
    let ImportError::Refused { imported, .. } = &refused else {
        panic!("{refused}");
    };
    let kept = usize::try_from(imported.appends).unwrap();
    assert!(
        kept > 0
            && refused
                .to_string()
                .contains(&format!("{kept} appends imported"))
    );
    assert_holds(&store, &history[..kept]).await;
}

#[tokio::test]
async fn a_history_that_was_mended_is_imported() {
    let store = store().await;
    let mut history = history(100);
    history[60].writes[0].expected = ExpectedVersion::Exists;
    refusal_of(&store, &history).await;
    history[60].writes[0].expected = ExpectedVersion::NoStream;
    import(&store, &history).await.unwrap();
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn an_append_with_a_condition_is_refused_and_those_before_it_are_not() {
    let store = store().await;
    let history = history(2);
    let mut import = store.import();
    import.append(history[0].clone()).await.unwrap();
    let conditional = history[1].clone().unless(Query::all(), Position::START);
    let refused = import.append(conditional).await.unwrap_err();
    assert!(
        matches!(refused, ImportError::Conditional { append, .. } if append == history[1].id),
        "{refused}"
    );
    import.finish().await.unwrap();
    assert_holds(&store, &history[..1]).await;
}

#[tokio::test]
async fn an_append_that_no_store_takes_is_refused_at_once() {
    let store = store().await;
    let empty = Append::to(stream(0), ExpectedVersion::Any, vec![]);
    let (append, refusal) = refusal_of(&store, std::slice::from_ref(&empty)).await;
    assert_eq!(append, empty.id);
    let invalid = AppendError::Invalid(InvalidAppend::Empty);
    assert_eq!(refusal.to_string(), invalid.to_string());
}

#[tokio::test]
async fn an_event_id_that_is_recorded_with_other_content_stops_an_import() {
    let store = store().await;
    let mut history = history(3);
    import(&store, &history[..1]).await.unwrap();
    history[2].writes[0].events[0].id = history[0].writes[0].events[0].id;
    let (append, refusal) = refusal_of(&store, &history).await;
    assert_eq!(append, history[2].id);
    assert!(
        matches!(
            refusal,
            AppendError::Invalid(InvalidAppend::EventIdReused { .. })
        ),
        "{refusal}"
    );
}

#[tokio::test]
async fn an_append_id_that_is_recorded_with_other_events_stops_an_import() {
    let store = store().await;
    let mut history = history(2);
    history[1].id = history[0].id;
    let (append, refusal) = refusal_of(&store, &history).await;
    assert_eq!(append, history[0].id);
    assert!(
        matches!(
            refusal,
            AppendError::Invalid(InvalidAppend::AppendIdReused { .. })
        ),
        "{refusal}"
    );
    assert_holds(&store, &history[..1]).await;
}
