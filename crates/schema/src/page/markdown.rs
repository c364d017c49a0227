//! The page for people.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::{Page, PageEvent};

pub(super) fn of(page: &Page) -> String {
    let mut text = format!("# Events of {}\n\n", page.service);
    text += "Written by the schema gate from the code and what is recorded beside this page. Accept to change it.\n";
    for (name, event) in &page.events {
        describe(&mut text, name, event).expect("a text takes whatever is written to it");
    }
    let unread = page
        .events
        .iter()
        .filter(|(_, event)| event.consumers.is_empty());
    let unread = unread.map(|(name, _)| format!("`{name}`"));
    list(&mut text, "Read by nobody", unread);
    let unwritten = page
        .events
        .iter()
        .filter(|(_, event)| event.producers.is_empty());
    let unwritten = unwritten.map(|(name, _)| format!("`{name}`"));
    list(&mut text, "Written by nobody", unwritten);
    let retired = page.retired.iter().map(|(name, retired)| {
        let versions = numbers(&retired.recorded_versions);
        let becomes = code(&retired.becomes, "nothing");
        format!("`{name}`, versions {versions}: read as {becomes}")
    });
    list(&mut text, "Not written any more", retired);
    text
}

fn describe(text: &mut String, name: &str, event: &PageEvent) -> fmt::Result {
    writeln!(text, "\n## {name}\n")?;
    if !event.description.is_empty() {
        writeln!(text, "{}\n", event.description)?;
    }
    let recorded = numbers(&event.recorded_versions);
    writeln!(text, "- version: {}; recorded: {recorded}", event.version)?;
    if !event.aliases.is_empty() {
        writeln!(text, "- once called: {}", code(&event.aliases, ""))?;
    }
    if !event.personal_fields.is_empty() {
        writeln!(text, "- personal: {}", code(&event.personal_fields, ""))?;
    }
    writeln!(
        text,
        "- written by: {}",
        code(&event.producers, "nobody known")
    )?;
    writeln!(
        text,
        "- read by: {}",
        code(&event.consumers, "nobody known")
    )
}

fn list(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: BTreeSet<String> = lines.collect();
    if !lines.is_empty() {
        let lines: Vec<String> = lines.iter().map(|line| format!("- {line}\n")).collect();
        *text += &format!("\n## {title}\n\n{}", lines.concat());
    }
}

fn code(names: impl IntoIterator<Item = impl fmt::Display>, none: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        none.to_owned()
    } else {
        names.join(", ")
    }
}

fn numbers(versions: &[u32]) -> String {
    let versions: Vec<String> = versions.iter().map(u32::to_string).collect();
    if versions.is_empty() {
        "none".to_owned()
    } else {
        versions.join(", ")
    }
}
