//! Programs in containers: their input, output, terminal and exit code.

mod choose;
mod frame;
mod local;
mod terminal;
mod tunnel;

use anyhow::Context as _;
use k8s_openapi::api::core::v1::Pod;
use kube::{Resource as _, api::AttachParams, core::Request};

pub(super) use self::choose::choose;
use self::frame::Ended;
pub(super) use self::terminal::is_interactive;
pub(super) use self::tunnel::{Ends, Piece};
use super::{connection::Connection, failure::Failure};
use tokio::sync::mpsc;

/// Bytes that are kept of the output of a program.
const MOST_CAPTURED: usize = 1 << 20;

/// A container of a Pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub pod: String,
    pub container: String,
}

/// What connects this process with a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Wiring {
    /// Whether the program reads standard input of this process.
    pub stdin: bool,
    /// Whether the program has a terminal.
    pub tty: bool,
}

impl Wiring {
    fn params(self, place: &Place) -> AttachParams {
        AttachParams::default()
            .container(&place.container)
            .stdin(self.stdin)
            .stdout(true)
            // A terminal has one output.
            .stderr(!self.tty)
            .tty(self.tty)
    }
}

/// Runs a program in a container with the standard streams of this process, and returns its exit code.
///
/// # Errors
/// When the program cannot be started, or when the connection ends before the program.
pub(super) async fn exec(
    connection: &Connection,
    place: &Place,
    command: &[String],
    wiring: Wiring,
) -> anyhow::Result<u8> {
    let request = exec_request(connection, place, command, wiring)?;
    let tunnel = tunnel::Tunnel::open(connection, request).await?;
    code(local::run(tunnel, wiring, false).await?)
}

/// Runs a program whose streams are those of the caller, and returns its exit code.
///
/// # Errors
/// As [`exec`].
pub(super) async fn exec_with(
    connection: &Connection,
    place: &Place,
    command: &[String],
    ends: Ends,
) -> anyhow::Result<u8> {
    let wiring = Wiring { stdin: ends.input.is_some(), tty: false };
    let request = exec_request(connection, place, command, wiring)?;
    let tunnel = tunnel::Tunnel::open(connection, request).await?;
    code(tunnel.run(ends).await?)
}

/// Runs a program without input, and returns its exit code and what it has written.
///
/// # Errors
/// As [`exec`].
pub(super) async fn capture(
    connection: &Connection,
    place: &Place,
    command: &[&str],
) -> anyhow::Result<(u8, String)> {
    let (sender, mut receiver) = mpsc::channel::<Piece>(16);
    let ends = Ends { input: None, output: sender.clone(), errors: sender, sizes: None };
    let command: Vec<_> = command.iter().map(|&word| word.to_owned()).collect();
    let collect = async {
        let mut text = Vec::new();
        while let Some(piece) = receiver.recv().await {
            if text.len() < MOST_CAPTURED {
                text.extend(piece);
            }
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    };
    let (code, text) = tokio::join!(exec_with(connection, place, &command, ends), collect);
    Ok((code?, text))
}

/// Connects the standard streams of this process with the program of a container. Returns the exit code if the program ends
/// first.
///
/// # Errors
/// When the container does not run, or when the connection ends before the program.
pub(super) async fn attach(connection: &Connection, place: &Place, wiring: Wiring) -> anyhow::Result<u8> {
    let request = Request::new(Pod::url_path(&(), Some(&connection.namespace)))
        .attach(&place.pod, &wiring.params(place))
        .context("cannot attach to the container")?;
    let tunnel = tunnel::Tunnel::open(connection, request).await?;
    code(local::run(tunnel, wiring, true).await?)
}

/// Passes standard input of this process to a container, until either ends. A container that has ended needs no input.
pub(super) async fn pass_input(connection: &Connection, place: &Place) {
    let params = AttachParams::default().container(&place.container).stdin(true).stdout(false).stderr(false);
    let request = Request::new(Pod::url_path(&(), Some(&connection.namespace))).attach(&place.pod, &params);
    let Ok(request) = request else { return };
    if let Ok(tunnel) = tunnel::Tunnel::open(connection, request).await {
        let (nothing, _taken) = mpsc::channel(1);
        let ends =
            Ends { input: Some(local::input()), output: nothing.clone(), errors: nothing, sizes: None };
        // The exit code is that of the Pod's status.
        let _ = tunnel.run(ends).await;
    }
}

fn exec_request(
    connection: &Connection,
    place: &Place,
    command: &[String],
    wiring: Wiring,
) -> anyhow::Result<hyper::Request<Vec<u8>>> {
    Request::new(Pod::url_path(&(), Some(&connection.namespace)))
        .exec(&place.pod, command, &wiring.params(place))
        .context("cannot run the program")
}

fn code(ended: Ended) -> anyhow::Result<u8> {
    match ended {
        Ended::Exit(code) => Ok(code),
        Ended::NotStarted { code, message } => {
            let failure = Failure::new(format!("cannot run the program: {message}")).code(code);
            Err(match code {
                frame::NOT_FOUND => failure.remedy("name a program that the image has, such as sh"),
                _ => failure,
            }
            .into())
        }
        Ended::Lost => Err(Failure::new("the connection to the container ended before the program")
            .remedy("check with ps whether the container has been replaced, and run the command again")
            .into()),
    }
}
