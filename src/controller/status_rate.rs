//! Rate limit of status writes. Each write stores an object of up to 1.5 MiB in etcd, and Pods can change their readiness
//! many times a second.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::api::{ServiceState, StackKey, StackStatus, TemplateHash};

/// Minimum time between two writes of a status.
const SPAN: Duration = Duration::from_secs(1);

/// The last status write of each Stack.
#[derive(Default)]
pub(super) struct StatusRate(Mutex<HashMap<StackKey, Last>>);

struct Last {
    at: Instant,
    /// Whether a newer status waits.
    is_followed: bool,
}

impl StatusRate {
    /// Reports whether a status can be written now. If not, reconcile the Stack again when [`Self::due`] says.
    pub(super) fn may_write(&self, stack: &StackKey, before: &StackStatus, after: &StackStatus) -> bool {
        let mut all = self.all();
        match all.get_mut(stack) {
            Some(last) if last.at.elapsed() < SPAN && !is_urgent(before, after) => {
                last.is_followed = true;
                false
            }
            _ => true,
        }
    }

    /// Records a status write.
    pub(super) fn wrote(&self, stack: &StackKey) {
        self.all().insert(stack.clone(), Last { at: Instant::now(), is_followed: false });
    }

    /// Records that the stored status is the newest one.
    pub(super) fn is_current(&self, stack: &StackKey) {
        if let Some(last) = self.all().get_mut(stack) {
            last.is_followed = false;
        }
    }

    /// Returns the time until a waiting status can be written.
    pub(super) fn due(&self, stack: &StackKey) -> Option<Duration> {
        let all = self.all();
        let last = all.get(stack).filter(|last| last.is_followed)?;
        Some(SPAN.saturating_sub(last.at.elapsed()))
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, stack: &StackKey) {
        self.all().remove(stack);
    }

    /// Forgets all Stacks but those that `is_known` accepts.
    pub(super) fn keep(&self, is_known: impl Fn(&StackKey) -> bool) {
        self.all().retain(|stack, _| is_known(stack));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StackKey, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports whether a status must be written at once, because the status is the first for a new spec, or because later
/// reconciliations, also of another operator, depend on its content.
fn is_urgent(before: &StackStatus, after: &StackStatus) -> bool {
    let remembered = |status: &StackStatus| -> Vec<(String, Option<TemplateHash>, bool)> {
        let services = status.services.iter();
        services
            .map(|it| (it.name.clone(), it.template.clone(), it.state == ServiceState::Completed))
            .collect()
    };
    before.observed_generation != after.observed_generation || remembered(before) != remembered(after)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::api::ServiceStatus;

    fn key() -> StackKey {
        StackKey { namespace: "n".to_owned(), name: "shop".to_owned() }
    }

    fn status(generation: i64, template: &str, state: ServiceState) -> StackStatus {
        let service = ServiceStatus {
            name: "web".to_owned(),
            template: Some(template.into()),
            state,
            ..ServiceStatus::default()
        };
        StackStatus {
            observed_generation: Some(generation),
            services: vec![service],
            ..StackStatus::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flapping_stack_has_one_status_write_a_second_and_its_last_state_is_written() {
        let (status_rate, up, down) = (
            StatusRate::default(),
            status(1, "a", ServiceState::Healthy),
            status(1, "a", ServiceState::Unhealthy),
        );
        let (mut written, mut at) = (up.clone(), Vec::new());
        for tick in 0..100 {
            let now = if tick % 2 == 0 { &down } else { &up };
            if written == *now {
                status_rate.is_current(&key());
            } else if status_rate.may_write(&key(), &written, now) {
                status_rate.wrote(&key());
                at.push(tick);
                written = now.clone();
            }
            advance(Duration::from_millis(50)).await;
        }
        assert_eq!(at, [0, 21, 42, 63, 84], "the first change at once, then the next one after a second");
        // The last state has not been written yet.
        let last = if written == up { &down } else { &up };
        assert!(!status_rate.may_write(&key(), &written, last));
        advance(status_rate.due(&key()).unwrap()).await;
        assert!(status_rate.may_write(&key(), &written, last));
        status_rate.wrote(&key());
        assert_eq!(status_rate.due(&key()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_generation_or_remembered_state_is_written_at_once() {
        let before = status(1, "a", ServiceState::Healthy);
        let status_rate = StatusRate::default();
        status_rate.wrote(&key());
        for (after, expected) in [
            (status(1, "a", ServiceState::Unhealthy), false),
            (status(2, "a", ServiceState::Healthy), true),
            (status(1, "b", ServiceState::Healthy), true),
            (status(1, "a", ServiceState::Completed), true),
        ] {
            assert_eq!(status_rate.may_write(&key(), &before, &after), expected);
        }
    }
}
