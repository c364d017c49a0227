//! Accepting: what is declared becomes what is recorded.

use std::fmt;
use std::path::Path;

use crate::catalogue::Catalogue;
use crate::declared::DeclaredEvent;
use crate::directory::{Directory, sample_path, schema_path, to_text, write};
use crate::error::SchemaError;
use crate::page::Page;
use crate::review::Review;
use crate::sample::Sample;

/// What was written, to be looked at and committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The files, in the directory.
    pub written: Vec<String>,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.written.as_slice() {
            [] => f.write_str("everything is recorded already"),
            written => write!(
                f,
                "written, to be looked at and committed:\n  {}",
                written.join("\n  ")
            ),
        }
    }
}

pub(crate) fn accept(catalogue: &Catalogue, root: &Path) -> Result<Accepted, SchemaError> {
    let recorded = Directory::read(root)?;
    let mut faults = Review::of(catalogue, &recorded).faults;
    faults.retain(|fault| !fault.is_settled_by_accepting());
    SchemaError::refuse(faults)?;

    let mut writing = Writing {
        root,
        written: Vec::new(),
    };
    writing.read_as_now(catalogue, &recorded)?;
    for event in catalogue.events_declared() {
        writing.newest_version(event, &recorded)?;
    }
    let page = Page::of(catalogue, &Directory::read(root)?);
    writing.file(Page::JSON, &page.to_json())?;
    writing.file(Page::MARKDOWN, &page.to_markdown())?;
    Ok(Accepted {
        written: writing.written,
    })
}

struct Writing<'a> {
    root: &'a Path,
    written: Vec<String>,
}

impl Writing<'_> {
    fn file(&mut self, path: &str, text: &str) -> Result<(), SchemaError> {
        if write(&self.root.join(path), text)? {
            self.written.push(path.to_owned());
        }
        Ok(())
    }

    /// What the recorded samples are read as now. What is stored stays as it is.
    fn read_as_now(
        &mut self,
        catalogue: &Catalogue,
        recorded: &Directory,
    ) -> Result<(), SchemaError> {
        for (name, version, number, sample) in recorded.samples() {
            let reader = catalogue.reader_of(name);
            let reader = reader.expect("an event type that is not declared any more was refused");
            let becomes = (reader.read)(name, version, sample);
            let becomes = becomes.expect("a sample that is not read any more was refused");
            if becomes != sample.becomes {
                let sample = Sample {
                    becomes,
                    ..sample.clone()
                };
                self.file(&sample_path(name, version, number), &to_text(&sample))?;
            }
        }
        Ok(())
    }

    fn newest_version(
        &mut self,
        event: &DeclaredEvent,
        recorded: &Directory,
    ) -> Result<(), SchemaError> {
        let (name, version) = (event.name(), event.schema.version);
        let json = event
            .json
            .as_ref()
            .expect("one without a schema was refused");
        self.file(&schema_path(name, version), &to_text(json))?;
        let samples = event.samples.as_ref().expect("unfit samples were refused");
        let there = recorded
            .version(name, version)
            .map(|version| &version.samples);
        let is_there = |sample: &&Sample| {
            let mut there = there.into_iter().flat_map(|samples| samples.values());
            there.any(|there| there.payload == sample.payload)
        };
        let last = there
            .and_then(|samples| samples.keys().next_back().copied())
            .unwrap_or(0);
        let new = samples.iter().filter(|sample| !is_there(sample));
        for (number, sample) in (last + 1..).zip(new) {
            self.file(&sample_path(name, version, number), &to_text(sample))?;
        }
        Ok(())
    }
}
