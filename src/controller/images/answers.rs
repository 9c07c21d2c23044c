//! Results of image reads of one Stack, and how long a failed read delays new services.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    controller::backoff::Backoff,
    registry::{Outlook, Read},
    translate::{Image, ImageConfig},
};

/// The shortest and the longest delay before a failed read is retried.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(600);

/// Time that a new service without a volume waits for the metadata of an image from a busy registry. Without the image's
/// VOLUME, the service would keep its data in the container. Nodes pull from the same registry, so the service would
/// hardly start sooner.
const LONG_HOLD: Duration = Duration::from_secs(3600);

/// The same for a registry that does not answer. Nodes can have the image without a registry.
const SHORT_HOLD: Duration = Duration::from_secs(30);

/// Bytes of JSON that the metadata of a Stack's images can have.
const MOST_SAID: usize = 512 * 1024;

/// The results of one Stack.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) uid: String,
    /// Results by image.
    pub(super) of: HashMap<String, Answer>,
    /// The last seen metadata in each service's workload annotation. A workload that is replaced or deleted is gone
    /// for a while.
    pub(super) held: BTreeMap<String, Image>,
}

impl Answers {
    /// Returns the kept copy of equal metadata, or the argument.
    pub(super) fn shared(&self, config: &Arc<ImageConfig>) -> Arc<ImageConfig> {
        let same = self.configs().find(|held| *held == config);
        Arc::clone(same.unwrap_or(config))
    }

    /// Returns the metadata with its length, or an error if the images of the Stack have too much metadata.
    pub(super) fn room_for(&self, (digest, config): Read) -> Result<Said, Cause> {
        let length = serde_json::to_string(&config).map_or(usize::MAX, |text| text.len());
        let others = self.of.values().filter_map(|answer| match answer {
            Answer::Read(said) => Some(said.length),
            Answer::Awaited | Answer::Failed(_) => None,
        });
        if others.fold(length, usize::saturating_add) > MOST_SAID {
            let text = format!("the metadata of the Stack's images has more than {} KiB", MOST_SAID / 1024);
            return Err(Cause { text, outlook: Outlook::Same });
        }
        Ok(Said { digest, config: self.shared(&config), length })
    }

    pub(super) fn configs(&self) -> impl Iterator<Item = &Arc<ImageConfig>> {
        let read = self.of.values().filter_map(|answer| match answer {
            Answer::Read(said) => Some(&said.config),
            Answer::Awaited | Answer::Failed(_) => None,
        });
        read.chain(self.held.values().map(|image| &image.config))
    }
}

pub(super) enum Answer {
    /// The image is being read.
    Awaited,
    /// The image was read.
    Read(Said),
    /// The read has failed.
    Failed(Failed),
}

/// The metadata of an image.
pub(super) struct Said {
    pub(super) digest: String,
    pub(super) config: Arc<ImageConfig>,
    /// Bytes of JSON.
    length: usize,
}

/// A failed read.
pub(super) struct Failed {
    pub(super) cause: String,
    pub(super) again: Instant,
    backoff: Backoff,
    pub(super) is_asked: bool,
    pub(super) since: Instant,
    /// Until when new services wait for the image.
    pub(super) holds_until: Option<Instant>,
}

/// Why a read has failed, and what a retry can bring.
pub(super) struct Cause {
    pub(super) text: String,
    pub(super) outlook: Outlook,
}

impl Failed {
    pub(super) fn first(cause: Cause) -> Self {
        let now = Instant::now();
        let none = Self {
            cause: String::new(),
            again: now,
            backoff: Backoff::new(SHORTEST, LONGEST),
            is_asked: false,
            since: now,
            holds_until: None,
        };
        Self::next(cause, none)
    }

    /// Returns the state after another failed attempt.
    pub(super) fn next(cause: Cause, before: Self) -> Self {
        let Self { mut backoff, since, holds_until, .. } = before;
        let own = backoff.next();
        let (pause, hold) = match cause.outlook {
            Outlook::Same => (own, None),
            Outlook::Uncertain => (own, Some(SHORT_HOLD)),
            // A registry cannot ask for more than the longest delay.
            Outlook::Later(told) => (own.max(told.unwrap_or_default().min(LONGEST)), Some(LONG_HOLD)),
        };
        // A registry that has answered once exists, even if it does not answer now.
        let holds_until = hold.map(|hold| holds_until.map_or(since + hold, |until| until.max(since + hold)));
        Self {
            cause: cause.text,
            again: Instant::now() + pause,
            backoff,
            is_asked: false,
            since,
            holds_until,
        }
    }
}
