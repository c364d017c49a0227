use annals_core::{Personal, Tag};

fn tag(name: Personal<String>) {
    let _ = Tag::new(format!("name:{name}"));
}

fn main() {}
