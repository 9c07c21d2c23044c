//! What is known of the images of a Stack's services: what its workloads remember, and what registries say of the
//! rest. They are asked beside the passes, so that one that hangs holds no other Stack up.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures::{StreamExt, channel::mpsc, stream};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};

use crate::{
    api::{ImageMetadata, Stack, StackSpec},
    cluster::StackKey,
    plan::{ChildState, Memory, Observed},
    registry::{Logins, Read, Registries, is_same_image},
    translate::{Activity, Image, activity, recalled},
};

/// How many images of one Stack are asked for at the same time, so that one Stack takes no other its turn.
const AT_ONCE: usize = 4;

/// How long a registry that did not answer is left alone, at first and at most.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(600);

/// The account that pods have where nothing else is said, and whose pull secrets they then have.
const ACCOUNT: &str = "default";

/// What registries have said to each Stack.
pub(super) struct Images {
    client: Client,
    /// None where the operator is to ask none.
    registries: Option<Registries>,
    stacks: Mutex<HashMap<StackKey, Answers>>,
    /// Wakes a Stack whose questions are answered.
    wakes: mpsc::UnboundedSender<StackKey>,
}

/// What is known of a Stack's images.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    /// By the service's name.
    pub images: BTreeMap<String, Image>,
    /// When an image that could not be read is asked for again.
    pub again: Option<Duration>,
}

/// What was said to one Stack, by the image's name.
#[derive(Default)]
struct Answers {
    uid: String,
    of: HashMap<String, Answer>,
}

enum Answer {
    /// It is awaited.
    Awaited,
    /// The image was read.
    Read(Read),
    /// It was not.
    Failed { cause: String, again: Instant, backoff: ExponentialBackoff, is_asked: bool },
}

/// An image to ask for, and the platform that it is for.
type Wanted = (String, Option<String>);

impl Images {
    pub(super) fn new(
        client: Client,
        registries: Option<Registries>,
        wakes: mpsc::UnboundedSender<StackKey>,
    ) -> Self {
        Self { client, registries, stacks: Mutex::default(), wakes }
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, key: &StackKey) {
        self.stacks().remove(key);
    }

    /// What is known of the images of a Stack. None while a registry is asked for one of which nothing is known:
    /// the Stack is woken when it has answered, or its time is over.
    pub(super) fn known(
        self: &Arc<Self>,
        key: &StackKey,
        stack: &Stack,
        observed: &Observed,
        memory: &Memory,
    ) -> Option<Known> {
        let spec = &stack.spec;
        if spec.image_metadata == Some(ImageMetadata::Ignore) {
            return Some(Known::default());
        }
        let remembered = remembered(observed);
        let mut known = Known::default();
        let mut unknown: Vec<&String> = Vec::new();
        for (name, service) in &spec.services {
            let held = remembered.get(name).filter(|held| held.image.image == service.image);
            let was_let_through = memory.get(name).is_some_and(|it| it.template.is_some());
            let holds = |held: &&Held| held.on_workload || was_let_through || held.image.is_read();
            if let Some(held) = held.filter(holds) {
                known.images.insert(name.clone(), held.image.clone());
            } else {
                unknown.push(name);
            }
        }
        // Where a sibling's holds, theirs is the same.
        unknown.retain(|name| {
            let image = &spec.services[*name].image;
            let same = remembered.values().find(|held| held.image.image == *image && held.image.is_read());
            known.images.extend(same.map(|same| ((*name).clone(), same.image.clone())));
            same.is_none()
        });
        let before = |name: &String| remembered.get(name).map(|held| &held.image);
        if self.registries.is_none() {
            let images = unknown.into_iter().map(|name| {
                (name.clone(), without(&spec.services[name].image, before(name), ASKS_NONE, false))
            });
            known.images.extend(images);
            return Some(known);
        }
        self.ask(key, stack, &unknown, before, known)
    }

    /// What registries have said of the images of these services; those that were never asked for are.
    fn ask<'i>(
        self: &Arc<Self>,
        key: &StackKey,
        stack: &Stack,
        services: &[&String],
        before: impl Fn(&String) -> Option<&'i Image>,
        mut known: Known,
    ) -> Option<Known> {
        let (spec, uid) = (&stack.spec, stack.metadata.uid.clone().unwrap_or_default());
        let mut stacks = self.stacks();
        let answers = stacks.entry(key.clone()).or_default();
        if answers.uid != uid {
            *answers = Answers { uid, ..Answers::default() };
        }
        answers.of.retain(|image, _| spec.services.values().any(|service| service.image == *image));
        let now = Instant::now();
        let (mut wanted, mut awaited): (Vec<Wanted>, bool) = (Vec::new(), false);
        for name in services {
            let service = &spec.services[*name];
            let runs = activity(service, spec) == Activity::Active;
            let question = || (service.image.clone(), service.platform.clone());
            match answers.of.get_mut(&service.image) {
                Some(Answer::Read((digest, config))) => {
                    let image = Image {
                        image: service.image.clone(),
                        digest: Some(digest.clone()),
                        unread: None,
                        config: config.clone(),
                    };
                    known.images.insert((*name).clone(), image);
                }
                // What does not run needs not be known.
                _ if !runs => {}
                Some(Answer::Awaited) => awaited = true,
                Some(Answer::Failed { cause, again, is_asked, .. }) => {
                    known.images.insert((*name).clone(), without(&service.image, before(name), cause, true));
                    if *again > now {
                        let span = again.duration_since(now);
                        known.again = Some(known.again.map_or(span, |sooner| sooner.min(span)));
                    } else if !std::mem::replace(is_asked, true) {
                        wanted.push(question());
                    }
                }
                None => {
                    awaited = true;
                    wanted.push(question());
                    answers.of.insert(service.image.clone(), Answer::Awaited);
                }
            }
        }
        drop(stacks);
        if !wanted.is_empty() {
            tokio::spawn(Arc::clone(self).answer(key.clone(), pull_secrets(spec), wanted));
        }
        (!awaited).then_some(known)
    }

    /// Asks the registries and wakes the Stack.
    async fn answer(self: Arc<Self>, key: StackKey, secrets: Vec<String>, wanted: Vec<Wanted>) {
        let Some(registries) = &self.registries else { return };
        let now = Instant::now();
        let logins = self.logins(&key.namespace, secrets).await;
        stream::iter(wanted)
            .for_each_concurrent(AT_ONCE, async |(image, platform)| {
                let read = match &logins {
                    Ok(logins) => {
                        let read = registries.read(&image, platform.as_deref(), logins, now).await;
                        read.map_err(|failure| failure.to_string())
                    }
                    Err(error) => {
                        tracing::warn!(namespace = key.namespace, stack = key.name, %error, "no pull secrets");
                        Err("its pull secrets could not be read".to_owned())
                    }
                };
                match &read {
                    Ok((digest, _)) => {
                        tracing::info!(namespace = key.namespace, stack = key.name, image, digest, "image read");
                    }
                    Err(cause) => {
                        tracing::warn!(namespace = key.namespace, stack = key.name, image, cause, "image not read");
                    }
                }
                self.learn(&key, &image, read);
            })
            .await;
        // The receiver is gone only when the process ends.
        let _ = self.wakes.unbounded_send(key);
    }

    fn learn(&self, key: &StackKey, image: &str, read: Result<Read, String>) {
        // The Stack may be gone, or its image another one.
        let mut stacks = self.stacks();
        let Some(answer) = stacks.get_mut(key).and_then(|answers| answers.of.get_mut(image)) else { return };
        *answer = match (read, std::mem::replace(answer, Answer::Awaited)) {
            (Ok(read), _) => Answer::Read(read),
            (Err(cause), Answer::Failed { backoff, .. }) => failed(cause, backoff),
            (Err(cause), _) => failed(cause, backoff()),
        };
    }

    /// The logins that the Stack's pods pull with.
    async fn logins(&self, namespace: &str, mut secrets: Vec<String>) -> Result<Logins, kube::Error> {
        if secrets.is_empty() {
            let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
            let account = accounts.get_opt(ACCOUNT).await?;
            let of_account = account.and_then(|account| account.image_pull_secrets).unwrap_or_default();
            secrets.extend(of_account.into_iter().map(|secret| secret.name));
        }
        let api: Api<Secret> = Api::namespaced(self.client.clone(), namespace);
        let mut logins = Logins::default();
        for name in secrets {
            if let Some(secret) = api.get_opt(&name).await? {
                logins = logins.and(Logins::of(&secret));
            }
        }
        Ok(logins)
    }

    fn stacks(&self) -> MutexGuard<'_, HashMap<StackKey, Answers>> {
        self.stacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said of an image whose predecessor's words hold on, where the operator asks no registry.
const ASKS_NONE: &str = "the operator asks no registry";

/// What holds of an image that was not read: what the service's image said before, where it is another version of
/// it, so that no volume and no check goes because a registry does. `is_told` says the cause in any case.
fn without(image: &str, before: Option<&Image>, cause: &str, is_told: bool) -> Image {
    let before = before.filter(|before| before.digest.is_some() && is_same_image(&before.image, image));
    let (digest, config) = before.map(|it| (it.digest.clone(), it.config.clone())).unwrap_or_default();
    let unread = (is_told || digest.is_some()).then(|| cause.to_owned());
    Image { image: image.to_owned(), digest, unread, config }
}

fn failed(cause: String, mut backoff: ExponentialBackoff) -> Answer {
    let again = Instant::now() + backoff.next().unwrap_or(LONGEST);
    Answer::Failed { cause, again, backoff, is_asked: false }
}

fn backoff() -> ExponentialBackoff {
    let builder = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST);
    builder.without_max_times().with_jitter().build()
}

fn pull_secrets(spec: &StackSpec) -> Vec<String> {
    let once: BTreeSet<_> = spec.image_pull_secrets.iter().cloned().collect();
    once.into_iter().collect()
}

/// What the cluster remembers of a service's image.
struct Held {
    image: Image,
    /// Whether the workload does. What its pods were made with holds; a Service has it only for the time when
    /// there is none.
    on_workload: bool,
}

fn remembered(observed: &Observed) -> BTreeMap<String, Held> {
    let mut held = BTreeMap::new();
    let mut children: Vec<_> = observed.children.values().collect();
    // What is said last holds: workloads over Services, and what stays over what is on its way out.
    children.sort_by_key(|child| (!matches!(child.state, ChildState::Service(_)), !child.deleting));
    for child in children {
        let (text, on_workload) = match &child.state {
            ChildState::Service(service) => (&service.images, false),
            ChildState::Workload(workload) => (&workload.made_with.images, true),
            ChildState::Job(job) => (&job.made_with.images, true),
            _ => continue,
        };
        let images = text.iter().flat_map(|text| recalled(text));
        held.extend(images.map(|(name, image)| (name, Held { image, on_workload })));
    }
    held
}
