//! The frames of a connection to a container: a byte for the channel, and the content
//! (k8s.io/apimachinery/pkg/util/remotecommand, `v5.channel.k8s.io`).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;
/// Closes the channel whose number follows.
const CLOSE: u8 = 255;

/// The exit code of a shell for a program that does not exist.
pub(super) const NOT_FOUND: u8 = 127;
/// The exit code of a shell for a file that cannot be run.
const NOT_EXECUTABLE: u8 = 126;

/// What the API server sends.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Received<'b> {
    Stdout(&'b [u8]),
    Stderr(&'b [u8]),
    Ended(Ended),
}

/// How a program has ended.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Ended {
    /// The program ended with this exit code.
    Exit(u8),
    /// The program could not be started.
    NotStarted { code: u8, message: String },
    /// The connection has ended, and the exit code is not known.
    Lost,
}

/// Returns the frame for bytes of standard input.
pub(super) fn input(bytes: &[u8]) -> Vec<u8> {
    [&[STDIN], bytes].concat()
}

/// Returns the frame for the end of standard input.
pub(super) fn end_of_input() -> Vec<u8> {
    vec![CLOSE, STDIN]
}

/// Returns the frame for the size of the terminal.
pub(super) fn resize(columns: u16, rows: u16) -> Vec<u8> {
    let size = format!("{{\"Width\":{columns},\"Height\":{rows}}}");
    [&[RESIZE], size.as_bytes()].concat()
}

/// Reads a frame. An empty frame opens a channel.
pub(super) fn read(frame: &[u8]) -> Option<Received<'_>> {
    match frame {
        [] | [_] => None,
        [STDOUT, bytes @ ..] => Some(Received::Stdout(bytes)),
        [STDERR, bytes @ ..] => Some(Received::Stderr(bytes)),
        [STATUS, bytes @ ..] => Some(Received::Ended(ended(bytes))),
        _ => None,
    }
}

fn ended(bytes: &[u8]) -> Ended {
    let Ok(status) = serde_json::from_slice::<Status>(bytes) else { return Ended::Lost };
    if status.status.as_deref() == Some("Success") {
        return Ended::Exit(0);
    }
    let causes = status.details.iter().flat_map(|details| details.causes.iter().flatten());
    let mut codes = causes.filter(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let code = codes.next().and_then(|cause| cause.message.as_ref()?.parse::<i32>().ok());
    if let Some(code) = code {
        return Ended::Exit(u8::try_from(code).unwrap_or(1));
    }
    let message = status.message.unwrap_or_else(|| "the API server gives no reason".to_owned());
    let code =
        if message.contains("executable file not found") || message.contains("no such file or directory") {
            NOT_FOUND
        } else if message.contains("permission denied") {
            NOT_EXECUTABLE
        } else {
            1
        };
    Ended::NotStarted { code, message: innermost(&message).to_owned() }
}

/// Returns the end of a message of the container runtime: the parts before it only say that a call has failed.
fn innermost(message: &str) -> &str {
    message.rsplit_once("unable to start container process: ").map_or(message, |(_, cause)| cause).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_keeps_every_byte() {
        assert_eq!(read(&[1, 0, 255, 10]), Some(Received::Stdout(&[0, 255, 10])));
        assert_eq!(read(&[2, 13]), Some(Received::Stderr(&[13])));
        assert_eq!(read(&[1]), None);
        assert_eq!(input(&[0, 255]), [0, 0, 255]);
        assert_eq!(resize(80, 24), b"\x04{\"Width\":80,\"Height\":24}");
    }

    #[test]
    fn the_status_has_the_exit_code_or_the_cause() {
        let ended = |json: &str| match read(&[&[3], json.as_bytes()].concat()) {
            Some(Received::Ended(ended)) => ended,
            other => panic!("{other:?}"),
        };
        assert_eq!(ended(r#"{"status":"Success"}"#), Ended::Exit(0));
        let exited = r#"{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with non-zero exit code",
            "details":{"causes":[{"reason":"ExitCode","message":"137"}]}}"#;
        assert_eq!(ended(exited), Ended::Exit(137));
        let missing = r#"{"status":"Failure","reason":"InternalError","message":"Internal error occurred: error executing command in container: failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: \"nothing\": executable file not found in $PATH: unknown"}"#;
        assert_eq!(
            ended(missing),
            Ended::NotStarted {
                code: NOT_FOUND,
                message: "exec: \"nothing\": executable file not found in $PATH: unknown".to_owned(),
            }
        );
    }
}
