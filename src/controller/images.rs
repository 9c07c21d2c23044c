//! Image metadata of a Stack's services: from its workloads' annotations, and from registries for the rest. Registries
//! are read apart from reconciliations, so that a hanging registry does not delay other Stacks.

mod answers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt, channel::mpsc, stream};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};

use crate::{
    api::{ImageMetadata, Stack, StackKey, StackSpec},
    plan::{ChildState, Observed},
    registry::{Asker, Logins, Outlook, Read, Registries, is_same_image},
    translate::{Activity, Image, activity, recalled},
};
use answers::{Answer, Answers, Cause, Failed, Said};

/// The number of images of one Stack that are read at the same time. One Stack must not use all permits.
const AT_ONCE: usize = 4;

/// Timeout for reading the pull secrets. The client itself has none.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// The ServiceAccount of Pods by default (Kubernetes), whose pull secrets then apply.
const ACCOUNT: &str = "default";

/// The image metadata of each Stack.
pub(super) struct Images {
    client: Client,
    /// The registries, or none with `--no-image-metadata`.
    registries: Option<Registries>,
    stacks: Mutex<HashMap<StackKey, Answers>>,
    /// Wakes a Stack whose images have been read.
    wakes: mpsc::UnboundedSender<StackKey>,
}

/// The known metadata of a Stack's images.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Known {
    /// Metadata by service.
    pub images: BTreeMap<String, Image>,
    /// Why an image cannot be read, by each service that waits for its metadata.
    pub held: BTreeMap<String, String>,
    /// Time until a failed read is retried.
    pub again: Option<Duration>,
}

/// An image to read, and its platform.
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

    /// Forgets all Stacks but those that `is_known` accepts.
    pub(super) fn keep(&self, is_known: impl Fn(&StackKey) -> bool) {
        self.stacks().retain(|stack, _| is_known(stack));
    }

    /// Returns the metadata of a Stack's images, or `None` while an unknown image is being read. The Stack is woken when
    /// the registry has answered or the time is over.
    pub(super) fn known(
        self: &Arc<Self>,
        key: &StackKey,
        stack: &Stack,
        observed: &Observed,
    ) -> Option<Known> {
        let spec = &stack.spec;
        if spec.image_metadata == Some(ImageMetadata::Ignore) {
            self.forget(key);
            return Some(Known::default());
        }
        let remembered = self.hold(key, stack, remembered(observed));
        let mut known = Known::default();
        let mut unknown: Vec<&String> = Vec::new();
        for (name, service) in &spec.services {
            let is_of_it = |held: &&Image| held.image == service.image;
            // The metadata with which the Pods were created stays valid. Otherwise, a service with the same image has it.
            let own = remembered.get(name).filter(is_of_it);
            match own.or_else(|| remembered.values().filter(|held| held.is_read()).find(is_of_it)) {
                Some(held) => drop(known.images.insert(name.clone(), held.clone())),
                None => unknown.push(name),
            }
        }
        let before = |name: &String| remembered.get(name);
        if self.registries.is_none() {
            let images = unknown.into_iter().map(|name| {
                (name.clone(), without(&spec.services[name].image, before(name), ASKS_NONE, false))
            });
            known.images.extend(images);
            return Some(known);
        }
        self.ask(key, spec, &unknown, before, known)
    }

    /// Returns the metadata in the annotations of live workloads, and of earlier ones.
    fn hold(
        &self,
        key: &StackKey,
        stack: &Stack,
        remembered: BTreeMap<String, Image>,
    ) -> BTreeMap<String, Image> {
        let uid = stack.metadata.uid.clone().unwrap_or_default();
        let mut stacks = self.stacks();
        let answers = stacks.entry(key.clone()).or_default();
        if answers.uid != uid {
            *answers = Answers { uid, ..Answers::default() };
        }
        answers.held.retain(|name, _| stack.spec.services.contains_key(name));
        for (name, image) in &remembered {
            if image.digest.is_some() && answers.held.get(name) != Some(image) {
                let image = Image { config: answers.shared(&image.config), ..image.clone() };
                answers.held.insert(name.clone(), image);
            }
        }
        let fresh = remembered.into_iter().filter(|(name, image)| answers.held.get(name) != Some(image));
        let fresh: Vec<_> = fresh.collect();
        answers.held.clone().into_iter().chain(fresh).collect()
    }

    /// Returns the metadata that registries have delivered, and starts reads of unknown images.
    fn ask<'i>(
        self: &Arc<Self>,
        key: &StackKey,
        spec: &StackSpec,
        services: &[&String],
        before: impl Fn(&String) -> Option<&'i Image>,
        mut known: Known,
    ) -> Option<Known> {
        let mut stacks = self.stacks();
        let answers = stacks.entry(key.clone()).or_default();
        answers.of.retain(|image, _| spec.services.values().any(|service| service.image == *image));
        let now = Instant::now();
        let (mut wanted, mut awaited): (Vec<Wanted>, bool) = (Vec::new(), false);
        for name in services {
            let service = &spec.services[*name];
            let runs = activity(service, spec) == Activity::Active;
            let question = || (service.image.clone(), service.platform.clone());
            match answers.of.get_mut(&service.image) {
                Some(Answer::Read(Said { digest, config, .. })) => {
                    let image = Image {
                        image: service.image.clone(),
                        digest: Some(digest.clone()),
                        unread: None,
                        config: Arc::clone(config),
                    };
                    known.images.insert((*name).clone(), image);
                }
                // A service that does not run needs no metadata.
                _ if !runs => {}
                Some(Answer::Awaited) => awaited = true,
                Some(Answer::Failed(failed)) => {
                    let image = without(&service.image, before(name), &failed.cause, true);
                    let may_lose_data = image.digest.is_none() && service.volumes.is_empty();
                    known.images.insert((*name).clone(), image);
                    if let Some(until) = failed.holds_until.filter(|until| may_lose_data && *until > now) {
                        known.held.insert((*name).clone(), failed.cause.clone());
                        known.look_again(until - now);
                    }
                    if failed.again > now {
                        known.look_again(failed.again - now);
                    } else if !std::mem::replace(&mut failed.is_asked, true) {
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

    /// Reads images from their registries, and wakes the Stack.
    async fn answer(self: Arc<Self>, key: StackKey, secrets: Vec<String>, wanted: Vec<Wanted>) {
        let Some(registries) = &self.registries else { return };
        let asker = Asker { namespace: &key.namespace, since: Instant::now() };
        let logins = tokio::time::timeout(LONGEST_LOOK, self.logins(&key.namespace, secrets)).await;
        stream::iter(wanted)
            .for_each_concurrent(AT_ONCE, async |(image, platform)| {
                let mut detail = None;
                let read = match &logins {
                    Ok(Ok(logins)) => {
                        let read = registries.read(&image, platform.as_deref(), logins, asker).await;
                        read.map_err(|failure| {
                            detail = failure.detail().map(ToString::to_string);
                            Cause { text: failure.to_string(), outlook: failure.outlook() }
                        })
                    }
                    Ok(Err(kube::Error::Api(refusal))) => Err(Cause {
                        text: format!("cannot read the pull secrets: {}", refusal.message),
                        outlook: Outlook::Uncertain,
                    }),
                    _ => Err(Cause {
                        text: "cannot read the pull secrets".to_owned(),
                        outlook: Outlook::Later(None),
                    }),
                };
                match &read {
                    Ok((digest, _)) => {
                        tracing::info!(
                            namespace = key.namespace,
                            stack = key.name,
                            image,
                            digest,
                            "read an image"
                        );
                    }
                    Err(Cause { text: cause, .. }) => {
                        tracing::warn!(
                            namespace = key.namespace,
                            stack = key.name,
                            image,
                            cause,
                            detail,
                            "cannot read an image"
                        );
                    }
                }
                self.learn(&key, &image, read);
            })
            .await;
        // The receiver is gone only when the process ends.
        let _ = self.wakes.unbounded_send(key);
    }

    fn learn(&self, key: &StackKey, image: &str, read: Result<Read, Cause>) {
        // The Stack can be gone, or its image can have changed.
        let mut stacks = self.stacks();
        let Some(answers) = stacks.get_mut(key) else { return };
        let read = read.and_then(|read| answers.room_for(read));
        let Some(answer) = answers.of.get_mut(image) else { return };
        *answer = match (read, std::mem::replace(answer, Answer::Awaited)) {
            (Ok(said), _) => Answer::Read(said),
            (Err(cause), Answer::Failed(before)) => Answer::Failed(Failed::next(cause, before)),
            (Err(cause), _) => Answer::Failed(Failed::first(cause)),
        };
    }

    /// Returns the logins with which the Stack's Pods pull images.
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

/// The cause for an unread image of an operator with `--no-image-metadata`.
const ASKS_NONE: &str = "the operator does not read registries";

/// Returns the metadata of an image that was not read. If the service had another version of the same image, the
/// metadata of that version applies, so that no volume or health check is lost while a registry is down. With
/// `is_told`, the result always has the cause.
fn without(image: &str, before: Option<&Image>, cause: &str, is_told: bool) -> Image {
    let before = before.filter(|before| before.digest.is_some() && is_same_image(&before.image, image));
    let (digest, config) = before.map(|it| (it.digest.clone(), it.config.clone())).unwrap_or_default();
    let unread = (is_told || digest.is_some()).then(|| cause.to_owned());
    Image { image: image.to_owned(), digest, unread, config }
}

impl Known {
    fn look_again(&mut self, span: Duration) {
        self.again = Some(self.again.map_or(span, |sooner| sooner.min(span)));
    }
}

fn pull_secrets(spec: &StackSpec) -> Vec<String> {
    let once: BTreeSet<_> = spec.image_pull_secrets.iter().cloned().collect();
    once.into_iter().collect()
}

/// Returns the metadata in the annotations of workloads. A workload that is being deleted counts only if there is no
/// other.
fn remembered(observed: &Observed) -> BTreeMap<String, Image> {
    let mut children: Vec<_> = observed.children.values().collect();
    children.sort_by_key(|child| !child.deleting);
    let texts = children.into_iter().filter_map(|child| match &child.state {
        ChildState::Workload(workload) => workload.made_with.images.as_ref(),
        ChildState::Job(job) => job.made_with.images.as_ref(),
        ChildState::CronJob(job) => job.made_with.images.as_ref(),
        _ => None,
    });
    texts.flat_map(|text| recalled(text)).collect()
}

#[cfg(test)]
mod tests;
