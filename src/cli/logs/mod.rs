//! `stackwright logs`: the output of services.

mod instance;
mod lane;
mod line;
mod merge;
mod print;
mod reader;
mod resume;
mod show;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tokio_util::sync::CancellationToken;

use self::lane::Span;
pub(super) use self::print::Look;
pub(super) use self::show::{Wanted, show};
use super::{
    selection::{StackArgs, services},
    target::Target,
    terminal::output_has_colors,
};

// `-f` follows, as in `docker compose logs`: a file has only its long option.
#[derive(Debug, clap::Args)]
#[command(mut_arg("files", |files| files.short(None)))]
pub(super) struct Args {
    /// Print the logs of these services [default: all services]
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Wait for further lines
    #[arg(short = 'f', long)]
    follow: bool,
    /// Print only lines from this time on, such as 2026-11-30T10:00:00Z or 10m
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Print only lines before this time, such as 2026-11-30T10:00:00Z or 10m
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Print only the last lines of each container; 'all' for all lines
    #[arg(long, value_name = "LINES", default_value = "all", value_parser = tail)]
    tail: Tail,
    /// Print the time of each line
    #[arg(short, long)]
    timestamps: bool,
    /// Print no name of a container before each line
    #[arg(long)]
    no_log_prefix: bool,
    /// Print no colors
    #[arg(long)]
    no_color: bool,
    /// Print the log of the container with this number, if the service has several
    #[arg(long, value_name = "NUMBER")]
    index: Option<usize>,
    #[command(flatten)]
    stack: StackArgs,
}

#[derive(Clone, Copy, Debug)]
enum Tail {
    All,
    Last(i64),
}

fn tail(text: &str) -> Result<Tail, String> {
    match text.parse::<i64>() {
        Ok(lines) if lines >= 0 => Ok(Tail::Last(lines)),
        // Docker Compose reads a negative number as all lines.
        Ok(_) => Ok(Tail::All),
        Err(_) if text == "all" => Ok(Tail::All),
        Err(_) => Err("write a number or 'all'".to_owned()),
    }
}

/// Reads a time: RFC 3339, a local date with or without a time, seconds since 1970, or a duration before now.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    read_time(text, Timestamp::now(), TimeZone::system())
}

fn read_time(text: &str, now: Timestamp, zone: TimeZone) -> Result<Timestamp, String> {
    let wrong = || "write a time such as 2026-11-30T10:00:00Z, or a duration such as 10m".to_owned();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).map_err(|_| wrong());
    }
    if let Ok(local) = text.parse::<DateTime>() {
        return zone.to_timestamp(local).map_err(|_| wrong());
    }
    let before: std::time::Duration = text.parse::<crate::api::Duration>().map_err(|_| wrong())?.into();
    now.checked_sub(before).map_err(|_| wrong())
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let stack = target.stack().await?;
    let named = if args.services.is_empty() { Vec::new() } else { services(&stack, &args.services)? };
    let tail = match args.tail {
        Tail::All => None,
        Tail::Last(lines) => Some(lines),
    };
    let is_ahead = args.until.is_none_or(|until| until > Timestamp::now());
    let wanted = Wanted {
        services: named,
        index: args.index,
        span: Span { follow: args.follow && is_ahead, since: args.since, tail },
        until: args.until,
        look: Look {
            prefix: !args.no_log_prefix,
            timestamps: args.timestamps,
            colors: !args.no_color && output_has_colors(),
        },
    };
    show(&target, &wanted, &CancellationToken::new()).await
}

/// Prints the logs of services from `since` on until `stop`, for a verb that shows what it has started.
///
/// # Errors
/// When a log cannot be read, or when standard output cannot be written.
pub(super) async fn follow(
    target: &Target,
    services: &[String],
    since: Option<Timestamp>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let wanted = Wanted {
        services: services.to_vec(),
        index: None,
        span: Span { follow: true, since, tail: None },
        until: None,
        look: Look { prefix: true, timestamps: false, colors: output_has_colors() },
    };
    show(target, &wanted, stop).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_absolute_or_before_now() {
        let now: Timestamp = "2026-11-30T10:00:00Z".parse().unwrap();
        let read = |text: &str| read_time(text, now, TimeZone::UTC).map(|time| time.to_string());
        for (text, expected) in [
            ("2026-11-30T09:00:00+01:00", "2026-11-30T08:00:00Z"),
            ("2026-11-30T09:00:00", "2026-11-30T09:00:00Z"),
            ("2026-11-30", "2026-11-30T00:00:00Z"),
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("1h30m", "2026-11-30T08:30:00Z"),
            ("10s", "2026-11-30T09:59:50Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        assert!(read("yesterday").is_err());
    }
}
