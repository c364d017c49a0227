//! Looks for a text in raw bytes, however it is written there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::people::MARK;

/// Files below a directory that hold the mark of what persons tell. It fails where there is none at all.
pub(crate) fn files_with_the_mark(directory: &Path) -> Vec<PathBuf> {
    let forms = forms(MARK);
    let files = files(directory);
    assert!(!files.is_empty(), "nothing is in {}", directory.display());
    let holds_it = |file: &PathBuf| holds_any(&fs::read(file).unwrap(), &forms);
    files.into_iter().filter(holds_it).collect()
}

pub(crate) fn has_the_mark(bytes: &[u8]) -> bool {
    holds_any(bytes, &forms(MARK))
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

/// A text as UTF-8, as UTF-16, in hexadecimal digits, and in base64 wherever in three bytes it begins.
pub(crate) fn forms(text: &str) -> BTreeSet<String> {
    let little: String = text.chars().flat_map(|letter| [letter, '\0']).collect();
    let big = text.chars().flat_map(|letter| ['\0', letter]).collect();
    let digits = |byte: u8| format!("{byte:02x}");
    let hexadecimal: String = text.bytes().map(digits).collect();
    let base64 = (0..3).map(|before| base64_amid(text, before));
    let forms = [
        text.to_owned(),
        little,
        big,
        hexadecimal.to_uppercase(),
        hexadecimal,
    ];
    forms.into_iter().chain(base64).collect()
}

/// What base64 makes of a text alone, when so many bytes stand before it and others after.
fn base64_amid(text: &str, before: usize) -> String {
    let bytes = [&vec![0; before], text.as_bytes()].concat();
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    let first = (before * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    encoded[first..last].to_owned()
}

fn holds_any(bytes: &[u8], forms: &BTreeSet<String>) -> bool {
    // Files of a log end with many zeros.
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 2);
    let bytes = &bytes[..used.min(bytes.len())];
    // No form holds anything that is no UTF-8, so none is lost.
    let text = String::from_utf8_lossy(bytes);
    forms.iter().any(|form| text.contains(form.as_str()))
}
