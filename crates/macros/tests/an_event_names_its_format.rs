//! An event type says how it is written, and whatever is written reads back.

mod stored;

use annals_core::{ContentType, Event, EventId, Metadata, decode};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use stored::recorded;

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Statement {
    Asked {
        pages: u8,
    },
    #[event(messagepack)]
    Counted {
        pages: u8,
    },
    #[event(compressed)]
    Written {
        text: String,
    },
    #[event(messagepack, compressed)]
    Packed {
        text: String,
    },
}

#[test]
fn each_event_is_written_in_its_format_and_reads_back() {
    let text = "page ".repeat(500);
    let events = [
        (Statement::Asked { pages: 5 }, "application/json"),
        (Statement::Counted { pages: 5 }, "application/msgpack"),
        (
            Statement::Written { text: text.clone() },
            "application/json+gzip",
        ),
        (Statement::Packed { text }, "application/msgpack+gzip"),
    ];
    for (event, content_type) in events {
        let new = event.to_new(EventId(Uuid::nil()), Metadata::default());
        let new = new.expect("it has a stored form");
        assert_eq!(new.content_type.as_str(), content_type);
        let mut record = recorded(event.schema().name, 1, new.data.to_vec());
        record.content_type = ContentType::new(content_type).expect("a valid name");
        let read = decode::<Statement>(record).expect("it is in a known format");
        assert_eq!(read[0].event, event);
    }
}
