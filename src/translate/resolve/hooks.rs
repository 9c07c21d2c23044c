//! Hooks with a user or powers of their own.
//!
//! Kubernetes runs a hook in the container, as the container's user. A hook that runs after the start and has
//! another user is a program that ends before the container starts, in a container of its own with the service's
//! image and mounts. A hook before the end has no such place.

use k8s_openapi::api::core::v1::EnvVar;

use super::{Problems, pre_start::variables, user};
use crate::{
    api::{Hook, Service, Text},
    translate::{Approximation, Image, escape::escaped},
};

/// A user's number, and a group's where it is given.
pub(super) type User = (i64, Option<i64>);

/// A hook that runs before the container starts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) struct HookBefore<'a> {
    pub spec: &'a Hook,
    pub environment: Vec<EnvVar>,
    pub user: Option<User>,
}

/// What is known of the user that a service's container has.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    /// The one that the service names.
    pub named: Option<User>,
    pub image: Option<&'a Image>,
}

/// The hooks of `postStart` that run in the container, and those that run before it starts.
pub(super) fn post_start<'a>(
    service: &'a Service,
    own: Own<'_>,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> (Vec<&'a Hook>, Vec<HookBefore<'a>>) {
    let (mut inside, mut before) = (Vec::new(), Vec::new());
    for (index, hook) in service.post_start.iter().enumerate() {
        let path = format!("{path}.postStart[{index}]");
        let user = user(hook.user.as_deref(), &path, problems);
        if !is_apart(service, hook, user, own) {
            inside.push(hook);
            continue;
        }
        let text = |(name, text): (&String, &Text)| (name.clone(), Text(escaped(text, false)));
        let environment = variables(service, &hook.environment.iter().map(text).collect(), &path, problems);
        before.push(HookBefore { spec: hook, environment, user: user.or(own.named) });
        let message = "the hook runs before the container starts, in a container of its own with that user: what it does to \
                       volumes stays, and what it does to other files or to the program does not reach the service";
        approximations.push(Approximation { path, message: message.to_owned() });
    }
    (inside, before)
}

/// Refuses hooks before the end that have another user than the container.
pub(super) fn check_pre_stop(service: &Service, own: Own<'_>, path: &str, problems: &mut Problems) {
    for (index, hook) in service.pre_stop.iter().enumerate() {
        let path = format!("{path}.preStop[{index}]");
        let user = user(hook.user.as_deref(), &path, problems);
        if is_apart(service, hook, user, own) {
            let message = "Kubernetes runs a hook before the end as the container's user: take 'user' and 'privileged' out of \
                           the hook, or give them to the service";
            problems.value(path, message);
        }
    }
}

/// Whether a hook has another user or more powers than the service.
fn is_apart(service: &Service, hook: &Hook, user: Option<User>, own: Own<'_>) -> bool {
    let more_powers = hook.privileged == Some(true) && service.privileged != Some(true);
    let own = own.named.or_else(|| of_image(own.image));
    let is_own = |(user, group): User| {
        own.is_some_and(|(own, own_group)| user == own && group.is_none_or(|it| Some(it) == own_group))
    };
    more_powers || user.is_some_and(|user| !is_own(user))
}

/// The user of an image, where it is known and a number.
fn of_image(image: Option<&Image>) -> Option<User> {
    match image.filter(|image| image.is_read())?.config.user.as_deref() {
        None | Some("" | "root") => Some((0, None)),
        Some(user) => super::user::user(Some(user), "", &mut Problems::default()),
    }
}
