use annals_macros::ReadModel;

#[derive(ReadModel, Clone)]
#[read_model(table = "balances_of_all_accounts_at_the_end_of_each_day_in_their_own_currency")]
struct Balance {
    #[key]
    account: String,
}

#[derive(ReadModel, Clone)]
struct Turnover {
    #[key]
    account_that_the_turnover_of_all_days_since_it_was_opened_belongs_to: String,
}

fn main() {}
