//! `#[from(…)]`, `#[count(…)]`, `#[sum(…)]`: where the value of a column comes from.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Field, Ident, Member, Result, Token};

/// The attributes that name a source.
pub(super) const ATTRIBUTES: [&str; 3] = ["from", "count", "sum"];

/// Where the value of a column comes from.
pub(super) enum Source {
    /// From the record of each event, whatever happened.
    Record(RecordValue),
    /// From what happened; the last one counts.
    Told(Vec<Told>),
    /// Counted or summed up, from nothing.
    Tally(Vec<Step>),
}

/// What the store knows of every event.
#[derive(Clone, Copy)]
pub(super) enum RecordValue {
    StreamId,
    Version,
    Position,
    RecordedAt,
    HappenedAt,
}

/// What one event type says about a column: `Opened.owner` or `Closed => Status::Closed`.
pub(super) struct Told {
    pub(super) variant: Ident,
    pub(super) value: Value,
}

/// A value that an event type tells.
pub(super) enum Value {
    /// What is in a field, or in a field of it.
    Field(Vec<Member>),
    /// Always the same.
    Constant(Expr),
}

/// What one event type adds or takes away: `Deposited.cents`, or `-Withdrawn` where it counts.
pub(super) struct Step {
    pub(super) direction: Direction,
    pub(super) variant: Ident,
    /// The field that holds how much; none counts one.
    pub(super) amount: Vec<Member>,
}

/// Whether a step goes up or down.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Up,
    Down,
}

impl Source {
    /// The one source of a field.
    pub(super) fn of(field: &Field) -> Result<Self> {
        let is_source = |attribute: &&Attribute| {
            let path = attribute.path();
            ATTRIBUTES.iter().any(|name| path.is_ident(name))
        };
        let mut attributes = field.attrs.iter().filter(is_source);
        let Some(attribute) = attributes.next() else {
            let message = "say where it comes from: `#[from(…)]`, `#[count(…)]` or `#[sum(…)]`";
            return Err(Error::new_spanned(&field.ident, message));
        };
        if let Some(second) = attributes.next() {
            let message = "a column has one of `from`, `count` and `sum`, once";
            return Err(Error::new_spanned(second, message));
        }
        let source = Self::parse(attribute)?;
        if source.variants().next().is_none() && !matches!(source, Self::Record(_)) {
            return Err(Error::new_spanned(attribute, "name an event"));
        }
        Ok(source)
    }

    fn parse(attribute: &Attribute) -> Result<Self> {
        if attribute.path().is_ident("from") {
            return attribute.parse_args();
        }
        let parser = match attribute.path().is_ident("count") {
            true => Step::one,
            false => Step::of_amount,
        };
        let steps = |input: ParseStream<'_>| {
            Punctuated::<Step, Token![,]>::parse_terminated_with(input, parser)
        };
        Ok(Self::Tally(Vec::from_iter(
            attribute.parse_args_with(steps)?,
        )))
    }

    /// The event types it names, each as often as it does, and the field that it reads of them; none
    /// is empty.
    pub(super) fn reads(&self) -> Vec<(&Ident, &[Member])> {
        match self {
            Self::Record(_) => Vec::new(),
            Self::Told(told) => {
                let read = told.iter().map(|told| (&told.variant, told.value.field()));
                read.collect()
            }
            Self::Tally(steps) => {
                let read = steps.iter().map(|step| (&step.variant, &step.amount[..]));
                read.collect()
            }
        }
    }

    /// The event types it names, each as often as it does.
    pub(super) fn variants(&self) -> impl Iterator<Item = &Ident> {
        self.reads().into_iter().map(|(variant, _)| variant)
    }
}

impl Value {
    /// The field it is in; none is empty.
    fn field(&self) -> &[Member] {
        match self {
            Self::Field(members) => members,
            Self::Constant(_) => &[],
        }
    }
}

/// What stands between the parentheses of `from`.
impl Parse for Source {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let is_event = input.peek2(Token![.]) || input.peek2(Token![=>]);
        if input.peek(Ident) && !is_event {
            return RecordValue::named(&input.parse()?).map(Self::Record);
        }
        let told = Punctuated::<Told, Token![,]>::parse_terminated(input)?;
        Ok(Self::Told(Vec::from_iter(told)))
    }
}

impl RecordValue {
    fn named(name: &Ident) -> Result<Self> {
        match name.to_string().as_str() {
            "stream_id" => Ok(Self::StreamId),
            "version" => Ok(Self::Version),
            "position" => Ok(Self::Position),
            "recorded_at" => Ok(Self::RecordedAt),
            "happened_at" => Ok(Self::HappenedAt),
            _ => Err(expected_source(name)),
        }
    }
}

fn expected_source(found: &Ident) -> Error {
    let message = "expected `Event.field`, `Event => value`, or alone one of `stream_id`, \
                   `version`, `position`, `recorded_at`, `happened_at`";
    Error::new_spanned(found, message)
}

impl Parse for Told {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let variant: Ident = input.parse()?;
        if input.parse::<Option<Token![=>]>>()?.is_some() {
            let value = Value::Constant(input.parse()?);
            return Ok(Self { variant, value });
        }
        let members = members(input)?;
        if members.is_empty() {
            return Err(expected_source(&variant));
        }
        let value = Value::Field(members);
        Ok(Self { variant, value })
    }
}

impl Step {
    fn one(input: ParseStream<'_>) -> Result<Self> {
        Ok(Self {
            direction: input.parse()?,
            variant: input.parse()?,
            amount: Vec::new(),
        })
    }

    fn of_amount(input: ParseStream<'_>) -> Result<Self> {
        let step = Self {
            direction: input.parse()?,
            variant: input.parse()?,
            amount: members(input)?,
        };
        if step.amount.is_empty() {
            let message = "a sum needs the field that holds how much: `Event.field`";
            return Err(Error::new_spanned(step.variant, message));
        }
        Ok(step)
    }
}

impl Parse for Direction {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let minus: Option<Token![-]> = input.parse()?;
        Ok(minus.map_or(Self::Up, |_| Self::Down))
    }
}

/// `.amount.minor`, or `.0.cents` where the variant holds a struct.
fn members(input: ParseStream<'_>) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    while input.parse::<Option<Token![.]>>()?.is_some() {
        members.push(input.parse()?);
    }
    Ok(members)
}
