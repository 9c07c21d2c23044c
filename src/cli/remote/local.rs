//! The standard streams of this process at the ends of a connection.

use std::io::{self, Read as _, Write};

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinHandle,
};

use super::{
    Wiring,
    frame::Ended,
    terminal::{Raw, size},
    tunnel::{Ends, Piece, Tunnel},
};
use crate::cli::{failure::Exit, terminal::ClosedPipe};

/// Pieces that wait in a channel.
const WAITING: usize = 16;

/// Bytes that are read at once.
const PIECE: usize = 32 << 10;

/// Connects the standard streams with a program until it ends. With `redraw`, a program that runs already is told of
/// a size twice, so that it draws its screen again.
pub(super) async fn run(tunnel: Tunnel, wiring: Wiring, redraw: bool) -> anyhow::Result<Ended> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot handle SIGHUP")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot handle SIGTERM")?;
    let raw = if wiring.tty { Raw::set() } else { None };
    let (output, written) = writer(io::stdout);
    let (errors, reported) = writer(io::stderr);
    let sizes = if wiring.tty { Some(sizes(redraw)?) } else { None };
    let ends = Ends { input: wiring.stdin.then(input), output, errors, sizes };
    let ended = tokio::select! {
        ended = tunnel.run(ends) => ended?,
        // The terminal is restored before this process ends.
        _ = hangup.recv() => return Err(Exit(129).into()),
        _ = terminate.recv() => return Err(Exit(143).into()),
    };
    let closed = written.await.context("cannot write to standard output")?;
    reported.await.context("cannot write to standard error")?.ok();
    drop(raw);
    match closed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ClosedPipe.into()),
        Err(error) => Err(error).context("cannot write to standard output"),
        Ok(()) => Ok(ended),
    }
}

/// Returns what is read from standard input. A thread of its own reads, since a read cannot be cancelled: the end of the
/// process ends it.
pub(super) fn input() -> mpsc::Receiver<Piece> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut buffer = vec![0; PIECE];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) if sender.blocking_send(buffer[..count].to_vec()).is_ok() => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return,
            }
        }
    });
    receiver
}

/// Writes what is sent, in a thread for blocking calls, so that a slow reader of the output holds only the output up.
fn writer<W: Write + 'static>(
    open: impl FnOnce() -> W + Send + 'static,
) -> (mpsc::Sender<Piece>, JoinHandle<io::Result<()>>) {
    let (sender, mut receiver) = mpsc::channel::<Piece>(WAITING);
    let written = tokio::task::spawn_blocking(move || {
        let mut output = open();
        while let Some(piece) = receiver.blocking_recv() {
            output.write_all(&piece)?;
            output.flush()?;
        }
        Ok(())
    });
    (sender, written)
}

/// Returns the size of the terminal now and after each change.
fn sizes(redraw: bool) -> anyhow::Result<mpsc::Receiver<(u16, u16)>> {
    let mut changes = signal(SignalKind::window_change()).context("cannot handle SIGWINCH")?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Some((columns, rows)) = size().filter(|_| redraw) {
            let _ = sender.send((columns.saturating_add(1), rows)).await;
        }
        loop {
            if let Some(size) = size()
                && sender.send(size).await.is_err()
            {
                return;
            }
            if changes.recv().await.is_none() {
                return;
            }
        }
    });
    Ok(receiver)
}
