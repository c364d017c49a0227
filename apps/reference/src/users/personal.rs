//! What is personal of a user: how it is checked when it comes, and how it is told.
//!
//! Nothing here ever quotes it in a fault or a log line.

use annals::http::{Faults, JsonValue, Problem, text};
use annals::{Personal, Undisclosed};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Longest address that mail is delivered to, in bytes (RFC 5321).
const LONGEST_EMAIL: usize = 254;

/// Reads an email address. Only mail that arrives shows whether there is such a one.
pub(super) fn email(value: JsonValue) -> Result<Personal<String>, Faults> {
    text(checked_email)(value).map(Personal::new)
}

/// Reads a name that is not empty.
pub(super) fn first_name(value: JsonValue) -> Result<Personal<String>, Faults> {
    let name = text(checked_name)(value)?;
    match name.is_empty() {
        true => Err(Faults::whole("must not be empty")),
        false => Ok(Personal::new(name)),
    }
}

/// Reads a name that may be empty: not everybody has two.
pub(super) fn last_name(value: JsonValue) -> Result<Personal<String>, Faults> {
    text(checked_name)(value).map(Personal::new)
}

fn checked_email(text: &str) -> Result<String, &'static str> {
    let email = text.trim();
    let is_address = |(user, host): (&str, &str)| !user.is_empty() && !host.is_empty();
    let is_plain = email.chars().all(|c| !c.is_whitespace() && !c.is_control());
    match email.rsplit_once('@') {
        Some(parts) if is_address(parts) && is_plain && email.len() <= LONGEST_EMAIL => {
            Ok(email.to_owned())
        }
        _ => Err("must be an email address, such as name@example.org"),
    }
}

fn checked_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.chars().count() > LONGEST_NAME {
        return Err(format!("must be at most {LONGEST_NAME} characters"));
    }
    if name.chars().any(char::is_control) {
        return Err("must not hold control characters".to_owned());
    }
    Ok(name.to_owned())
}

/// What a value says; nothing if its person was forgotten.
///
/// # Errors
/// 500 when its key is missing, though nobody was forgotten.
pub(super) fn told(value: &Personal<String>) -> Result<Option<String>, Problem> {
    match value.value() {
        Ok(value) => Ok(Some(value.clone())),
        Err(Undisclosed::Erased(_)) => Ok(None),
        Err(sealed) => Err(Problem::internal(&sealed)),
    }
}
