use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
#[read_model(index(owner))]
struct Balance {
    #[key]
    account: String,
}

fn main() {}
