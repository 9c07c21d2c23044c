//! The end of a wait: what the user reads, and the exit code.

use std::time::Duration;

use kube::ResourceExt;

use super::follow::{Follow, Goal, Outcome, follow};
use super::view::View;
use crate::api::{Duration as Span, Stack};
use crate::cli::connection::Connection;
use crate::cli::failure::{Failure, exit};
use crate::cli::program;

/// How a verb waits for what it has changed.
#[derive(Clone, Debug, clap::Args)]
pub struct FollowArgs {
    /// Return when the change is applied, before the services have followed it
    #[arg(long)]
    pub no_wait: bool,
    /// Wait at most this time, such as 90s or 5m [default: no limit]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub wait_timeout: Option<Duration>,
    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// Parses a duration such as `90s` or `5m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    // docker compose writes seconds without a unit.
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    text.parse::<Span>().map(Duration::from).map_err(|error| error.to_string())
}

/// Waits until a changed Stack reaches a goal, unless the user does not want to wait.
///
/// # Errors
/// When the Stack cannot be watched, or the goal is not reached.
pub async fn until(
    connection: &Connection,
    changed: &Stack,
    goal: Goal,
    args: &FollowArgs,
) -> anyhow::Result<()> {
    if args.no_wait {
        return Ok(());
    }
    let name = changed.name_any();
    let what =
        Follow { name: &name, generation: changed.metadata.generation, goal, timeout: args.wait_timeout };
    let mut view = View::new(args.quiet);
    let outcome = follow(connection, &what, &mut view).await;
    view.finish();
    settle(connection, &name, outcome?).map(|_| ())
}

/// The exit code of a process that Ctrl-C has ended, as a shell reports it.
const INTERRUPTED: u8 = 130;

/// Returns the Stack that has reached its goal. There is none if the goal was its deletion.
///
/// # Errors
/// When the goal was not reached.
pub fn settle(connection: &Connection, name: &str, outcome: Outcome) -> anyhow::Result<Option<Box<Stack>>> {
    let program = program::name();
    let namespace = &connection.namespace;
    let failure = match outcome {
        Outcome::Reached(stack) => return Ok(stack),
        Outcome::Stalled(message) => Failure::new(format!("Stack {name} cannot become ready: {message}"))
            .remedy("correct the project, and run the command again"),
        Outcome::Deleted => Failure::new(format!("Stack {name} was deleted by someone else")),
        Outcome::TimedOut(message) => Failure::new(format!("the time is over for Stack {name}: {message}"))
            .remedy(format!("run kubectl -n {namespace} describe stack {name}"))
            .code(exit::TIMEOUT),
        Outcome::Interrupted => {
            Failure::new(format!("interrupted, and the work on Stack {name} goes on in the cluster"))
                .remedy(format!("run {program} down -p {name} -n {namespace} to remove the Stack"))
                .code(INTERRUPTED)
        }
    };
    Err(failure.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(duration("soon").is_err());
    }
}
