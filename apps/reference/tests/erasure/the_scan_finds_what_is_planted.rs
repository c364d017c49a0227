//! A scan that finds nothing proves something only if it finds what is there.

use std::fs;

use annals::{Append, EventId, EventType, ExpectedVersion, IdSource, NewEvent, RandomIds};
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::people::{MARK, Person};
use crate::scan::{files_with_the_mark, has_the_mark};
use crate::{log, scan};

#[test]
fn in_every_form_that_it_knows() {
    let said = Person(7).says("anything");
    let utf_16: Vec<u16> = said.encode_utf16().collect();
    let little: Vec<u8> = utf_16.iter().flat_map(|it| it.to_le_bytes()).collect();
    let big: Vec<u8> = utf_16.iter().flat_map(|it| it.to_be_bytes()).collect();
    let amid = |bytes: &[u8]| [b"\x00\xff\x01", bytes, b"\xfe\x00"].concat();
    for planted in [said.as_bytes(), &little, &big] {
        assert!(has_the_mark(&amid(planted)), "{planted:?}");
    }
    for before in ["", "a", "ab"] {
        let encoded = STANDARD.encode(format!("{before}{said}, and more"));
        assert!(has_the_mark(&amid(encoded.as_bytes())), "{before}");
    }
    assert!(
        !has_the_mark(&amid(&said.as_bytes()[1..])),
        "what begins elsewhere"
    );
    assert_eq!(scan::forms(MARK).len(), 8);
}

#[tokio::test]
async fn in_a_file_of_the_log() {
    let directory = TempDir::new().unwrap();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    let event_type = EventType::new("Leaked").unwrap();
    let payload = format!("{{\"name\":\"{}\"}}", Person(7).says("name"));
    let event = NewEvent::json(EventId(RandomIds.next()), event_type, payload);
    let stream = "Leak-1".parse().unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
    bank.store().append(append).await.unwrap();
    let found = files_with_the_mark(directory.path());
    assert!(
        found.len() == 1 && found[0].starts_with(directory.path().join("log")),
        "{found:?}"
    );
    bank.stop().await;
}

#[test]
fn in_what_is_logged() {
    log::keep();
    tracing::trace!(name = Person(7).0, "nothing is said");
    let logged = log::logged();
    assert!(String::from_utf8_lossy(&logged).contains("nothing is said"));
    assert!(has_the_mark(format!("{:?}", Person(7).entry()).as_bytes()));
}

#[test]
fn in_a_directory_below() {
    let directory = TempDir::new().unwrap();
    let below = directory.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("told"), Person(7).email(0)).unwrap();
    assert_eq!(files_with_the_mark(directory.path()), [below.join("told")]);
}
