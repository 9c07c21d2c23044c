//! The lines of a progress.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::terminal::{has_colors, message};

/// How a line is drawn. The text of the state says the same.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Phase {
    /// The service is at work or waits.
    #[default]
    Working,
    /// The service is where it should be.
    Done,
    /// The service needs the user.
    Failed,
}

/// The state of one service, or of another thing that the user waits for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// The name.
    pub name: String,
    /// The state, in one word.
    pub state: String,
    /// What it waits for, or why it failed.
    pub cause: Option<String>,
    /// How the line is drawn.
    pub phase: Phase,
}

/// A view of rows. Each row has the time since its first state, which stops when the row is done.
pub struct View {
    output: Output,
    start: Instant,
    shown: BTreeMap<String, Row>,
}

enum Output {
    Terminal { screen: MultiProgress, lines: BTreeMap<String, ProgressBar> },
    Lines,
    Nothing,
}

/// How often a terminal is repainted, so that spinners and times move.
pub const FRAME: Duration = Duration::from_millis(100);

impl View {
    /// Returns a view on standard error, or one that shows nothing.
    pub fn new(quiet: bool) -> Self {
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let output = if quiet {
            Output::Nothing
        } else if std::io::stderr().is_terminal() && !is_dumb {
            let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
            Output::Terminal { screen, lines: BTreeMap::new() }
        } else {
            Output::Lines
        };
        Self { output, start: Instant::now(), shown: BTreeMap::new() }
    }

    /// Shows the rows. On a terminal, a row that is missing disappears. Elsewhere, only rows that differ from what was
    /// printed are appended.
    pub fn show(&mut self, rows: &[Row]) {
        let elapsed = self.start.elapsed();
        match &mut self.output {
            Output::Nothing => {}
            Output::Lines => {
                for row in rows.iter().filter(|row| self.shown.get(&row.name) != Some(*row)) {
                    message!("{}", plain(row, elapsed));
                }
            }
            Output::Terminal { screen, lines } => {
                lines.retain(|name, line| {
                    let stays = rows.iter().any(|row| row.name == *name);
                    if !stays {
                        line.finish_and_clear();
                    }
                    stays
                });
                let width = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
                for row in rows.iter().filter(|row| self.shown.get(&row.name) != Some(*row)) {
                    let line = lines
                        .entry(row.name.clone())
                        .or_insert_with(|| screen.add(ProgressBar::new_spinner()));
                    paint(line, row, width);
                }
            }
        }
        self.shown = rows.iter().map(|row| (row.name.clone(), row.clone())).collect();
    }

    /// Moves the spinners and times of a terminal. Call it once for each [`FRAME`].
    pub fn tick(&self) {
        if let Output::Terminal { lines, .. } = &self.output {
            lines.values().filter(|line| !line.is_finished()).for_each(ProgressBar::tick);
        }
    }

    /// Prints a line above the rows, or at the end.
    pub fn say(&self, text: &str) {
        match &self.output {
            Output::Nothing => {}
            Output::Lines => message!("{text}"),
            Output::Terminal { screen, .. } => screen.suspend(|| message!("{text}")),
        }
    }

    /// Leaves the last state of the rows on the terminal.
    pub fn finish(self) {
        if let Output::Terminal { lines, .. } = self.output {
            lines.into_values().filter(|line| !line.is_finished()).for_each(|line| line.abandon());
        }
    }
}

fn paint(line: &ProgressBar, row: &Row, width: usize) {
    let (color, ticks): (_, &[&str]) = match row.phase {
        Phase::Working => ("yellow", &["|", "/", "-", "\\", "|"]),
        Phase::Done => ("green", &["+", "+"]),
        Phase::Failed => ("red", &["!", "!"]),
    };
    let color = if has_colors() { format!(":.{color}") } else { String::new() };
    let template = format!("{{spinner}} {{prefix{color}}} {{elapsed:>5}}  {{wide_msg}}");
    // The template is made here, and a wrong one would only lose its style.
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    line.set_style(style.tick_strings(ticks));
    line.set_prefix(format!("{:width$}  {:9}", row.name, row.state));
    let cause = row.cause.as_deref().unwrap_or_default().replace(['\n', '\r'], " ");
    if row.phase == Phase::Done {
        line.abandon_with_message(cause);
        return;
    }
    // A service that was up can start again.
    if line.is_finished() {
        line.reset();
    }
    line.set_message(cause);
    line.tick();
}

/// Returns `  3s db: Starting: 0 of 1 containers are ready`.
fn plain(row: &Row, elapsed: Duration) -> String {
    let mut text = format!("{:>4}s {}: {}", elapsed.as_secs(), row.name, row.state);
    if let Some(cause) = &row.cause {
        let _ = write!(text, ": {cause}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_has_time_name_state_and_cause() {
        let row = Row {
            name: "db".into(),
            state: "Waiting".into(),
            cause: Some("Secret db".into()),
            phase: Phase::Working,
        };
        assert_eq!(plain(&row, Duration::from_secs(3)), "   3s db: Waiting: Secret db");
        assert_eq!(plain(&Row { cause: None, ..row }, Duration::from_secs(120)), " 120s db: Waiting");
    }
}
