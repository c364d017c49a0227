//! The rows of a file of transactions.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use annals::Timestamp;
use csv::StringRecord;
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ImportError;
use crate::accounts::deposit::Deposit;
use crate::accounts::open::Open;
use crate::accounts::read_models::TransactionKind;
use crate::accounts::withdraw::Withdraw;
use crate::accounts::{AccountCommand, AccountId};
use crate::money::{Amount, Currency, Money};

/// The currency of the data.
pub(super) const CURRENCY: Currency = Currency::CZK;

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id, unique in its account.
    pub transaction_id: String,
    /// The account it is on.
    pub account_id: AccountId,
    /// The day it was made on.
    pub date: Date,
    /// In or out.
    pub kind: TransactionKind,
    /// What it was for.
    pub operation: String,
    /// How much.
    pub amount: Amount,
}

impl Row {
    /// When it was made: midnight in UTC, as the data tells no hour.
    pub fn time(&self) -> Timestamp {
        let midnight = self.date.to_zoned(TimeZone::UTC);
        midnight
            .expect("every day has a midnight in UTC")
            .timestamp()
    }

    /// What two rows of the same id must have in common.
    pub(super) fn fingerprinted(&self) -> String {
        let Self {
            date,
            kind,
            amount,
            operation,
            ..
        } = self;
        format!("{date} {} {} {operation}", kind.word(), amount.money())
    }

    /// The command that opens its account, for an owner of the same name: the data tells none.
    pub(super) fn opening(&self) -> AccountCommand {
        let owner = self.account_id.as_str().parse();
        AccountCommand::Open(Open {
            account_id: self.account_id.clone(),
            owner_id: owner.expect("an account id is a valid owner id"),
            initial_deposit: None,
            at: self.time(),
        })
    }

    /// The command that carries it out.
    pub(super) fn payment(&self) -> AccountCommand {
        let (amount, at) = (self.amount, self.time());
        let description = Some(self.operation.clone()).filter(|operation| !operation.is_empty());
        match self.kind {
            TransactionKind::Deposit => AccountCommand::Deposit(Deposit {
                amount,
                description,
                reference: None,
                at,
            }),
            TransactionKind::Withdrawal => AccountCommand::Withdraw(Withdraw {
                amount,
                description,
                reference: None,
                at,
            }),
        }
    }
}

/// All rows of a file; compressed if its name ends in `.gz`.
///
/// # Errors
/// [`ImportError::File`] and [`ImportError::Row`].
pub fn read_rows(path: &Path) -> Result<Vec<Row>, ImportError> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let bytes: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut reader = csv::Reader::from_reader(BufReader::new(bytes));
    let headers = reader.headers().map_err(|error| unreadable(path, error))?;
    let columns = Columns::of(path, headers)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(path, error))?;
        rows.push(columns.read(path, &record)?);
    }
    Ok(rows)
}

fn unreadable(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ImportError {
    ImportError::File {
        file: path.to_owned(),
        source: source.into(),
    }
}

/// Longest id of a transaction, in bytes: with what is put before it, it names a conversation.
const MAX_TRANSACTION_ID: usize = 200;

/// Where in a record each field is.
struct Columns {
    transaction_id: usize,
    account_id: usize,
    date: usize,
    kind: usize,
    operation: usize,
    amount: usize,
}

impl Columns {
    fn of(path: &Path, headers: &StringRecord) -> Result<Self, ImportError> {
        let place = |field: &'static str| {
            let place = headers.iter().position(|header| header == field);
            place.ok_or_else(|| ImportError::Row {
                file: path.to_owned(),
                line: 1,
                field,
                message: "is missing from the header".to_owned(),
            })
        };
        Ok(Self {
            transaction_id: place("transaction_id")?,
            account_id: place("account_id")?,
            date: place("date")?,
            kind: place("kind")?,
            operation: place("operation")?,
            amount: place("amount")?,
        })
    }

    fn read(&self, path: &Path, record: &StringRecord) -> Result<Row, ImportError> {
        // The reader has checked that every record has as many fields as the header.
        let text = |column: usize| record.get(column).unwrap_or_default();
        let fault = |field: &'static str, message: String| ImportError::Row {
            file: path.to_owned(),
            line: record.position().map_or(0, csv::Position::line),
            field,
            message,
        };
        Ok(Row {
            transaction_id: parse_transaction_id(text(self.transaction_id))
                .map_err(|message| fault("transaction_id", message))?,
            account_id: (text(self.account_id).parse())
                .map_err(|invalid| fault("account_id", format!("{invalid}")))?,
            date: (text(self.date).parse())
                .map_err(|_| fault("date", "must be a date such as 1993-01-31".to_owned()))?,
            kind: parse_kind(text(self.kind)).map_err(|message| fault("kind", message))?,
            operation: text(self.operation).to_owned(),
            amount: parse_amount(text(self.amount)).map_err(|message| fault("amount", message))?,
        })
    }
}

fn parse_transaction_id(text: &str) -> Result<String, String> {
    match text {
        "" => Err("is missing".to_owned()),
        text if text.len() > MAX_TRANSACTION_ID => {
            Err(format!("is longer than {MAX_TRANSACTION_ID} bytes"))
        }
        text => Ok(text.to_owned()),
    }
}

fn parse_kind(text: &str) -> Result<TransactionKind, String> {
    match text {
        "deposit" => Ok(TransactionKind::Deposit),
        "withdrawal" => Ok(TransactionKind::Withdrawal),
        _ => Err("must be deposit or withdrawal".to_owned()),
    }
}

/// Hundredths, as a whole number.
fn parse_amount(text: &str) -> Result<Amount, String> {
    let minor = text.parse();
    let minor = minor.map_err(|_| "must be a whole number of hundredths".to_owned())?;
    Amount::new(Money::of_minor(minor, CURRENCY)).map_err(|fault| fault.to_string())
}
