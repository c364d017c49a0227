//! The page: which events there are, who writes and who reads them. As JSON for programs, and for the
//! gate itself, which remembers in it what was accepted; as Markdown for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use annals_core::QueryItem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::{Catalogue, Consumer};
use crate::declared::DeclaredEvent;
use crate::directory::{Directory, RecordedType, to_text};
use crate::error::SchemaError;
use crate::fault::SchemaFault;
use crate::payload_schema::personal_fields;
use crate::shape::shape_of;

mod markdown;

/// Which events there are, who writes and who reads them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    service: String,
    /// Event types that are written today, by name.
    events: BTreeMap<String, PageEvent>,
    /// Names that are recorded, and that nothing is written under any more.
    retired: BTreeMap<String, PageRetired>,
    /// Fingerprints of what must not change any more: schemas and stored payloads, by path.
    pub(crate) recorded: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageEvent {
    description: String,
    version: u32,
    recorded_versions: Vec<u32>,
    aliases: Vec<String>,
    personal_fields: Vec<String>,
    /// Categories of streams.
    producers: BTreeSet<String>,
    consumers: BTreeSet<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageRetired {
    recorded_versions: Vec<u32>,
    /// What its samples are read as.
    becomes: BTreeSet<String>,
}

impl Page {
    pub(crate) const JSON: &'static str = "catalogue.json";
    pub(crate) const MARKDOWN: &'static str = "catalogue.md";

    pub(crate) fn of(catalogue: &Catalogue, recorded: &Directory) -> Self {
        let events = catalogue.events_declared().map(|event| {
            let page = PageEvent::of(event, catalogue, recorded);
            (event.name().to_owned(), page)
        });
        let events: BTreeMap<_, _> = events.collect();
        let names = recorded.events.iter();
        let retired = names.filter(|(name, _)| !events.contains_key(*name));
        let retired = retired.map(|(name, versions)| (name.clone(), PageRetired::of(versions)));
        Self {
            service: catalogue.service.clone(),
            retired: retired.collect(),
            events,
            recorded: recorded.fingerprints(),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        to_text(self)
    }

    pub(crate) fn to_markdown(&self) -> String {
        markdown::of(self)
    }

    /// What of it is not so in the directory.
    pub(crate) fn faults(&self, root: &Path) -> Result<Vec<SchemaFault>, SchemaError> {
        let texts = [
            (Self::MARKDOWN, self.to_markdown()),
            (Self::JSON, self.to_json()),
        ];
        let mut faults = Vec::new();
        for (path, text) in texts {
            let there = match fs::read_to_string(root.join(path)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                read => read.map_err(|source| SchemaError::files(&root.join(path), source))?,
            };
            if there != text {
                let lines = lines_that_differ(&there, &text);
                faults.push(SchemaFault::PageOutdated { path, lines });
            }
        }
        Ok(faults)
    }
}

impl PageEvent {
    fn of(event: &DeclaredEvent, catalogue: &Catalogue, recorded: &Directory) -> Self {
        let name = event.name();
        let json = event.json.as_ref();
        let description = json.and_then(|json| json.get("description")?.as_str());
        let writing = catalogue
            .producers
            .iter()
            .filter(|it| it.events.contains(&name));
        let producers: BTreeSet<_> = writing.map(|it| it.category.to_owned()).collect();
        let reading = catalogue.consumers.iter();
        let reading = reading.filter(|consumer| consumer.reads(name, &producers));
        let types = event.names().filter_map(|name| recorded.events.get(name));
        let versions: BTreeSet<u32> = types.flat_map(versions_with_schemas).collect();
        Self {
            description: description.unwrap_or_default().to_owned(),
            version: event.schema.version,
            recorded_versions: versions.into_iter().collect(),
            aliases: event.names().skip(1).map(str::to_owned).collect(),
            personal_fields: json
                .map(|json| personal_fields(&shape_of(json)))
                .unwrap_or_default(),
            consumers: reading.map(|consumer| consumer.name.clone()).collect(),
            producers,
        }
    }
}

impl PageRetired {
    fn of(versions: &RecordedType) -> Self {
        let samples = versions
            .values()
            .flat_map(|version| version.samples.values());
        let outcomes = samples.flat_map(|sample| &sample.becomes);
        Self {
            recorded_versions: versions_with_schemas(versions).collect(),
            becomes: outcomes.map(|outcome| outcome.event.clone()).collect(),
        }
    }
}

fn versions_with_schemas(versions: &RecordedType) -> impl Iterator<Item = u32> {
    let recorded = versions
        .iter()
        .filter(|(_, recorded)| recorded.json.as_ref().is_some_and(Value::is_object));
    recorded.map(|(version, _)| *version)
}

impl Consumer {
    /// True if it asks for events of this name. If nobody is known to write them, their category is not
    /// known either, and does not count.
    fn reads(&self, name: &str, categories: &BTreeSet<String>) -> bool {
        let is_of_type = |item: &QueryItem| {
            item.types.is_empty() || item.types.iter().any(|it| it.as_str() == name)
        };
        let is_of_category = |item: &QueryItem| {
            let is_open = item.categories.is_empty() || categories.is_empty();
            is_open || !item.categories.is_disjoint(categories)
        };
        let items = self.query.items();
        items.is_empty()
            || items
                .iter()
                .any(|item| is_of_type(item) && is_of_category(item))
    }
}

/// Lines of one text that the other does not have.
fn lines_that_differ(before: &str, after: &str) -> String {
    let marked = |mark: char, of: &str, other: &str| -> Vec<String> {
        let others: BTreeSet<_> = other.lines().collect();
        let lines = of.lines().filter(|line| !others.contains(line));
        lines.map(|line| format!("    {mark} {line}")).collect()
    };
    let lines = [marked('-', before, after), marked('+', after, before)];
    lines.concat().join("\n")
}
