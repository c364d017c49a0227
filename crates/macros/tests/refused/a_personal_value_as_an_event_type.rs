use annals_core::{EventType, Personal};

fn event_type(name: Personal<String>) {
    let _ = EventType::new(name);
}

fn main() {}
