use annals_core::{Personal, StreamId};

fn stream(name: Personal<String>) {
    let _ = StreamId::new("User", name);
}

fn main() {}
