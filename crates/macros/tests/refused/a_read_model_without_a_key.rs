use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
struct Balance {
    account: String,
}

fn main() {}
