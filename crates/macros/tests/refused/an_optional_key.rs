use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
struct Balance {
    #[key]
    account: Option<String>,
}

fn main() {}
