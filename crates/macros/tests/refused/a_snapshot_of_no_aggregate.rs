use annals_macros::snapshot;

struct Account;

#[snapshot]
impl Account {
    pub fn evolve(&mut self) {}
}

fn main() {}
