//! Which fields hold a value of a type, or an `Option` of one, as far as their declaration shows.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// How a field holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Always,
    /// In an `Option`.
    Perhaps,
}

impl Held {
    /// How a field of type `ty` holds one of the type that is called `name`.
    pub(super) fn of(ty: &Type, name: &str) -> Option<Self> {
        let outer = last_segment(ty)?;
        if outer.ident == name {
            return Some(Self::Always);
        }
        let inner = last_segment(argument(outer)?)?;
        (outer.ident == "Option" && inner.ident == name).then_some(Self::Perhaps)
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn argument(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(ty)) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}
