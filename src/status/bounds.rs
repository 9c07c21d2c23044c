//! Bounds on the size of a status. etcd stores objects of up to 1.5 MiB, and the API server refuses a status that
//! breaks a limit of the CRD. A refused status would never be updated again.

use crate::{
    api::{ServiceStatus, StackStatus},
    text::clip::clip,
};

/// Entries of `waitsFor`.
pub(super) const MOST_WAITS: usize = 20;
/// Bytes of one entry of `waitsFor`.
const LONGEST_WAIT: usize = 512;
/// Bytes of a service's message.
const LONGEST_MESSAGE: usize = 4_096;
/// Bytes of a condition's message, the limit of Kubernetes' own `Condition` type.
const LONGEST_CONDITION: usize = 32_768;

/// Bytes of messages and waits of all services together. Beyond, each service has the shorter bounds below.
const MOST_OF_ALL: usize = 256 << 10;
const FEW_WAITS: usize = 3;
const SHORT_WAIT: usize = 128;
const SHORT_MESSAGE: usize = 256;

/// Shortens a status to the bounds.
pub(super) fn enforce(status: &mut StackStatus) {
    for condition in &mut status.conditions {
        clip(&mut condition.message, LONGEST_CONDITION);
    }
    for service in &mut status.services {
        enforce_on_service(service, (MOST_WAITS, LONGEST_WAIT, LONGEST_MESSAGE));
    }
    for job in &mut status.jobs {
        let run = job.last_run.as_mut().and_then(|run| run.message.as_mut());
        run.into_iter().chain(&mut job.message).for_each(|message| clip(message, SHORT_MESSAGE));
    }
    let size = |service: &ServiceStatus| {
        let message = service.message.as_ref().map_or(0, String::len);
        message.saturating_add(service.waits_for.iter().map(String::len).sum())
    };
    if status.services.iter().map(size).fold(0, usize::saturating_add) > MOST_OF_ALL {
        for service in &mut status.services {
            enforce_on_service(service, (FEW_WAITS, SHORT_WAIT, SHORT_MESSAGE));
        }
    }
}

fn enforce_on_service(
    service: &mut ServiceStatus,
    (waits, longest_wait, longest_message): (usize, usize, usize),
) {
    service.waits_for.truncate(waits);
    service.waits_for.iter_mut().for_each(|wait| clip(wait, longest_wait));
    service.message.iter_mut().for_each(|message| clip(message, longest_message));
}
