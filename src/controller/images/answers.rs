//! What registries said to one Stack, and for how long what they did not say holds it up.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::{
    registry::{Outlook, Read},
    translate::{Image, ImageConfig},
};

/// How long a registry that did not answer is left alone, at first and at most.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(600);

/// How long a new service without a volume waits for an image that its registry has no time to show: made without the
/// image's VOLUME it would keep its data in its container. Nodes pull from the same registry, so that the service
/// would hardly start sooner.
const LONG_HOLD: Duration = Duration::from_secs(3600);

/// How long where no registry answers at all: a cluster may have its images without one.
const SHORT_HOLD: Duration = Duration::from_secs(30);

/// How much the images of one Stack may say of themselves, in bytes of JSON.
const MOST_SAID: usize = 512 * 1024;

/// What was said to one Stack.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) uid: String,
    /// By the image's name.
    pub(super) of: HashMap<String, Answer>,
    /// What its workloads remembered when they were seen last, by the service's name: one that is replaced by
    /// another, or deleted by someone, is gone for a while.
    pub(super) held: BTreeMap<String, Image>,
}

impl Answers {
    /// What an image says, as it is held already where another one says the same.
    pub(super) fn shared(&self, config: &Arc<ImageConfig>) -> Arc<ImageConfig> {
        let same = self.configs().find(|held| *held == config);
        Arc::clone(same.unwrap_or(config))
    }

    /// What an image says, and its length, if with it the images of the Stack do not say too much.
    pub(super) fn room_for(&self, (digest, config): Read) -> Result<Said, Cause> {
        let length = serde_json::to_string(&config).map_or(usize::MAX, |text| text.len());
        let others = self.of.values().filter_map(|answer| match answer {
            Answer::Read(said) => Some(said.length),
            Answer::Awaited | Answer::Failed(_) => None,
        });
        if others.fold(length, usize::saturating_add) > MOST_SAID {
            let text =
                format!("the images of the Stack say more of themselves than {} KiB", MOST_SAID / 1024);
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
    /// It is awaited.
    Awaited,
    /// The image was read.
    Read(Said),
    /// It was not.
    Failed(Failed),
}

/// What an image said.
pub(super) struct Said {
    pub(super) digest: String,
    pub(super) config: Arc<ImageConfig>,
    /// In bytes of JSON.
    length: usize,
}

/// What is known of an image that could not be read.
pub(super) struct Failed {
    pub(super) cause: String,
    pub(super) again: Instant,
    backoff: ExponentialBackoff,
    pub(super) is_asked: bool,
    pub(super) since: Instant,
    /// Until when what is new and needs the image waits.
    pub(super) holds_until: Option<Instant>,
}

/// Why an image could not be read, and what another try may bring.
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
            backoff: backoff(),
            is_asked: false,
            since: now,
            holds_until: None,
        };
        Self::next(cause, none)
    }

    /// After another try that ended with this cause.
    pub(super) fn next(cause: Cause, before: Self) -> Self {
        let Self { mut backoff, since, holds_until, .. } = before;
        let own = backoff.next().unwrap_or(LONGEST);
        let (pause, hold) = match cause.outlook {
            Outlook::Same => (own, None),
            Outlook::Uncertain => (own, Some(SHORT_HOLD)),
            // No registry is left alone for longer than one that does not answer.
            Outlook::Later(told) => (own.max(told.unwrap_or_default().min(LONGEST)), Some(LONG_HOLD)),
        };
        // What was there once is there, also when it is silent for a while.
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

fn backoff() -> ExponentialBackoff {
    let builder = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST);
    builder.without_max_times().with_jitter().build()
}
