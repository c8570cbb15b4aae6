//! Everything that could be logged at any level, word for word: for tests that nothing personal is.

use super::logs;
use std::{
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// The text of every event and span that [`logs::start`] would show at the most talkative level.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    text: Arc<Mutex<String>>,
}

impl Captured {
    /// Nothing yet.
    pub fn new() -> Captured {
        Captured::default()
    }

    /// A layer that captures into this one: `registry().with(captured.layer())`.
    pub fn layer(&self) -> CapturingLayer {
        CapturingLayer { into: self.clone() }
    }

    /// Whether `needle` was logged anywhere, in any letter case.
    pub fn contains(&self, needle: &str) -> bool {
        self.text().to_lowercase().contains(&needle.to_lowercase())
    }

    /// All of it, a line for each event.
    pub fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, what: &str, name: &str, target: &str, record: impl FnOnce(&mut Fields)) {
        let mut fields = Fields(format!("{what} {target} {name}"));
        record(&mut fields);
        fields.0.push('\n');
        self.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(&fields.0);
    }
}

/// See [`Captured::layer`].
#[derive(Clone, Debug)]
pub struct CapturingLayer {
    into: Captured,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for CapturingLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        if !logs::may_be_shown(about) {
            return;
        }
        self.into.add("event", about.name(), about.target(), |fields| event.record(fields));
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let about = attributes.metadata();
        if !logs::may_be_shown(about) {
            return;
        }
        self.into.add("span", about.name(), about.target(), |fields| attributes.record(fields));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.into.add("record", "", "", |fields| values.record(fields));
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    // A string as it is: its Debug form would hide words behind escapes.
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn what_is_said_in_events_spans_and_fields_is_captured() {
        let captured = Captured::new();
        let logging = tracing_subscriber::registry().with(captured.layer());
        tracing::subscriber::with_default(logging, || {
            let span = tracing::trace_span!("call", who = "Jane", later = tracing::field::Empty);
            let _inside = span.enter();
            span.record("later", "afterwards");
            tracing::trace!(answer = ?Some("suboxone"), "took \"it\"");
        });
        for word in ["jane", "afterwards", "Suboxone", "took \"it\""] {
            assert!(captured.contains(word), "{word} in {}", captured.text());
        }
        assert!(!captured.contains("fentanyl"));
    }
}
