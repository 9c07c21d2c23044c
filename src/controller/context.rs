//! What passes share.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use kube::Client;

use super::{
    account::Accounts,
    backoff::Backoffs,
    contents::Contents,
    images::Images,
    metrics::Metrics,
    pace::Pace,
    status_fields::StatusFields,
    versions::Oldest,
    workers::{Translation, Workers},
};
use crate::{
    api::{Stack, StackStatus},
    cluster::{Sources, StackKey},
    translate::Facts,
};

/// What passes share.
pub(super) struct Context {
    pub(super) client: Client,
    pub(super) index: Sources,
    /// The facts that are the same for every Stack.
    pub(super) facts: Facts,
    pub(super) oldest: Oldest,
    pub(super) status_fields: StatusFields,
    pub(super) backoffs: Backoffs,
    pub(super) pace: Pace,
    pub(super) images: Arc<Images>,
    /// What the ServiceAccounts of Stacks may do.
    pub(super) accounts: Accounts,
    pub(super) contents: Contents,
    /// Where the pure part of passes is done, and what makes objects of a Stack.
    pub(super) workers: Workers,
    pub(super) translation: Translation,
    metrics: Arc<Metrics>,
    /// The status that we wrote last for each Stack, until the watch brings it.
    written: Mutex<HashMap<StackKey, Written>>,
}

struct Written {
    uid: String,
    version: u64,
    status: StackStatus,
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
            pace: Pace::default(),
            images: Arc::new(images),
            accounts,
            workers: Workers::default(),
            translation,
            metrics: Arc::default(),
            written: Mutex::default(),
        }
    }

    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// The Stack with the newest status that is known, which may be our own write that no watch
    /// has brought yet.
    pub(super) fn with_newest_status(&self, key: &StackKey, stack: &Stack) -> Stack {
        let mut stack = stack.clone();
        let mut all = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = all.get(key) {
            if Some(&written.uid) == stack.metadata.uid.as_ref() && written.version > version_of(&stack) {
                stack.status = Some(written.status.clone());
            } else {
                all.remove(key);
            }
        }
        stack
    }

    /// Remembers a status that was written.
    pub(super) fn wrote(&self, key: &StackKey, stack: &Stack) {
        let written = Written {
            uid: stack.metadata.uid.clone().unwrap_or_default(),
            version: version_of(stack),
            status: stack.status.clone().unwrap_or_default(),
        };
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), written);
    }

    /// Stacks are listed anew. After a restore from a backup they have older versions than what was written.
    pub(super) fn forget_written(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets all Stacks but these, which are all that there are: what was deleted while no watch ran, nothing tells.
    pub(super) fn keep(&self, stacks: &HashSet<StackKey>) {
        self.backoffs.keep(stacks);
        self.pace.keep(stacks);
        self.images.keep(stacks);
        self.contents.keep(stacks);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).retain(|stack, _| stacks.contains(stack));
        crate::cluster::lock(&self.index).keep_stacks(stacks);
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, key: &StackKey) {
        self.backoffs.reset(key);
        self.pace.forget(key);
        self.images.forget(key);
        self.contents.forget(key);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        crate::cluster::lock(&self.index).forget_stack(key);
    }
}

fn version_of(stack: &Stack) -> u64 {
    stack.metadata.resource_version.as_ref().and_then(|version| version.parse().ok()).unwrap_or_default()
}
