//! The hash of the keys that containers read from objects which the Stack does not own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::edition::Edition;
use crate::{
    text::{leading_bytes, long_hash},
    translate::{
        Facts, HashKey, ObjectKind,
        resolve::{Read, Resolved, ResolvedService},
    },
};

/// The number of bytes of the hash in templates of the first two editions. That hash has no key, so a user who can read Pods
/// can test guessed passwords against it. Three bytes limit such a test: one of sixteen million wrong guesses matches.
const SHOWN: usize = 3;

/// Returns the hash of the values of all keys that the services of a Pod read, or `None` if they read none. The first service
/// names the unit.
///
/// While a key is missing, the hash of the live workload is kept, so that Pods are not replaced if the same value comes back.
/// The hash depends on the Stack, so that it does not show equal values of two Stacks.
///
/// The hash is visible to users who can read Pods. So it has the UIDs of the Secrets as a key: without the right to read the
/// Secrets, a user cannot test passwords against it. A recreated Secret has another UID, so its readers are replaced. In
/// `render`, a Secret has no UID, and its values do not affect the hash.
pub(super) fn hash(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    edition: Edition,
) -> Option<String> {
    let reads: BTreeSet<_> = services.iter().flat_map(|service| &service.own.reads).collect();
    let digests: Option<Vec<_>> = reads
        .into_iter()
        .map(|read| Some((read, facts.objects.get(&(read.kind, read.name.to_owned()))?.get(read.key)?)))
        .collect();
    let Some(digests) = digests else {
        return facts.live_workloads.get(services.first()?.own.name)?.reads.clone();
    };
    if digests.is_empty() {
        return None;
    }
    let stack = &resolved.stack.metadata.uid;
    if !edition.keys_reads() {
        let read =
            |(read, digest): (&Read<'_>, &String)| json!([read.kind.as_str(), read.name, read.key, digest]);
        let digests: Vec<_> = digests.into_iter().map(read).collect();
        return Some(leading_bytes(&json!([stack, digests]).to_string(), SHOWN));
    }
    let digests: Vec<_> = digests.into_iter().map(|(read, digest)| keyed(*read, digest, facts)).collect();
    Some(long_hash(&json!([stack, digests]).to_string()))
}

/// Returns a key of an object with the digest of its value and the hash key.
fn keyed(read: Read<'_>, digest: &str, facts: &Facts) -> Value {
    let (kind, name, key) = (read.kind.as_str(), read.name, read.key);
    match (read.kind, facts.hash_keys.get(read.name).copied().map(HashKey::text)) {
        (ObjectKind::Secret, None) => json!([kind, name, key]),
        (ObjectKind::Secret, Some(hash_key)) => json!([kind, name, key, hash_key, digest]),
        _ => json!([kind, name, key, digest]),
    }
}
