//! How figures are written.

/// What the figures of a measure are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// `events/s`, `commands/s`: more is better.
    PerSecond(&'static str),
    /// Less is better.
    Milliseconds,
    /// Less is better.
    Mebibytes,
}

impl Unit {
    /// `events/s`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PerSecond(name) => name,
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
        }
    }

    /// `12,345` or `1.23`.
    pub(crate) fn format(self, figure: f64) -> String {
        if figure < 100.0 {
            format!("{figure:.2}")
        } else {
            grouped(figure as usize)
        }
    }

    /// True if the candidate with the highest figure is the best.
    pub(crate) fn more_is_better(self) -> bool {
        matches!(self, Self::PerSecond(_))
    }
}

/// `12,345`.
pub(crate) fn grouped(figure: usize) -> String {
    let digits = figure.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
