//! Reading the log of one container of a Pod from the API server.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::{AsyncBufRead, AsyncBufReadExt as _};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::LogParams};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    time::{Instant, timeout},
};

use super::{
    instance::{Instance, instances},
    lane::{End, Lane, Request, Span, Step},
    line::Line,
};
use crate::cli::containers::status_of;

/// Bytes of one log that wait to be shown. A reader that has more waits, and the node with it.
const WAITING: u32 = 256 << 10;

/// The longest line. The rest of a longer line follows as a line of its own, so that no log fills the memory.
const LONGEST: usize = 64 << 10;

/// What a reader delivers.
#[derive(Debug)]
pub(super) enum Delivery {
    /// A log was opened.
    Begun,
    Line {
        line: Line,
        received: Instant,
        /// The share of [`WAITING`] that the line takes until it is shown.
        _room: OwnedSemaphorePermit,
    },
    /// The log cannot be read.
    Broken(anyhow::Error),
}

/// What a Pod's status says of a container.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Sight {
    pub instances: Vec<Instance>,
    /// Whether no further container will start.
    pub is_last: bool,
}

impl Sight {
    /// Returns what the status of a Pod says, or of a Pod that is gone.
    pub fn of(pod: Option<&Pod>, container: &str) -> Self {
        let Some(pod) = pod else { return Self { instances: Vec::new(), is_last: true } };
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        Self {
            instances: status_of(pod, container).map(instances).unwrap_or_default(),
            is_last: matches!(phase, Some("Succeeded" | "Failed")),
        }
    }
}

/// A reader of the log of a container.
pub(super) struct Reader {
    pub pods: Api<Pod>,
    pub pod: String,
    pub container: String,
    pub span: Span,
    pub sight: watch::Receiver<Sight>,
    pub deliveries: mpsc::UnboundedSender<Delivery>,
}

impl Reader {
    /// Reads until everything is read, or until nobody wants the lines.
    pub async fn run(mut self) {
        let room = Arc::new(Semaphore::new(WAITING as usize));
        let mut lane = Lane::new(self.span);
        loop {
            let sight = self.sight.borrow_and_update().clone();
            match lane.step(&sight.instances, sight.is_last) {
                Step::Finished => return,
                Step::Wait(at_most) => {
                    // A container that has not started delivers nothing, and must not hold the others up.
                    if self.deliveries.send(Delivery::Begun).is_err() || !self.news(&sight, at_most).await {
                        return;
                    }
                }
                Step::Open(request) => match self.read(&mut lane, &request, &room).await {
                    Ok(end) => lane.end(end),
                    Err(error) => {
                        // Nobody listens any more if this fails.
                        let _ = self.deliveries.send(Delivery::Broken(error));
                        return;
                    }
                },
            }
        }
    }

    /// Waits until the status of the container differs from `before`. Returns false when nobody follows the Pod any more.
    async fn news(&mut self, before: &Sight, at_most: Option<Duration>) -> bool {
        let changed = async { self.sight.wait_for(|sight| sight != before).await.is_ok() };
        match at_most {
            Some(limit) => timeout(limit, changed).await.unwrap_or(true),
            None => changed.await,
        }
    }

    /// Reads one call of the log API to its end.
    async fn read(&self, lane: &mut Lane, request: &Request, room: &Arc<Semaphore>) -> anyhow::Result<End> {
        let params = LogParams {
            container: Some(self.container.clone()),
            follow: request.follow,
            previous: request.is_previous,
            since_time: request.since,
            tail_lines: request.tail,
            timestamps: true,
            ..LogParams::default()
        };
        let opened = self.pods.log_stream(&self.pod, &params).await;
        let mut stream = match opened {
            Ok(stream) => Box::pin(stream),
            Err(kube::Error::Api(status)) if is_missing(&status) => return Ok(End::Missing),
            // The node does not answer, or refuses more connections for now.
            Err(kube::Error::Api(status)) if self.span.follow && status.code >= 429 => {
                return Ok(End::Failed);
            }
            Err(error @ kube::Error::Api(_)) => return Err(error).with_context(|| self.cannot_read()),
            Err(error) if !self.span.follow => return Err(error).with_context(|| self.cannot_read()),
            Err(_) => return Ok(End::Failed),
        };
        if self.deliveries.send(Delivery::Begun).is_err() {
            return Ok(End::Closed);
        }
        let mut bytes = Vec::new();
        let mut before: Option<Timestamp> = None;
        loop {
            match read_line(&mut stream, &mut bytes).await {
                Ok(true) => {}
                Ok(false) => return Ok(End::Closed),
                Err(error) if !self.span.follow => return Err(error).with_context(|| self.cannot_read()),
                Err(_) => return Ok(End::Failed),
            }
            let line = Line::read(&bytes, before);
            before = Some(line.time);
            if lane.takes(&line) && !self.deliver(line, room).await {
                return Ok(End::Closed);
            }
        }
    }

    fn cannot_read(&self) -> String {
        format!("cannot read the log of container {} in Pod {}", self.container, self.pod)
    }

    /// Delivers a line as soon as there is room. Returns false when nobody wants it.
    async fn deliver(&self, line: Line, room: &Arc<Semaphore>) -> bool {
        let size = u32::try_from(line.text.len().max(64)).unwrap_or(WAITING).min(WAITING);
        let Ok(permit) = Arc::clone(room).acquire_many_owned(size).await else { return false };
        let delivery = Delivery::Line { line, received: Instant::now(), _room: permit };
        self.deliveries.send(delivery).is_ok()
    }
}

/// Reports whether an answer says that there is no such log: the Pod or container is gone or has not started.
fn is_missing(status: &kube::core::Status) -> bool {
    status.is_not_found() || status.code == 400
}

/// Reads a line of at most [`LONGEST`] bytes with its line break. Returns false at the end.
async fn read_line(
    stream: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> Result<bool, std::io::Error> {
    line.clear();
    loop {
        let available = stream.fill_buf().await?;
        if available.is_empty() {
            return Ok(!line.is_empty());
        }
        let room = &available[..available.len().min(LONGEST - line.len())];
        let end = room.iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(room.len(), |end| end + 1);
        line.extend_from_slice(&room[..taken]);
        stream.consume_unpin(taken);
        if end.is_some() || line.len() == LONGEST {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::io::Cursor;

    use super::*;

    #[tokio::test]
    async fn a_line_of_any_length_is_read_in_parts_that_fit() {
        let long = vec![b'x'; LONGEST + 10];
        let text = [&b"one\n"[..], &long, b"\nlast"].concat();
        let mut stream = Cursor::new(text);
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while read_line(&mut stream, &mut line).await.unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [4, LONGEST, 11, 4]);
    }
}
