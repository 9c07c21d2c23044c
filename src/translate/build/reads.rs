//! What containers read from objects of others -> a hash that changes when it does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::edition::Edition;
use crate::translate::{
    Facts, HashKey, ObjectKind,
    hash::leading_bytes,
    long_hash,
    resolve::{Read, Resolved, ResolvedService},
};

/// How many bytes of the hash the first two editions show. They were computed of what whoever sees pods knows, but
/// for the values: the rest is not shown, since it would tell which of many guessed passwords is the right one. Three
/// bytes tell that, too, but for one of sixteen million.
const SHOWN: usize = 3;

/// A hash of the values of all keys that the services of a pod read, and of nothing else; none when they read
/// none. The first service names the pod.
///
/// While one of them is missing, it is the hash that the living pods were made with: they run on, and when
/// the same values come back nothing has changed. It is of this Stack alone, so that equal values of two
/// Stacks do not show.
///
/// It stands where whoever sees pods sees it. So it is keyed by the UIDs of the Secrets: nobody who does not see those
/// can compute it, and try passwords against it. A Secret that is deleted and made anew has another UID, and its
/// readers roll. A Secret that is on no cluster has none, and its values are not told.
pub(super) fn hash(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    edition: Edition,
) -> Option<String> {
    let reads: BTreeSet<_> = services.iter().flat_map(|service| &service.reads).collect();
    let digests: Option<Vec<_>> = reads
        .into_iter()
        .map(|read| Some((read, facts.objects.get(&(read.kind, read.name.to_owned()))?.get(read.key)?)))
        .collect();
    let Some(digests) = digests else {
        return facts.live_workloads.get(services.first()?.name)?.reads.clone();
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

/// A key of an object and its value, with the key of the hash.
fn keyed(read: Read<'_>, digest: &str, facts: &Facts) -> Value {
    let (kind, name, key) = (read.kind.as_str(), read.name, read.key);
    match (read.kind, facts.hash_keys.get(read.name).copied().map(HashKey::text)) {
        (ObjectKind::Secret, None) => json!([kind, name, key]),
        (ObjectKind::Secret, Some(hash_key)) => json!([kind, name, key, hash_key, digest]),
        _ => json!([kind, name, key, digest]),
    }
}
