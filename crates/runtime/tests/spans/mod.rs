//! What was traced, for a test to look at.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// One that takes all, and writes nothing down. While there is but one subscriber, the first thread to
/// come by a span asks for all of them whether it is wanted: a test beside this one, with no
/// subscriber, would say that it never is. With two, both are asked.
static SECOND: OnceLock<Dispatch> = OnceLock::new();

/// The spans of one thread that are over.
#[derive(Clone, Default)]
pub(crate) struct Spans(Arc<Mutex<Vec<(&'static str, Fields)>>>);

/// The fields of a span, as text.
#[derive(Clone, Default)]
pub(crate) struct Fields(BTreeMap<&'static str, String>);

impl Spans {
    /// Those from now on, until the guard is dropped.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        SECOND.get_or_init(|| Dispatch::new(Registry::default()));
        let spans = Self::default();
        let guard = set_default(Registry::default().with(spans.clone()));
        (spans, guard)
    }

    /// Those of a name, in the order they ended in.
    pub(crate) fn named(&self, name: &str) -> Vec<Fields> {
        let spans = self.0.lock().expect("nothing panics under this lock");
        let of_it = spans.iter().filter(|(named, _)| *named == name);
        of_it.map(|(_, fields)| fields.clone()).collect()
    }
}

impl Fields {
    /// What stands in some fields; nothing for one that is not there.
    pub(crate) fn of<const N: usize>(&self, names: [&str; N]) -> [&str; N] {
        names.map(|name| self.0.get(name).map_or("", String::as_str))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = context.span(id).expect("it is there until it is closed");
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).expect("it is there until it is closed");
        let mut extensions = span.extensions_mut();
        values.record(
            extensions
                .get_mut::<Fields>()
                .expect("each span has fields"),
        );
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).expect("it is there until it is closed");
        let fields = span
            .extensions_mut()
            .remove()
            .expect("each span has fields");
        self.0
            .lock()
            .expect("nothing panics under this lock")
            .push((span.name(), fields));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}
