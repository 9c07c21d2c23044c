//! `--watch`: a text that is printed again after each change.

use std::io::{self, IsTerminal};
use std::time::Duration;

use super::{pods::PodWatch, target::Target, terminal::print};

/// The time in which further changes come before the text is printed.
const SETTLE: Duration = Duration::from_millis(250);

/// The time after which the text is printed without a change of a Pod: ages grow, and states of services change.
const AT_MOST: Duration = Duration::from_secs(2);

/// Moves the cursor to the first line, and clears the screen.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// Prints a text until Ctrl-C: in place on a terminal, and elsewhere again after each change of the text.
pub(super) async fn repeat(
    target: &Target,
    text: impl AsyncFn() -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    let mut pods = PodWatch::new(target);
    let mut last = None;
    loop {
        let next = text().await?;
        if last.as_ref() != Some(&next) {
            print(&if is_terminal { format!("{CLEAR}{next}") } else { next.clone() })?;
            last = Some(next);
        }
        tokio::select! {
            changed = pods.changed() => {
                changed?;
                tokio::time::sleep(SETTLE).await;
            }
            () = tokio::time::sleep(AT_MOST) => {}
        }
    }
}
