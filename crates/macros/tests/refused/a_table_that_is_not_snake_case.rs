use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
#[read_model(table = "Balances\"; drop table users")]
struct Balance {
    #[key]
    account: String,
}

fn main() {}
