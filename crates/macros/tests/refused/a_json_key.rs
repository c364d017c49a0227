use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
struct Balance {
    #[key]
    account: serde_json::Value,
}

fn main() {}
