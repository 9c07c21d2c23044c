//! Colors and the width of the terminal.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{BROKEN, PROJECT, folder, stackwright};

/// Commands that print a diagnostic, an error, or help.
const SPEAKING: &[&[&str]] = &[
    &["config", "--quiet"],
    &["config", "-f", "broken.yaml"],
    &["convert"],
    &["render"],
    &["render", "-f", "broken.yaml"],
    &["explain", "SW9999"],
    &["controller", "--no-lease", "--no-http"],
    &["no-such-verb"],
];

fn project(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    fs::write(folder.join("compose.yaml"), PROJECT).unwrap();
    fs::write(folder.join("broken.yaml"), BROKEN).unwrap();
    folder
}

#[test]
fn the_color_option_has_precedence_over_the_environment() {
    let folder = project("colors");
    for arguments in SPEAKING {
        for (color, variable, is_colored) in [
            (None, None, false),
            (None, Some(("CLICOLOR_FORCE", "1")), true),
            (Some("auto"), Some(("CLICOLOR_FORCE", "1")), true),
            (Some("always"), None, true),
            (Some("always"), Some(("NO_COLOR", "1")), true),
            (Some("never"), Some(("CLICOLOR_FORCE", "1")), false),
        ] {
            let option = color.map(|color| format!("--color={color}"));
            let arguments: Vec<&str> =
                option.as_deref().into_iter().chain(arguments.iter().copied()).collect();
            let output = stackwright(&folder, &arguments).envs(variable).output().unwrap();
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(!errors.is_empty(), "{arguments:?}");
            assert_eq!(errors.contains('\x1b'), is_colored, "{arguments:?} {variable:?}: {errors}");
        }
    }
}

#[test]
fn the_help_has_colors_where_they_are_wanted() {
    let folder = project("help-colors");
    for arguments in [["--help", "--color=always"], ["--color=always", "--help"], ["--color=never", "--help"]]
    {
        let output = stackwright(&folder, &arguments).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert_eq!(help.contains('\x1b'), arguments.contains(&"--color=always"), "{arguments:?}");
    }
}

/// Runs a command with standard error on a terminal of this width, and returns what the terminal shows.
fn on_terminal(folder: &Path, columns: u16, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).unwrap();
    let program = ioctl_tiocgptpeer(&terminal, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    let mut command = stackwright(folder, arguments);
    command.envs(variables.iter().copied()).stdin(Stdio::null()).stderr(program);
    let mut child = command.spawn().unwrap();
    // The terminal ends when no process has its other side open.
    drop(command);
    let mut shown = Vec::new();
    let mut terminal = fs::File::from(terminal);
    match terminal.read_to_end(&mut shown) {
        // Linux returns EIO when no process has the other side open.
        Err(error) if error.raw_os_error() != Some(rustix::io::Errno::IO.raw_os_error()) => panic!("{error}"),
        _ => {}
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap()
}

#[test]
fn excerpts_fit_into_the_terminal() {
    let folder = folder("width");
    let padding = "x".repeat(150);
    let text = format!(
        "name: shop\nservices:\n  web: {{labels: {{a: {padding}}}, image: i, prots: ['80:80'], hostname: {padding}}}\n"
    );
    fs::write(folder.join("compose.yaml"), text).unwrap();
    let excerpt = |columns| {
        let shown = on_terminal(&folder, columns, &["config", "--quiet"], &[("NO_COLOR", "1")]);
        assert!(!shown.contains('\x1b'), "{shown}");
        let line = shown.lines().find(|line| line.starts_with("3 |")).map(str::trim_end).unwrap_or_default();
        assert!(line.contains("prots"), "{shown}");
        line.chars().count()
    };
    let (narrow, wide) = (excerpt(60), excerpt(200));
    assert!(narrow <= 60 && wide > 140 && wide <= 200, "{narrow} {wide}");
}

#[test]
fn a_terminal_gets_colors() {
    let folder = project("terminal");
    assert!(on_terminal(&folder, 80, &["config", "--quiet"], &[]).contains('\x1b'));
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
        let shown = on_terminal(&folder, 80, &["config", "--quiet"], &[variable]);
        assert!(shown.contains("warning") && !shown.contains('\x1b'), "{variable:?}: {shown}");
    }
}
