//! Channels as readers and writers, for the blocking thread that packs and unpacks files.

use std::io::{self, Read, Write};

use tokio::sync::mpsc;

use crate::cli::remote::Piece;

/// The bytes that come through a channel.
pub(super) struct Reader {
    pieces: mpsc::Receiver<Piece>,
    piece: io::Cursor<Piece>,
}

impl Reader {
    pub fn new(pieces: mpsc::Receiver<Piece>) -> Self {
        Self { pieces, piece: io::Cursor::default() }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

/// A channel to which bytes are written.
pub(super) struct Writer(pub mpsc::Sender<Piece>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = bytes[..bytes.len().min(32 << 10)].to_vec();
        let count = piece.len();
        match self.0.blocking_send(piece) {
            Ok(()) => Ok(count),
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
