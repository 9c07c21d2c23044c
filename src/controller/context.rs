//! The context that all reconciliations share.

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
    status_fields::StatusFields,
    status_rate::StatusRate,
    versions::Oldest,
    workers::{Translation, Workers},
};
use crate::{
    api::{Stack, StackStatus},
    cluster::{Sources, StackKey},
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
    pub(super) translation: Translation,
    metrics: Arc<Metrics>,
    /// The status that the operator wrote last for each Stack, until the watch delivers it.
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
            status_rate: StatusRate::default(),
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

    /// Returns the Stack with its newest known status. A status that the operator wrote is newer than the one of the
    /// watch until the watch delivers it.
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

    /// Forgets all written statuses when Stacks are listed anew. After a restore of etcd from a backup, resourceVersions
    /// are older than those of the written statuses.
    pub(super) fn forget_written(&self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Forgets all Stacks but these. No event reports a deletion that happened while no watch ran.
    pub(super) fn keep(&self, stacks: &HashSet<StackKey>) {
        self.backoffs.keep(stacks);
        self.status_rate.keep(stacks);
        self.images.keep(stacks);
        self.contents.keep(stacks);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).retain(|stack, _| stacks.contains(stack));
        crate::cluster::lock(&self.index).keep_stacks(stacks);
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

fn version_of(stack: &Stack) -> u64 {
    stack.metadata.resource_version.as_ref().and_then(|version| version.parse().ok()).unwrap_or_default()
}
