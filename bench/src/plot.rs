//! Plots as SVG: figures as bars, latencies as lines from p50 over p99 to p99.9.

use std::fmt::Write;

use crate::candidates::ANNALS;
use crate::measure::{Measure, Row};

const WIDTH: f64 = 760.0;
const LABELS: f64 = 190.0;
const FIGURES: f64 = 140.0;
const HEAD: f64 = 40.0;
const LINE: f64 = 28.0;

const OURS: &str = "#b4452f";
const OTHERS: &str = "#8a93a3";
const INK: &str = "#20242c";

/// The plots of a measure, each with what it shows; none where there is nothing to compare.
pub(crate) fn of(measure: &Measure) -> Vec<(&'static str, String)> {
    if measure.rows.len() < 2 {
        return Vec::new();
    }
    let mut plots = vec![("figures", bars(measure))];
    if measure.rows.iter().all(|row| !row.latency.is_empty()) {
        plots.push(("latencies", latencies(measure)));
    }
    plots
}

/// A bar for the median of each candidate, with a thin line from its lowest to its highest round.
fn bars(measure: &Measure) -> String {
    let most = measure
        .rows
        .iter()
        .map(|row| row.figure().most)
        .fold(0.0, f64::max);
    let at = |figure: f64| LABELS + (WIDTH - LABELS - FIGURES) * figure / most;
    let title = format!("{}, {}", measure.title, measure.unit.name());
    draw(&title, measure, |row, y| {
        let figure = row.figure();
        let (colour, end) = (colour(row), at(figure.median));
        let (width, top, middle) = (end - LABELS, y - 8.0, y + 0.5);
        let text = measure.unit.format(figure.median);
        let (least, most) = (at(figure.least), at(figure.most));
        let beside = end.max(most) + 6.0;
        format!(
            r#"<rect x="{LABELS}" y="{top}" width="{width:.1}" height="16" fill="{colour}"/>
<path d="M{least:.1} {middle}H{most:.1}" stroke="{INK}"/>
<text x="{beside:.1}" y="{y}" dominant-baseline="middle">{text}</text>
"#
        )
    })
}

/// A line for each candidate, on a logarithmic scale.
fn latencies(measure: &Measure) -> String {
    let all = || measure.rows.iter().flat_map(percentiles);
    let least = all().fold(f64::INFINITY, f64::min).log10();
    let most = all().fold(f64::NEG_INFINITY, f64::max).log10();
    let span = (most - least).max(f64::EPSILON);
    let at = |figure: f64| LABELS + (WIDTH - LABELS - FIGURES) * (figure.log10() - least) / span;
    let title = format!("{}: latency p50, p99, p99.9, ms", measure.title);
    draw(&title, measure, |row, y| {
        let colour = colour(row);
        let places = percentiles(row).map(at);
        let [first, _, last] = places;
        let mut marks =
            format!(r#"<path d="M{first:.1} {y}H{last:.1}" stroke="{colour}" stroke-width="2"/>"#);
        for place in places {
            let _ = write!(
                marks,
                r#"<circle cx="{place:.1}" cy="{y}" r="4" fill="{colour}"/>"#
            );
        }
        let text = percentiles(row).map(|milliseconds| format!("{milliseconds:.2}"));
        let (text, beside) = (text.join(" · "), last + 10.0);
        let _ = write!(
            marks,
            r#"<text x="{beside:.1}" y="{y}" dominant-baseline="middle">{text}</text>"#
        );
        marks
    })
}

/// Never zero: it is drawn on a logarithmic scale.
fn percentiles(row: &Row) -> [f64; 3] {
    [50.0, 99.0, 99.9].map(|percentile| row.percentile(percentile).unwrap_or(0.0).max(0.001))
}

fn draw(title: &str, measure: &Measure, marks: impl Fn(&Row, f64) -> String) -> String {
    let height = HEAD + LINE * measure.rows.len() as f64 + 8.0;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12" fill="{INK}">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="22" font-size="14" font-weight="bold">{title}</text>
"#
    );
    let label = LABELS - 10.0;
    for (row, place) in measure.rows.iter().zip(0_u16..) {
        let y = HEAD + LINE * (f64::from(place) + 0.5);
        let (name, marks) = (row.name, marks(row, y));
        let _ = writeln!(
            svg,
            r#"<text x="{label}" y="{y}" text-anchor="end" dominant-baseline="middle">{name}</text>{marks}"#
        );
    }
    svg + "</svg>\n"
}

fn colour(row: &Row) -> &'static str {
    if row.name.starts_with(ANNALS) {
        OURS
    } else {
        OTHERS
    }
}
