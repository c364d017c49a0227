//! What is recorded: a directory in the repository.
//!
//! ```text
//! schemas/catalogue.json                        what the gate remembers, and other programs read
//! schemas/catalogue.md                          the same for people
//! schemas/MoneyDeposited/v3.json                JSON Schema of a version
//! schemas/MoneyDeposited/v3.sample.json         a payload of it, and what it is read as
//! schemas/MoneyDeposited/v3.sample-2.json       another one
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::SchemaError;
use crate::page::Page;
use crate::sample::Sample;
use crate::shape::shape_of;

const IN_FILE_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// What is recorded.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// Of each event type, by its stored name.
    pub(crate) events: BTreeMap<String, RecordedType>,
    /// What was accepted last.
    pub(crate) page: Option<Page>,
}

/// What is recorded of an event type, by version.
pub(crate) type RecordedType = BTreeMap<u32, RecordedVersion>;

/// What is recorded of a version.
#[derive(Debug, Default)]
pub(crate) struct RecordedVersion {
    /// Its JSON Schema; one from before there was a gate may have none.
    pub(crate) json: Option<Value>,
    /// Its samples, by their numbers.
    pub(crate) samples: BTreeMap<u32, Sample>,
}

impl Directory {
    /// Reads all of it. A directory that is not there holds nothing.
    pub(crate) fn read(root: &Path) -> Result<Self, SchemaError> {
        let mut directory = Self::default();
        for entry in entries(root)? {
            let name = file_name(&entry);
            if name == Page::JSON {
                directory.page = Some(read_json(&entry)?);
            } else if entry.is_dir() {
                let name = percent_decode_str(&name).decode_utf8_lossy().into_owned();
                directory.events.insert(name, read_type(&entry)?);
            }
        }
        Ok(directory)
    }

    /// A recorded version.
    pub(crate) fn version(&self, name: &str, version: u32) -> Option<&RecordedVersion> {
        self.events.get(name)?.get(&version)
    }

    /// Every sample, with the name and version of its event, and its number.
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&str, u32, u32, &Sample)> {
        self.versions().flat_map(|(name, version, recorded)| {
            let samples = recorded.samples.iter();
            samples.map(move |(number, sample)| (name, version, *number, sample))
        })
    }

    /// Every version, with the name of its event.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (&str, u32, &RecordedVersion)> {
        self.events.iter().flat_map(|(name, versions)| {
            let versions = versions.iter();
            versions.map(move |(version, recorded)| (name.as_str(), *version, recorded))
        })
    }

    /// Fingerprints of all that must not change any more, by paths: of what is documented of a schema they
    /// do not tell.
    pub(crate) fn fingerprints(&self) -> BTreeMap<String, String> {
        let schemas = self.versions().filter_map(|(name, version, recorded)| {
            let json = recorded.json.as_ref()?;
            Some((schema_path(name, version), fingerprint(shape_of(json))))
        });
        let samples = self.samples().map(|(name, version, number, sample)| {
            let path = sample_path(name, version, number);
            (path, fingerprint(sample.payload.clone()))
        });
        schemas.chain(samples).collect()
    }
}

/// It is the same in whichever order names stand.
fn fingerprint(mut value: Value) -> String {
    value.sort_all_objects();
    let hash = blake3::hash(value.to_string().as_bytes()).to_hex();
    hash[..32].to_owned()
}

/// Where the schema of a version is.
pub(crate) fn schema_path(name: &str, version: u32) -> String {
    format!(
        "{}/v{version}.json",
        utf8_percent_encode(name, IN_FILE_NAMES)
    )
}

/// Where a sample of a version is. They are numbered from 1.
pub(crate) fn sample_path(name: &str, version: u32, number: u32) -> String {
    let name = utf8_percent_encode(name, IN_FILE_NAMES);
    match number {
        1 => format!("{name}/v{version}.sample.json"),
        number => format!("{name}/v{version}.sample-{number}.json"),
    }
}

/// JSON for people: indented, names in order.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    let mut value = serde_json::to_value(value).expect("its keys are texts");
    value.sort_all_objects();
    let text = serde_json::to_string_pretty(&value).expect("it is JSON already");
    text + "\n"
}

/// Writes a file, unless it is as it should be. True if it was not.
pub(crate) fn write(path: &Path, text: &str) -> Result<bool, SchemaError> {
    let failed = |source| SchemaError::files(path, source);
    match fs::read_to_string(path) {
        Ok(there) if there == text => return Ok(false),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(_) | Err(_) => {}
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)?;
    Ok(true)
}

fn read_type(folder: &Path) -> Result<RecordedType, SchemaError> {
    let mut versions = RecordedType::new();
    for file in entries(folder)? {
        match parse_name(&file_name(&file)) {
            Some((version, None)) => {
                versions.entry(version).or_default().json = Some(read_json(&file)?);
            }
            Some((version, Some(number))) => {
                let version: &mut RecordedVersion = versions.entry(version).or_default();
                version.samples.insert(number, read_json(&file)?);
            }
            None => {}
        }
    }
    Ok(versions)
}

/// The version that a file is of, and the number of the sample if it is one.
fn parse_name(file: &str) -> Option<(u32, Option<u32>)> {
    let stem = file.strip_prefix('v')?.strip_suffix(".json")?;
    let Some((version, sample)) = stem.split_once('.') else {
        return Some((stem.parse().ok()?, None));
    };
    let number = match sample.strip_prefix("sample")? {
        "" => 1,
        number => number.strip_prefix('-')?.parse().ok()?,
    };
    Some((version.parse().ok()?, Some(number)))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SchemaError> {
    let failed = |source| SchemaError::files(folder, source);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let paths = entries.map(|entry| Ok(entry.map_err(failed)?.path()));
    paths.collect()
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, SchemaError> {
    let text = fs::read(path).map_err(|source| SchemaError::files(path, source))?;
    serde_json::from_slice(&text).map_err(|source| SchemaError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
