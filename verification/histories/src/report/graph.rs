//! An anomaly of transactions as a page: a graph, an arrow for each dependency.

use std::fmt::Write;

use super::html::{escaped, head};
use crate::{
    answer::Verdict,
    transactions::{Explanation, Level},
};

/// Sizes in pixels: a box, a line of it, and what is between boxes.
const WIDTH: f64 = 190.0;
const LINE: f64 = 17.0;
/// How many operations of a transaction a box shows.
const SHOWN: usize = 10;

/// A page that shows the verdicts for a history of transactions, and the graph of an anomaly.
pub fn graph_html(title: &str, rows: &[(Level, Verdict, String)], why: Option<&Explanation>) -> String {
    let mut out = head(title);
    out.push_str("<table>\n");
    for (level, verdict, note) in rows {
        let note = escaped(note);
        let _ = writeln!(
            out,
            "<tr><td>{level}</td><td class=\"{verdict}\">{verdict}</td><td class=\"faint\">{note}</td></tr>"
        );
    }
    out.push_str("</table>\n");
    if let Some(why) = why {
        let _ = writeln!(out, "<h2>Why it is not {}</h2>", why.level);
        draw(&mut out, why);
        out.push_str(KEY);
        let _ = writeln!(out, "<pre>{}</pre>", escaped(&why.to_string()));
    }
    out.push_str("</body>\n</html>\n");
    out
}

const KEY: &str = "<p class=\"faint\">An arrow says that one transaction must take effect before another, so a circle of arrows \
    cannot be. <b>ww</b>: it is overwritten by the other; <b>wr</b>: it is read by the other; <b>rw</b>: it read what the other \
    overwrites; <b>session</b>, <b>real time</b>: it ended first; <b>axiom</b>: somebody must have seen it. A grey box is a witness. \
    Point at an arrow to see why it is there.</p>\n";

/// The place of a box.
struct Place {
    name: String,
    x: f64,
    y: f64,
    height: f64,
}

impl Place {
    /// Where a line from the middle of the box towards a point leaves it.
    fn border(&self, to: (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (to.0 - self.x, to.1 - self.y);
        let scale = (WIDTH / 2.0 / dx.abs().max(1e-6)).min(self.height / 2.0 / dy.abs().max(1e-6)).min(1.0);
        (self.x + dx * scale, self.y + dy * scale)
    }
}

fn draw(out: &mut String, why: &Explanation) {
    let drawing = why.drawing();
    // Boxes of what takes part; names without a box are the initial state.
    let mut names: Vec<(String, Vec<String>)> = Vec::new();
    for figure in &drawing.figures {
        let mut lines: Vec<String> = figure.ops.iter().take(SHOWN).cloned().collect();
        if figure.ops.len() > SHOWN {
            lines.push(format!("... {} more", figure.ops.len() - SHOWN));
        }
        names.push((figure.name.clone(), lines));
    }
    for arrow in &drawing.arrows {
        for name in [&arrow.from, &arrow.to] {
            if !names.iter().any(|(known, _)| known == name) {
                names.push((name.clone(), Vec::new()));
            }
        }
    }
    let count = names.len() as f64;
    let tallest = names.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0) as f64 * LINE + 34.0;
    let radius = if names.len() == 1 { 0.0 } else { (count * (WIDTH.max(tallest) + 60.0) / 6.0).max(150.0) };
    let (middle_x, middle_y) = (radius + WIDTH / 2.0 + 30.0, radius + tallest / 2.0 + 30.0);
    let places: Vec<Place> = names
        .iter()
        .enumerate()
        .map(|(index, (name, lines))| {
            let angle = std::f64::consts::TAU * index as f64 / count - std::f64::consts::FRAC_PI_2;
            Place {
                name: name.clone(),
                x: middle_x + radius * angle.cos(),
                y: middle_y + radius * angle.sin(),
                height: lines.len() as f64 * LINE + 26.0,
            }
        })
        .collect();
    let _ = writeln!(
        out,
        "<div class=\"scroll\"><svg width=\"{:.0}\" height=\"{:.0}\" role=\"img\" aria-label=\"graph of transactions\">\
         <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path class=\"tip\" d=\"M0 0L10 5L0 10z\"/></marker></defs>",
        2.0 * middle_x,
        2.0 * middle_y
    );
    let place = |name: &str| places.iter().find(|place| place.name == name);
    // Several dependencies between the same two share an arrow.
    let mut drawn: Vec<(&str, &str)> = Vec::new();
    for arrow in &drawing.arrows {
        let pair = (arrow.from.as_str(), arrow.to.as_str());
        if drawn.contains(&pair) {
            continue;
        }
        drawn.push(pair);
        let (Some(from), Some(to)) = (place(pair.0), place(pair.1)) else { continue };
        let same = drawing.arrows.iter().filter(|other| (other.from.as_str(), other.to.as_str()) == pair);
        let (labels, sentences): (Vec<&str>, Vec<&str>) =
            same.map(|arrow| (arrow.label, arrow.sentence.as_str())).unzip();
        // Arrows bend to their left, so that those of both directions are apart.
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let bend = 0.12 * length;
        let control =
            ((from.x + to.x) / 2.0 + dy / length * bend, (from.y + to.y) / 2.0 - dx / length * bend);
        let (start, end) = (from.border(control), to.border(control));
        let label = (
            0.25 * start.0 + 0.5 * control.0 + 0.25 * end.0,
            0.25 * start.1 + 0.5 * control.1 + 0.25 * end.1,
        );
        let _ = writeln!(
            out,
            "<g><title>{}</title><path class=\"arrow\" marker-end=\"url(#tip)\" d=\"M{:.0} {:.0}Q{:.0} {:.0} {:.0} {:.0}\"/>\
             <text class=\"bad\" text-anchor=\"middle\" x=\"{:.0}\" y=\"{:.0}\">{}</text></g>",
            escaped(&sentences.join("; ")),
            start.0,
            start.1,
            control.0,
            control.1,
            end.0,
            end.1,
            label.0,
            label.1 - 4.0,
            escaped(&labels.join(", "))
        );
    }
    // Who is on no arrow saw what the others did; where there is no arrow at all, everybody takes part.
    let is_part = |name: &str| {
        drawing.arrows.is_empty() || drawing.arrows.iter().any(|arrow| arrow.from == name || arrow.to == name)
    };
    for (place, (_, lines)) in places.iter().zip(&names) {
        let (left, top) = (place.x - WIDTH / 2.0, place.y - place.height / 2.0);
        let _ = writeln!(
            out,
            "<rect class=\"{}\" x=\"{left:.0}\" y=\"{top:.0}\" width=\"{WIDTH:.0}\" height=\"{:.0}\" rx=\"5\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"600\">{}</text>",
            if is_part(&place.name) { "matters" } else { "open" },
            place.height,
            left + 8.0,
            top + 17.0,
            escaped(&place.name)
        );
        for (index, line) in lines.iter().enumerate() {
            let brief: String = line.chars().take(25).collect();
            let _ = writeln!(
                out,
                "<text x=\"{:.0}\" y=\"{:.0}\">{}<title>{}</title></text>",
                left + 8.0,
                top + 17.0 + LINE * (index + 1) as f64,
                escaped(&brief),
                escaped(line)
            );
        }
    }
    out.push_str("</svg></div>\n");
}
