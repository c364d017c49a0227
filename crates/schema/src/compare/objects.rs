//! Fields of objects: which there are, which must be there, what one that is left out counts as.

use serde_json::{Map, Value};

use super::{in_short, shapes};
use crate::difference::{Change, Difference, field};

/// The fields of one form.
struct Fields<'a> {
    of: Option<&'a Map<String, Value>>,
    required: Option<&'a Vec<Value>>,
}

impl<'a> Fields<'a> {
    fn of(form: &'a Map<String, Value>) -> Self {
        Self {
            of: form.get("properties").and_then(Value::as_object),
            required: form.get("required").and_then(Value::as_array),
        }
    }

    fn all(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.of.into_iter().flatten()
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.of?.get(name)
    }

    fn requires(&self, name: &str) -> bool {
        let required = self.required.into_iter().flatten();
        required.into_iter().any(|required| required == name)
    }

    fn in_short(&self, name: &str) -> String {
        let shape = self.get(name).map(in_short).unwrap_or_default();
        let optional = if self.requires(name) {
            ""
        } else {
            ", optional"
        };
        format!("{name}: {shape}{optional}")
    }
}

pub(super) fn differences(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
) -> Vec<Difference> {
    let mut found = others(path, old, new);
    let (old, new) = (Fields::of(old), Fields::of(new));
    let mut added: Vec<&str> = new.all().map(|(name, _)| name.as_str()).collect();
    added.retain(|name| old.get(name).is_none());
    for (name, shape) in old.all() {
        match new.get(name) {
            Some(now) => {
                found.extend(shapes(&field(path, name), shape, now));
                found.extend(left_out(path, name, (&old, &new)));
            }
            None => {
                let renamed = added.iter().position(|added| fits(shape, new.get(added)));
                let renamed = renamed.map(|at| added.remove(at));
                found.push(removed(path, name, renamed, (&old, &new)));
            }
        }
    }
    let required = added.into_iter().filter(|name| new.requires(name));
    found.extend(required.map(|name| Difference {
        path: field(path, name),
        change: Change::RequiredAdded,
        before: String::new(),
        after: new.in_short(name),
    }));
    found
}

/// Fields that have no names of their own, as those of maps.
fn others(path: &str, old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Difference> {
    let any = Value::Bool(true);
    let others =
        |form: &Map<String, Value>| form.get("additionalProperties").unwrap_or(&any).clone();
    match others(old) {
        Value::Bool(false) => Vec::new(),
        old => shapes(&field(path, "*"), &old, &others(new)),
    }
}

fn fits(old: &Value, new: Option<&Value>) -> bool {
    new.is_some_and(|new| shapes("", old, new).is_empty() && shapes("", new, old).is_empty())
}

fn removed(
    path: &str,
    name: &str,
    renamed: Option<&str>,
    (old, new): (&Fields<'_>, &Fields<'_>),
) -> Difference {
    Difference {
        path: field(path, name),
        change: match renamed {
            Some(to) => Change::Renamed { to: to.to_owned() },
            None => Change::Removed,
        },
        before: old.in_short(name),
        after: renamed.map(|to| new.in_short(to)).unwrap_or_default(),
    }
}

/// What became of events that leave the field out.
fn left_out(path: &str, name: &str, (old, new): (&Fields<'_>, &Fields<'_>)) -> Option<Difference> {
    if old.requires(name) {
        return None;
    }
    let default = |fields: &Fields<'_>| {
        let default = fields.get(name)?.get("default");
        default.filter(|default| !default.is_null()).cloned()
    };
    let (before, after) = (default(old), default(new));
    let change = match new.requires(name) {
        true => Change::NowRequired,
        false if before != after => Change::DefaultChanged,
        false => return None,
    };
    let text = |fields: &Fields<'_>, default: Option<Value>| {
        let default = default.map(|default| format!(" = {default}"));
        format!("{}{}", fields.in_short(name), default.unwrap_or_default())
    };
    Some(Difference {
        path: field(path, name),
        change,
        before: text(old, before),
        after: text(new, after),
    })
}
