//! Standard output and standard error: every verb prints through this module.

use std::fmt::Arguments;
use std::io::{self, Write};

use anyhow::Context;
use clap::ColorChoice;

/// The reader of standard output has closed its end of the pipe, as `head` does. This is no failure of the verb.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub struct ClosedPipe;

/// Writes a text to standard output.
///
/// # Errors
/// [`ClosedPipe`] when nothing reads standard output any more, and another error when the text cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes bytes to standard output.
///
/// # Errors
/// As [`print()`].
pub fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ClosedPipe.into()),
        result => result.context("cannot write to standard output"),
    }
}

/// Writes a line to standard error, without colors where these are not wanted.
pub fn write_message(text: Arguments<'_>) {
    // Where standard error cannot be written, no place is left to say so: `eprintln!` would panic.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Writes a line to standard error. The arguments are those of `format!`.
macro_rules! message {
    ($($argument:tt)*) => { $crate::cli::terminal::write_message(format_args!($($argument)*)) };
}
pub(super) use message;

/// Sets when output has colors. With `auto`, NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM decide, and whether the output
/// is a terminal.
pub fn set_colors(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Returns the value of `--color` in a command line that clap has not read yet, for the help and the errors that clap
/// prints itself.
pub fn color_argument(arguments: impl IntoIterator<Item = String>) -> Option<ColorChoice> {
    let mut arguments = arguments.into_iter().take_while(|argument| argument != "--");
    let value = arguments.by_ref().find_map(|argument| match argument.strip_prefix("--color") {
        Some("") => Some(None),
        Some(value) => value.strip_prefix('=').map(|value| Some(value.to_owned())),
        None => None,
    })?;
    value.or_else(|| arguments.next())?.parse().ok()
}

/// Reports whether standard error shows colors.
pub fn has_colors() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Reports whether standard output shows colors.
pub fn output_has_colors() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Returns the number of columns of standard output, if this is a terminal.
pub fn output_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// Returns the number of columns of standard error, if this is a terminal.
pub fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_argument_is_found_wherever_clap_finds_it() {
        let found = |line: &str| color_argument(line.split(' ').map(str::to_owned));
        assert_eq!(found("stackwright --color never config"), Some(ColorChoice::Never));
        assert_eq!(found("stackwright config --color=always -q"), Some(ColorChoice::Always));
        assert_eq!(found("stackwright config --colors=always"), None);
        assert_eq!(found("stackwright config --color=loud"), None);
        assert_eq!(found("stackwright config --color"), None);
        assert_eq!(found("stackwright helper hook -- sh --color always"), None);
    }
}
