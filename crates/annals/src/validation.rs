//! The shape of commands by the rules of `garde`.

use annals_core::FieldFault;
use garde::Validate;

/// All that is wrong with the shape of a command by the rules that it declares with `garde`, for
/// [`Command::faults`](annals_core::Command::faults). Fields are named as they are in JSON by
/// convention: in camel case.
///
/// ```
/// # use annals::{Command, FieldFault, faults_of};
/// # use garde::Validate;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize, Validate)]
/// #[serde(rename_all = "camelCase")]
/// struct Order {
///     #[garde(length(min = 1))]
///     user_id: String,
///     #[garde(length(min = 1), dive)]
///     lines: Vec<Line>,
/// }
///
/// #[derive(Serialize, Deserialize, Validate)]
/// struct Line {
///     #[garde(range(min = 1))]
///     quantity: u32,
/// }
///
/// impl Command for Order {
///     const NAME: &'static str = "order";
///     type Reply = ();
///     type Refusal = String;
///
///     fn faults(&self) -> Vec<FieldFault> {
///         faults_of(self)
///     }
/// }
///
/// let order = Order { user_id: String::new(), lines: vec![Line { quantity: 0 }] };
/// let faults = order.faults();
/// let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
/// fields.sort();
/// assert_eq!(fields, ["lines[0].quantity", "userId"]);
/// ```
pub fn faults_of<V: Validate<Context: Default>>(value: &V) -> Vec<FieldFault> {
    let Err(report) = value.validate() else {
        return Vec::new();
    };
    let faults = report.iter();
    faults
        .map(|(path, error)| FieldFault::new(camel_case(&path.to_string()), error.message()))
        .collect()
}

/// `unit_price` as `unitPrice`, in each part of a path.
fn camel_case(path: &str) -> String {
    let mut named = String::with_capacity(path.len());
    let mut is_word_over = false;
    for letter in path.chars() {
        match letter {
            '_' => is_word_over = true,
            _ if is_word_over => {
                named.extend(letter.to_uppercase());
                is_word_over = false;
            }
            _ => named.push(letter),
        }
    }
    named
}
