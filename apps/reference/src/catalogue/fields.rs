//! Fields of requests that only the catalogue has.

use annals::http::{Faults, JsonValue};

use super::product::{Attributes, stock_quantity};

/// Reads how many there are.
pub(super) fn quantity(value: JsonValue) -> Result<u64, Faults> {
    match value {
        JsonValue::Number(digits) => stock_quantity(&digits).map_err(Faults::whole),
        _ => Err(Faults::whole("must be a number")),
    }
}

/// Reads an object that is kept as it is.
pub(super) fn attributes(value: JsonValue) -> Result<Attributes, Faults> {
    let JsonValue::Object(object) = value else {
        return Err(Faults::whole("must be an object"));
    };
    Attributes::new(object.into_map()?).map_err(|fault| Faults::whole(fault.to_string()))
}
