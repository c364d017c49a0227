use annals_core::{Metadata, Personal};

fn note(metadata: &mut Metadata, name: Personal<String>) {
    metadata.custom.insert("name".to_owned(), name);
}

fn main() {}
