//! A connection to a container, on which both directions flow at the same time.

use std::time::Duration;

use futures::{Sink, SinkExt as _, StreamExt as _};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_tungstenite::tungstenite::Message;

use super::frame::{self, Ended, Received};
use crate::cli::connection::Connection;

/// The time after which an idle connection is used, so that no proxy closes it.
const PING: Duration = Duration::from_secs(30);

/// Bytes of a stream.
pub(in crate::cli) type Piece = Vec<u8>;

/// The ends of the streams in this process. A bounded channel holds the container up while nothing takes its output.
pub(in crate::cli) struct Ends {
    /// Standard input of the program. It ends with the channel.
    pub input: Option<mpsc::Receiver<Piece>>,
    pub output: mpsc::Sender<Piece>,
    pub errors: mpsc::Sender<Piece>,
    /// The sizes of the terminal, in columns and rows.
    pub sizes: Option<mpsc::Receiver<(u16, u16)>>,
}

/// An open connection. The client library also has one, which does not read while it writes: a program that answers while
/// it reads, such as `cat`, would stop for ever as soon as the buffers of both directions are full.
pub(super) struct Tunnel(kube::client::Connection);

impl Tunnel {
    pub async fn open(connection: &Connection, request: hyper::Request<Vec<u8>>) -> anyhow::Result<Self> {
        let opened = connection.client.connect(request).await;
        Ok(Self(opened.map_err(|error| connection.failed("connect to the container", error))?))
    }

    /// Carries the streams until the program has ended, or until nobody takes its output.
    pub async fn run(self, ends: Ends) -> anyhow::Result<Ended> {
        let can_close = self.0.supports_stream_close();
        let (sink, mut source) = self.0.into_stream().split();
        let sending = tokio::spawn(send(sink, ends.input, ends.sizes, can_close));
        let mut ended = Ended::Lost;
        while let Some(Ok(message)) = source.next().await {
            let Message::Binary(bytes) = message else { continue };
            let taken = match frame::read(&bytes) {
                Some(Received::Stdout(piece)) => ends.output.send(piece.to_vec()).await.is_ok(),
                Some(Received::Stderr(piece)) => ends.errors.send(piece.to_vec()).await.is_ok(),
                Some(Received::Ended(how)) => {
                    ended = how;
                    false
                }
                None => true,
            };
            if !taken {
                break;
            }
        }
        sending.abort();
        Ok(ended)
    }
}

/// Sends input, sizes and pings. An error ends the other direction as well, which reports it.
async fn send(
    mut sink: impl Sink<Message> + Unpin,
    mut input: Option<mpsc::Receiver<Piece>>,
    mut sizes: Option<mpsc::Receiver<(u16, u16)>>,
    can_close: bool,
) {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let message = tokio::select! {
            piece = next(&mut input) => match piece {
                Some(piece) => Message::binary(frame::input(&piece)),
                None => {
                    input = None;
                    if !can_close {
                        // The older protocol can only end the whole connection, and with it the output.
                        let _ = sink.close().await;
                        return;
                    }
                    Message::binary(frame::end_of_input())
                }
            },
            size = next(&mut sizes) => match size {
                Some((columns, rows)) => Message::binary(frame::resize(columns, rows)),
                None => {
                    sizes = None;
                    continue;
                }
            },
            _ = pings.tick() => Message::Ping(Vec::new().into()),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

/// Returns the next item of a channel, and waits for ever where there is none.
async fn next<T>(channel: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match channel {
        Some(channel) => channel.recv().await,
        None => std::future::pending().await,
    }
}
