//! Who asks an instance of a saga for something.

use annals_runtime::Asker;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::command::{ANONYMOUS, RequestKey};
use crate::fields::{Fields, FromFields};
use crate::openapi::header;

const ACTOR: &str = "X-Actor";

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Who asks, by the headers of the request. The token says that they may, and nothing checks the name.
#[derive(Debug, Clone)]
pub(super) struct AskedBy(pub(super) Asker);

impl FromFields for AskedBy {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let RequestKey(key) = RequestKey::from_fields(fields)?;
        let name = fields.header(ACTOR, parse_name);
        let asker = Asker::new(name.unwrap_or_else(|| ANONYMOUS.to_owned()));
        Some(Self(match key {
            Some(key) => asker.under(key),
            None => asker,
        }))
    }
}

fn parse_name(text: &str) -> Result<String, String> {
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    match text.len() {
        1..=LONGEST_NAME if is_visible => Ok(text.to_owned()),
        _ => Err(format!(
            "must be 1 to {LONGEST_NAME} visible ASCII characters without spaces"
        )),
    }
}

impl utoipa::IntoParams for AskedBy {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = RequestKey::into_params(parameter_in);
        let description =
            "Who asks, as it is recorded: a name or an address. Without it: anonymous.";
        parameters.push(header(ACTOR, description));
        parameters
    }
}
