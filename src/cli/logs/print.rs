//! The lines of logs as they are shown.

use std::collections::BTreeMap;
use std::io::Write as _;

use clap::builder::styling::{AnsiColor, Color, Style};

use super::line::Line;

/// The colors of services, in the order of Docker Compose.
const COLORS: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightYellow,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

/// How lines are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli) struct Look {
    /// Whether a line starts with the name of its container.
    pub prefix: bool,
    /// Whether a line has the time at which the node has read it.
    pub timestamps: bool,
    pub colors: bool,
}

/// The prefixes of lines: as wide as the longest name so far, with a color for each service.
#[derive(Debug)]
pub(super) struct Printer {
    look: Look,
    width: usize,
    colors: BTreeMap<String, AnsiColor>,
    out: Vec<u8>,
}

impl Printer {
    pub fn new(look: Look) -> Self {
        Self { look, width: 0, colors: BTreeMap::new(), out: Vec::new() }
    }

    /// Makes room for the name of a container, and chooses the color of its service.
    pub fn announce(&mut self, service: &str, name: &str) {
        self.width = self.width.max(name.chars().count());
        let color = COLORS[self.colors.len() % COLORS.len()];
        self.colors.entry(service.to_owned()).or_insert(color);
    }

    /// Adds a line.
    pub fn add(&mut self, service: &str, name: &str, line: &Line) {
        if self.look.prefix {
            let prefix = format!("{name:<width$}  | ", width = self.width);
            let color = self.colors.get(service).filter(|_| self.look.colors);
            let style = color.map(|color| Style::new().fg_color(Some(Color::Ansi(*color))));
            // Writing to a Vec cannot fail.
            let _ = match style {
                Some(style) => write!(self.out, "{style}{prefix}{style:#}"),
                None => write!(self.out, "{prefix}"),
            };
        }
        if self.look.timestamps {
            let _ = write!(self.out, "{} ", line.time);
        }
        self.out.extend_from_slice(&line.text);
        self.out.push(b'\n');
    }

    /// Returns the number of bytes that wait.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes what was added.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { time: "2026-11-30T10:00:00.5Z".parse().unwrap(), text: text.as_bytes().to_vec() }
    }

    fn printed(look: Look) -> String {
        let mut printer = Printer::new(look);
        printer.announce("web", "web-1");
        printer.add("web", "web-1", &line("one"));
        printer.announce("database", "database-1");
        printer.add("web", "web-1", &line("two"));
        printer.add("database", "database-1", &line("three"));
        String::from_utf8(printer.take()).unwrap()
    }

    #[test]
    fn the_prefix_grows_with_the_longest_name() {
        let plain = Look { prefix: true, ..Look::default() };
        assert_eq!(printed(plain), "web-1  | one\nweb-1       | two\ndatabase-1  | three\n");
        assert_eq!(printed(Look::default()), "one\ntwo\nthree\n");
        let timed = Look { timestamps: true, ..Look::default() };
        assert!(printed(timed).starts_with("2026-11-30T10:00:00.5Z one\n"));
    }

    #[test]
    fn each_service_has_a_color_of_its_own() {
        let text = printed(Look { prefix: true, colors: true, ..Look::default() });
        assert!(text.starts_with("\u{1b}[36mweb-1  | \u{1b}[0mone\n"), "{text:?}");
        assert!(text.contains("\u{1b}[33mdatabase-1  | \u{1b}[0mthree"), "{text:?}");
    }
}
