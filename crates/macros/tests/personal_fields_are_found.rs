//! What `#[derive(Event)]` promises of personal fields, tags and times.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fmt;

use annals_core::{Event, EventId, Kept, Metadata, Personal, Tag, Timestamp};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct UserId(u32);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user-{}", self.0)
    }
}

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
enum UserEvent {
    Registered {
        #[event(tag = "user")]
        user_id: UserId,
        #[personal(subject = user_id)]
        first_name: Personal<String>,
        #[personal(subject = user_id, beside)]
        #[serde(rename = "mail")]
        email: Option<Personal<String>>,
        #[event(business_time)]
        registered_at: Timestamp,
    },
    #[serde(rename_all = "kebab-case")]
    Invited {
        r#type: UserId,
        value: UserId,
        #[personal(subject = r#type)]
        by_whom: Option<Personal<String>>,
        #[personal(subject = value)]
        at_address: Option<Personal<String>>,
        #[event(business_time)]
        sent_at: Option<Timestamp>,
    },
    Locked,
}

fn name(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn registered(email: Option<Personal<String>>) -> UserEvent {
    UserEvent::Registered {
        user_id: UserId(7),
        first_name: name("Ada"),
        email,
        registered_at: Timestamp::new(5, 0).unwrap(),
    }
}

fn invited(by_whom: Option<&str>, at_address: Option<&str>) -> UserEvent {
    UserEvent::Invited {
        r#type: UserId(1),
        value: UserId(2),
        by_whom: by_whom.map(name),
        at_address: at_address.map(name),
        sent_at: None,
    }
}

fn personal(mut event: UserEvent) -> Vec<(&'static str, String)> {
    let fields = event.personal_fields().into_iter();
    fields.map(|it| (it.name, it.subject)).collect()
}

#[test]
fn a_personal_field_is_found_under_its_stored_name_with_its_subject() {
    let about = |name| (name, "user-7".to_owned());
    let all = personal(registered(Some(name("ada@example.org"))));
    assert_eq!(all, [about("firstName"), about("mail")]);
    let both = personal(invited(Some("Ada"), Some("Vienna")));
    let expected = [("by-whom", "user-1"), ("at-address", "user-2")];
    assert_eq!(both, expected.map(|(name, whom)| (name, whom.to_owned())));
    assert_eq!(personal(UserEvent::Locked), []);
}

#[test]
fn a_value_that_is_not_there_is_about_nobody() {
    assert_eq!(personal(registered(None)).len(), 1);
    assert_eq!(invited(None, None).subjects(), [""; 0]);
    assert_eq!(invited(None, Some("Vienna")).subjects(), ["user-2"]);
    assert_eq!(invited(Some("Ada"), None).subjects(), ["user-1"]);
}

#[test]
fn a_field_is_kept_beside_the_log_only_if_it_says_so() {
    let mut event = registered(Some(name("ada@example.org")));
    let kept: Vec<_> = event.personal_fields().iter().map(|it| it.kept).collect();
    assert_eq!(kept, [Kept::InEvent, Kept::Beside]);
}

#[test]
fn an_event_names_each_of_its_subjects_once() {
    let event = registered(Some(name("ada@example.org")));
    assert_eq!(event.subjects(), ["user-7"]);
    assert_eq!(UserEvent::Locked.subjects(), [""; 0]);
}

#[test]
fn a_tag_is_how_its_field_is_displayed() {
    let tags = registered(None).tags().unwrap();
    assert_eq!(tags, [Tag::new("user:user-7").unwrap()]);
}

#[test]
fn an_event_tells_when_it_happened_if_it_knows() {
    let at = Timestamp::new(5, 0).unwrap();
    assert_eq!(registered(None).business_time(), Some(at));
    assert_eq!(invited(None, None).business_time(), None);
    let mut sent = invited(None, None);
    if let UserEvent::Invited { sent_at, .. } = &mut sent {
        *sent_at = Some(at);
    }
    assert_eq!(sent.business_time(), Some(at));
    let new = sent.to_new(EventId(Uuid::nil()), Metadata::default());
    assert_eq!(new.unwrap().metadata.business_time, Some(at));
}
