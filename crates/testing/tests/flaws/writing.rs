//! Flaws of appends, and of what they leave behind.

use annals_core::{
    Append, AppendError, Appended, Bytes, EventId, EventStore, ExpectedVersion, Metadata, NewEvent,
    Query, Read, Source,
};
use async_trait::async_trait;

use super::Flaw;
use crate::model_store::{Log, ModelStore};

/// Declares a flaw of `append`.
macro_rules! append_flaw {
    ($(#[$doc:meta])* $name:ident, |$store:ident, $append:ident| $body:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait]
        impl Flaw for $name {
            async fn append(
                &self,
                $store: &ModelStore,
                $append: Append,
            ) -> Result<Appended, AppendError> {
                $body
            }
        }
    };
}

append_flaw! {
    /// Of several events, the last one is not stored.
    LosesTheLastEvent, |store, append| {
        let appended = store.append(append).await?;
        if appended.first < appended.last {
            store.log().events.pop();
        }
        Ok(appended)
    }
}

append_flaw! {
    /// When one of several streams conflicts, the others are written to all the same.
    WritesHalfOfWhatConflicts, |store, append| {
        let outcome = store.append(append.clone()).await;
        if let Err(AppendError::Conflict { .. }) = outcome {
            for write in append.writes {
                store.append(Append::to_streams(vec![write])).await.ok();
            }
        }
        outcome
    }
}

append_flaw! {
    /// Stores first and refuses then.
    WritesWhatItRefuses, |store, append| {
        let outcome = store.append(append.clone()).await;
        if outcome.is_err() {
            store.append(expecting_nothing(append)).await.ok();
        }
        outcome
    }
}

append_flaw! {
    /// Counts one version too many.
    SkipsAVersion, |store, append| {
        let appended = store.append(append).await?;
        let mut log = store.log();
        let last = log.events.last_mut().expect("an event was just appended");
        last.version = last.version.next();
        Ok(appended)
    }
}

append_flaw! {
    /// Does not look at the expected version.
    IgnoresTheExpectedVersion, |store, append| {
        store.append(expecting_nothing(append)).await
    }
}

append_flaw! {
    /// Looks at the expected version, but not in the step that writes.
    ChecksTheVersionBeforeItWrites, |store, append| {
        for write in &append.writes {
            let actual = store.log().version_of(&write.stream);
            if !write.expected.holds_at(actual) {
                return store.append(append).await;
            }
        }
        tokio::task::yield_now().await;
        store.append(expecting_nothing(append)).await
    }
}

append_flaw! {
    /// Does not look at the condition.
    IgnoresTheCondition, |store, append| {
        store.append(Append { condition: None, ..append }).await
    }
}

append_flaw! {
    /// Looks at the condition, but not in the step that writes.
    ChecksTheConditionBeforeItWrites, |store, append| {
        if let Some(condition) = append.condition.clone() {
            let source = Source::query_after(condition.query, condition.after);
            let matching = store.read(Read::forwards(source)).await;
            let matching = matching.expect("a model store can be read").collect().await;
            if !matching.expect("a model store can be read").is_empty() {
                return store.append(append).await;
            }
        }
        tokio::task::yield_now().await;
        store.append(Append { condition: None, ..append }).await
    }
}

append_flaw! {
    /// Takes every event for one that the condition asks for.
    FailsUnrelatedConditions, |store, append| {
        let mut append = append;
        if let Some(condition) = &mut append.condition {
            condition.query = Query::all();
        }
        store.append(append).await
    }
}

append_flaw! {
    /// Does not recognise a retry, and stores it again.
    ForgetsWhatItStored, |store, append| {
        forget(&append, &mut store.log());
        store.append(append).await
    }
}

append_flaw! {
    /// Takes appends of any size.
    TakesAnySize, |store, append| store.record(append)
}

append_flaw! {
    /// Tells of a conflict, but not at which version the stream is.
    NamesTheWrongVersion, |store, append| {
        store.append(append).await.map_err(|error| match error {
            AppendError::Conflict { stream, expected, actual } => {
                let actual = actual.next();
                AppendError::Conflict { stream, expected, actual }
            }
            other => other,
        })
    }
}

append_flaw! {
    /// Stores payloads as text would be: up to the first NUL.
    TruncatesPayloads, |store, append| {
        store.append(changed(append, |event| {
            let until_nul = event.data.iter().copied().take_while(|byte| *byte != 0);
            event.data = until_nul.collect::<Vec<u8>>().into();
        })).await
    }
}

append_flaw! {
    /// Stores payloads that are JSON as some databases do: the same value, in other bytes.
    RewritesJson, |store, append| {
        store.append(changed(append, |event| {
            if let Ok(json) = serde_json::from_slice::<serde_json::Value>(&event.data) {
                event.data = Bytes::from(json.to_string());
            }
        })).await
    }
}

append_flaw! {
    /// Does not store tags.
    ForgetsTags, |store, append| {
        store.append(changed(append, |event| event.tags.clear())).await
    }
}

append_flaw! {
    /// Stores tags as a set.
    SortsTags, |store, append| {
        store.append(changed(append, |event| event.tags.sort())).await
    }
}

append_flaw! {
    /// Does not store metadata.
    ForgetsMetadata, |store, append| {
        store.append(changed(append, |event| event.metadata = Metadata::default())).await
    }
}

/// Acknowledges before the events are durable.
#[derive(Default)]
pub(crate) struct AcknowledgesTooEarly;

impl Flaw for AcknowledgesTooEarly {
    fn restart(crashed: &ModelStore) -> ModelStore {
        crashed.log().events.pop();
        crashed.reopened()
    }
}

/// Keeps events, but not which append brought them.
#[derive(Default)]
pub(crate) struct ForgetsAppendsInACrash;

impl Flaw for ForgetsAppendsInACrash {
    fn restart(crashed: &ModelStore) -> ModelStore {
        crashed.log().appends.clear();
        crashed.reopened()
    }
}

/// Never finds an append.
#[derive(Default)]
pub(crate) struct NeverFindsAnAppend;

impl Flaw for NeverFindsAnAppend {
    fn find_append(&self, _: Appended) -> Option<Appended> {
        None
    }
}

/// Finds an append with the version of one stream only.
#[derive(Default)]
pub(crate) struct FindsHalfOfAnAppend;

impl Flaw for FindsHalfOfAnAppend {
    fn find_append(&self, mut found: Appended) -> Option<Appended> {
        found.versions.truncate(1);
        Some(found)
    }
}

/// Leaves the events of an append, but under other ids.
fn forget(append: &Append, log: &mut Log) {
    log.appends.remove(&append.id);
    for (event, number) in log.events.iter_mut().zip(0..) {
        if append.events().any(|new| new.id == event.id) {
            event.id = EventId::of_append(append.id, number);
        }
    }
}

fn expecting_nothing(mut append: Append) -> Append {
    for write in &mut append.writes {
        write.expected = ExpectedVersion::Any;
    }
    append
}

fn changed(mut append: Append, change: fn(&mut NewEvent)) -> Append {
    let events = append.writes.iter_mut().flat_map(|write| &mut write.events);
    events.for_each(change);
    append
}
