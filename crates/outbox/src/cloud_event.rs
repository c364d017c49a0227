//! [CloudEvents](https://cloudevents.io) 1.0: the form of every message.

use std::collections::BTreeMap;

use annals_core::{Bytes, ContentType, Event, Recorded, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::publication::Data;

/// The media type of an event in the structured mode: all of it is one JSON object.
#[cfg(any(feature = "webhooks", feature = "nats"))]
pub(crate) const STRUCTURED: &str = "application/cloudevents+json";

/// What is not written as it is in a header, as the protocol bindings say.
const NOT_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// An event as others see it.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    /// Its id: that of the recorded event, and `.<part>` for all but the first part of one. With the
    /// source it is unique: receivers recognise a repeat by the two.
    pub id: String,
    /// Who tells.
    pub source: String,
    /// What happened.
    pub event_type: String,
    /// The stream it happened in.
    pub subject: String,
    /// When it happened.
    pub time: Timestamp,
    /// What else is known: `position`, `streamversion` and `schemaversion` as decimal numbers,
    /// `correlationid`, `causationid`, `traceparent`, `tracestate`, and `partitionkey`, which is the
    /// topic.
    pub extensions: BTreeMap<&'static str, String>,
    /// The media type of the data.
    pub content_type: ContentType,
    /// What it says.
    pub data: Bytes,
}

impl CloudEvent {
    /// What is told of a recorded event. Who acted is not told: that is a person as a rule.
    pub(crate) fn of<E: Event>(event: &Recorded<E>, data: Data) -> Self {
        let (record, schema) = (&event.record, event.event.schema());
        let metadata = record.metadata.clone();
        let extensions = [
            ("position", Some(record.position.0.to_string())),
            ("streamversion", Some(record.version.0.to_string())),
            ("schemaversion", Some(schema.version.to_string())),
            ("correlationid", metadata.correlation),
            ("causationid", metadata.causation),
            ("traceparent", metadata.trace_parent),
            ("tracestate", metadata.trace_state),
        ];
        let known = extensions.into_iter();
        Self {
            id: match event.part {
                0 => record.id.to_string(),
                part => format!("{}.{part}", record.id),
            },
            source: String::new(),
            event_type: schema.name.to_owned(),
            subject: record.stream.to_string(),
            time: record.happened_at(),
            extensions: known
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            content_type: data.content_type,
            data: data.bytes,
        }
    }

    /// The same, told by somebody.
    pub(crate) fn told_by(mut self, source: &str) -> Self {
        self.source = source.to_owned();
        self
    }

    /// The same, in order with the others of a topic.
    pub(crate) fn in_order_with(mut self, topic: &str) -> Self {
        self.extensions.insert("partitionkey", topic.to_owned());
        self
    }

    /// All of its attributes by their names, but for `datacontenttype`.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = vec![
            ("specversion", "1.0".to_owned()),
            ("id", self.id.clone()),
            ("source", self.source.clone()),
            ("type", self.event_type.clone()),
            ("subject", self.subject.clone()),
            ("time", self.time.to_string()),
        ];
        let extensions = self.extensions.iter();
        attributes.extend(extensions.map(|(name, value)| (*name, value.clone())));
        attributes
    }

    /// The structured mode: one JSON object. Data that are no JSON stand in it as base64.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let attributes = self.attributes().into_iter();
        let mut object: Map<String, Value> = attributes
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        object.insert(
            "datacontenttype".to_owned(),
            self.content_type.as_str().into(),
        );
        let (name, data) = match self.json_data() {
            Some(data) => ("data", data),
            None => ("data_base64", BASE64.encode(&self.data).into()),
        };
        object.insert(name.to_owned(), data);
        serde_json::to_vec(&object).expect("JSON values have a JSON form")
    }

    /// The headers of the binary mode, where the data are the body: `ce-` and the name of each attribute.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        let attributes = self.attributes().into_iter();
        let mut headers: Vec<_> = attributes
            .map(|(name, value)| (format!("ce-{name}"), header_text(&value)))
            .collect();
        let content_type = self.content_type.as_str().to_owned();
        headers.push(("content-type".to_owned(), content_type));
        headers
    }

    fn json_data(&self) -> Option<Value> {
        let media_type = self.content_type.as_str().split(';').next()?.trim();
        let is_json = media_type == "application/json" || media_type.ends_with("+json");
        is_json.then(|| serde_json::from_slice(&self.data).ok())?
    }
}

/// A text as a header holds it.
pub(crate) fn header_text(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_HEADERS).to_string()
}

#[cfg(test)]
mod tests;
