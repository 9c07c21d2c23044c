//! How often the status of a Stack is written: an object of up to 1.5 MB goes into etcd with each write, and pods may
//! become ready and unready many times a second.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    api::{ServiceState, StackStatus},
    cluster::StackKey,
};

/// How long one status stands before the next one is written.
const SPAN: Duration = Duration::from_secs(1);

/// When the status of each Stack was written last.
#[derive(Default)]
pub(super) struct Pace(Mutex<HashMap<StackKey, Last>>);

struct Last {
    at: Instant,
    /// Whether another one waits.
    is_followed: bool,
}

impl Pace {
    /// Whether a status may be written now. If not, the Stack is to be looked at again when [`Self::due`] says.
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

    /// A status was written.
    pub(super) fn wrote(&self, stack: &StackKey) {
        self.all().insert(stack.clone(), Last { at: Instant::now(), is_followed: false });
    }

    /// What is to be told of a Stack is what its status says.
    pub(super) fn is_told(&self, stack: &StackKey) {
        if let Some(last) = self.all().get_mut(stack) {
            last.is_followed = false;
        }
    }

    /// How long it is until the status may be written that waits, if one does.
    pub(super) fn due(&self, stack: &StackKey) -> Option<Duration> {
        let all = self.all();
        let last = all.get(stack).filter(|last| last.is_followed)?;
        Some(SPAN.saturating_sub(last.at.elapsed()))
    }

    /// Forgets a Stack that is gone.
    pub(super) fn forget(&self, stack: &StackKey) {
        self.all().remove(stack);
    }

    /// Forgets all Stacks but these.
    pub(super) fn keep(&self, stacks: &HashSet<StackKey>) {
        self.all().retain(|stack, _| stacks.contains(stack));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StackKey, Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a status is not to wait: it tells of a new spec, or is what later passes must remember, also those of
/// another operator.
fn is_urgent(before: &StackStatus, after: &StackStatus) -> bool {
    let remembered = |status: &StackStatus| -> Vec<(String, Option<String>, bool)> {
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
            template: Some(template.to_owned()),
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
    async fn a_stack_that_flaps_has_a_status_write_a_second_and_the_last_state_is_written() {
        let (pace, up, down) =
            (Pace::default(), status(1, "a", ServiceState::Healthy), status(1, "a", ServiceState::Unhealthy));
        let (mut written, mut at) = (up.clone(), Vec::new());
        for tick in 0..100 {
            let now = if tick % 2 == 0 { &down } else { &up };
            if written == *now {
                pace.is_told(&key());
            } else if pace.may_write(&key(), &written, now) {
                pace.wrote(&key());
                at.push(tick);
                written = now.clone();
            }
            advance(Duration::from_millis(50)).await;
        }
        assert_eq!(at, [0, 21, 42, 63, 84], "the first change at once, then the next one after a second");
        // It ends in a state that is not told yet.
        let last = if written == up { &down } else { &up };
        assert!(!pace.may_write(&key(), &written, last));
        advance(pace.due(&key()).unwrap()).await;
        assert!(pace.may_write(&key(), &written, last));
        pace.wrote(&key());
        assert_eq!(pace.due(&key()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_new_or_remembered_is_written_at_once() {
        let before = status(1, "a", ServiceState::Healthy);
        let pace = Pace::default();
        pace.wrote(&key());
        for (after, expected) in [
            (status(1, "a", ServiceState::Unhealthy), false),
            (status(2, "a", ServiceState::Healthy), true),
            (status(1, "b", ServiceState::Healthy), true),
            (status(1, "a", ServiceState::Completed), true),
        ] {
            assert_eq!(pace.may_write(&key(), &before, &after), expected);
        }
    }
}
