//! What containers read from objects of others -> a hash that changes when it does.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::translate::{
    Facts,
    resolve::{Resolved, ResolvedService},
};

/// How many bytes of the hash are shown: one change of sixteen million is missed. The rest stays unsaid, so that
/// whoever may see pods but no Secrets cannot tell by it which of many guessed passwords is the right one.
const SHOWN: usize = 3;

/// A hash of the values of all keys that the services of a pod read, and of nothing else; none when they read
/// none. The first service names the pod.
///
/// While one of them is missing, it is the hash that the living pods were made with: they run on, and when
/// the same values come back nothing has changed. It is of this Stack alone, so that equal values of two
/// Stacks do not show.
pub(super) fn hash(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
) -> Option<String> {
    let reads: BTreeSet<_> = services.iter().flat_map(|service| &service.reads).collect();
    let digests: Option<Vec<_>> = reads
        .into_iter()
        .map(|read| {
            let digest = facts.objects.get(&(read.kind, read.name.to_owned()))?.get(read.key)?;
            Some(json!([read.kind.as_str(), read.name, read.key, digest]))
        })
        .collect();
    let Some(digests) = digests else {
        return facts.live_workloads.get(services.first()?.name)?.reads.clone();
    };
    if digests.is_empty() {
        return None;
    }
    let text = json!([resolved.stack.metadata.uid, digests]).to_string();
    let shown = Sha256::digest(text.as_bytes()).into_iter().take(SHOWN);
    Some(shown.fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}
