use annals_macros::snapshot;

struct Account;

trait Aggregate {}

#[snapshot(version = 2)]
impl Aggregate for Account {}

fn main() {}
