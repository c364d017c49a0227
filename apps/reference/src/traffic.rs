//! Traffic of a bank, made up from a seed: for the demo, for tests and for measurements.

use annals::Timestamp;
use jiff::SignedDuration;

use crate::accounts::close::Close;
use crate::accounts::deposit::Deposit;
use crate::accounts::open::Open;
use crate::accounts::withdraw::Withdraw;
use crate::accounts::{AccountCommand, AccountId, OwnerId};
use crate::money::{Amount, Currency, Money};

/// Commands to accounts, without end, the same for the same seed: each account is opened first,
/// then paid in and out, and now and then asked to close. Some commands are refused, as the
/// generator knows of no balance.
#[derive(Debug, Clone)]
pub struct Traffic {
    random: Random,
    prefix: String,
    opened: Vec<bool>,
    now: Timestamp,
}

/// A command and the account it is for.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which account.
    pub account_id: AccountId,
    /// What is asked of it.
    pub command: AccountCommand,
}

/// How many accounts one owner has.
const ACCOUNTS_PER_OWNER: u64 = 3;

impl Traffic {
    /// Traffic on accounts `<prefix>-1`, `<prefix>-2` …, beginning on 2024-01-01.
    ///
    /// # Panics
    /// When there are no accounts.
    pub fn seeded(seed: u64, prefix: &str, accounts: usize) -> Self {
        assert!(accounts > 0, "traffic needs an account");
        Self {
            random: Random(seed),
            prefix: prefix.to_owned(),
            opened: vec![false; accounts],
            now: "2024-01-01T00:00:00Z".parse().expect("this is a time"),
        }
    }

    fn order(&mut self, number: usize) -> Order {
        let account_id: AccountId = format!("{}-{}", self.prefix, number + 1)
            .parse()
            .expect("prefix and number make an account id");
        let is_open = std::mem::replace(&mut self.opened[number], true);
        let command = match self.random.below(100) {
            _ if !is_open => self.open(account_id.clone(), number),
            0..55 => AccountCommand::Deposit(Deposit {
                amount: self.amount(),
                description: None,
                reference: None,
                at: self.now,
            }),
            55..99 => AccountCommand::Withdraw(Withdraw {
                amount: self.amount(),
                description: None,
                reference: None,
                at: self.now,
            }),
            _ => AccountCommand::Close(Close {
                reason: None,
                at: self.now,
            }),
        };
        Order {
            account_id,
            command,
        }
    }

    fn open(&mut self, account_id: AccountId, number: usize) -> AccountCommand {
        let owner = format!("owner-{}", number as u64 / ACCOUNTS_PER_OWNER + 1);
        let owner_id: OwnerId = owner.parse().expect("a number makes an owner id");
        let with_money = self.random.below(2) == 0;
        AccountCommand::Open(Open {
            account_id,
            owner_id,
            initial_deposit: with_money.then(|| self.amount()),
            at: self.now,
        })
    }

    fn amount(&mut self) -> Amount {
        let minor = 1 + self.random.below(50_000).cast_signed();
        Amount::new(Money::of_minor(minor, Currency::USD)).expect("at least a cent")
    }
}

impl Iterator for Traffic {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        let seconds = self.random.below(3_600).cast_signed();
        self.now += SignedDuration::from_secs(seconds);
        let number = self.random.below(self.opened.len() as u64);
        let number = usize::try_from(number).expect("below the number of accounts");
        Some(self.order(number))
    }
}

/// Numbers that look random and depend on the seed alone (SplitMix64, Steele et al. 2014).
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
