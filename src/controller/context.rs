//! The context that all reconciliations share.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use kube::{Client, core::ObjectMeta};

use super::{
    account::Accounts,
    backoff::Backoffs,
    contents::Contents,
    images::Images,
    metrics::Metrics,
    status_fields::StatusFields,
    status_rate::StatusRate,
    versions::Oldest,
    workers::{Translation, Workers},
    writes::Writes,
};
use crate::{
    api::{Stack, StackKey, StackStatus},
    cluster::{Part, Sources},
    translate::Facts,
};

/// The context that all reconciliations share.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) index: Sources,
    /// The facts that are equal for every Stack.
    pub(super) facts: Facts,
    pub(super) oldest: Oldest,
    pub(super) status_fields: StatusFields,
    pub(super) backoffs: Backoffs,
    pub(super) status_rate: StatusRate,
    pub(super) images: Arc<Images>,
    /// The rights of the ServiceAccounts that Stacks name.
    pub(super) accounts: Accounts,
    pub(super) contents: Contents,
    /// The threads that translate and plan.
    pub(super) workers: Workers,
    pub(super) writes: Writes,
    pub(super) translation: Translation,
    metrics: Arc<Metrics>,
    /// The status that the operator wrote last for each Stack, until the watch delivers it.
    written: Mutex<HashMap<StackKey, Written>>,
}

struct Written {
    uid: String,
    version: u64,
    status: Arc<StackStatus>,
}

/// A Stack of the watch with its newest known status. Both are shared, since a Stack can have 1.5 MiB.
#[derive(Clone)]
pub(super) struct Current {
    pub(super) stack: Arc<Stack>,
    pub(super) status: Arc<StackStatus>,
}

impl Context {
    pub(super) fn new(
        client: Client,
        index: Sources,
        facts: Facts,
        oldest: Oldest,
        images: Images,
        accounts: Accounts,
        translation: Translation,
    ) -> Self {
        Self {
            contents: Contents::new(client.clone()),
            client,
            index,
            facts,
            oldest,
            status_fields: StatusFields::default(),
            backoffs: Backoffs::default(),
            status_rate: StatusRate::default(),
            images: Arc::new(images),
            accounts,
            workers: Workers::default(),
            writes: Writes::default(),
            translation,
            metrics: Arc::default(),
            written: Mutex::default(),
        }
    }

    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Returns the Stack with its newest known status. A status that the operator wrote is newer than the one of the
    /// watch until the watch delivers it.
    pub(super) fn current(&self, key: &StackKey, stack: &Arc<Stack>) -> Current {
        let mut all = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = all.get(key).filter(|written| {
            Some(&written.uid) == stack.metadata.uid.as_ref() && written.version > version_of(&stack.metadata)
        });
        let status = newer.map(|written| Arc::clone(&written.status));
        if status.is_none() {
            all.remove(key);
        }
        let status = status.unwrap_or_else(|| Arc::new(stack.status.clone().unwrap_or_default()));
        Current { stack: Arc::clone(stack), status }
    }

    /// Remembers a written status, with the metadata of the response.
    pub(super) fn wrote(&self, key: &StackKey, metadata: &ObjectMeta, status: Arc<StackStatus>) {
        let written =
            Written { uid: metadata.uid.clone().unwrap_or_default(), version: version_of(metadata), status };
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), written);
    }

    /// Forgets all written statuses when Stacks are listed anew. After a restore of etcd from a backup, resourceVersions
    /// are older than those of the written statuses.
    pub(super) fn forget_written(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets all Stacks of a part of the scope but these. No event reports a deletion that happened while no watch ran.
    pub(super) fn keep(&self, part: &Part, stacks: &HashSet<StackKey>) {
        let is_known = |stack: &StackKey| !part.includes(&stack.namespace) || stacks.contains(stack);
        self.backoffs.keep(is_known);
        self.status_rate.keep(is_known);
        self.images.keep(is_known);
        self.contents.keep(is_known);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).retain(|stack, _| is_known(stack));
        crate::cluster::lock(&self.index).keep_stacks(is_known);
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, key: &StackKey) {
        self.backoffs.reset(key);
        self.status_rate.forget(key);
        self.images.forget(key);
        self.contents.forget(key);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        crate::cluster::lock(&self.index).forget_stack(key);
    }
}

fn version_of(metadata: &ObjectMeta) -> u64 {
    metadata.resource_version.as_ref().and_then(|version| version.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;
    use crate::{cluster::Scope, translate::translate};

    fn context() -> Context {
        let client = Client::new(Router::new(), "n");
        let (wakes, _) = futures::channel::mpsc::unbounded();
        let images = Images::new(client.clone(), None, wakes);
        let accounts = Accounts::new(client.clone(), false);
        let oldest = Oldest::new(crate::translate::ServerVersion::OLDEST);
        Context::new(client, Sources::default(), Facts::default(), oldest, images, accounts, translate)
    }

    #[tokio::test]
    async fn stacks_deleted_while_no_watch_ran_are_forgotten_with_all_that_is_kept_for_them() {
        let key = |namespace: &str, name: &str| StackKey { namespace: namespace.into(), name: name.into() };
        let context = context();
        let stacks = [key("n", "kept"), key("n", "deleted"), key("m", "of-another-part")];
        for stack in &stacks {
            context.backoffs.next(stack);
            context.backoffs.next(stack);
            context.status_rate.wrote(stack);
            context.wrote(stack, &ObjectMeta::default(), Arc::default());
        }
        let parts = ["n", "m"].map(str::to_owned).into_iter().collect::<Scope>().parts();
        let of_n = parts.iter().find(|part| part.includes("n")).unwrap();
        context.keep(of_n, &[stacks[0].clone()].into());
        // With jitter, a first delay is at most two seconds, and a third one at least four.
        let is_retried = |stack: &StackKey| context.backoffs.next(stack).as_secs() > 3;
        let same = StackStatus::default();
        let is_known = |stack: &StackKey| {
            (
                is_retried(stack),
                !context.status_rate.may_write(stack, &same, &same),
                context.written.lock().unwrap().contains_key(stack),
            )
        };
        assert_eq!(is_known(&stacks[0]), (true, true, true));
        assert_eq!(is_known(&stacks[1]), (false, false, false));
        assert_eq!(is_known(&stacks[2]), (true, true, true));
    }
}
