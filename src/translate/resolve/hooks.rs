//! Hooks with a user or privileges of their own.
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
    /// Whether the image may have one that only the operator knows.
    pub is_to_be_read: bool,
}

/// Whom a hook runs as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    /// The container's user.
    Own,
    /// Another user, or one with more privileges.
    Other,
    /// A user of whom nobody knows whether it is the container's.
    Unknown,
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
        if whose(service, hook, user, own) == Whose::Own {
            inside.push(hook);
            continue;
        }
        let text = |(name, text): (&String, &Text)| (name.clone(), Text(escaped(text, false)));
        let environment = variables(service, &hook.environment.iter().map(text).collect(), &path, problems);
        before.push(HookBefore { spec: hook, environment, user: user.or(own.named) });
        let message = "the hook runs before the container starts, in a container of its own with that user: what it does to \
                       volumes stays, and what it does to other files or to the program does not reach the service. The \
                       service starts when the hook has ended, so the hook must not wait for the service";
        approximations.push(Approximation { path, message: message.to_owned() });
    }
    (inside, before)
}

/// Refuses hooks before the end that have another user than the container.
pub(super) fn check_pre_stop(
    service: &Service,
    own: Own<'_>,
    path: &str,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) {
    for (index, hook) in service.pre_stop.iter().enumerate() {
        let path = format!("{path}.preStop[{index}]");
        let user = user(hook.user.as_deref(), &path, problems);
        match whose(service, hook, user, own) {
            Whose::Own => {}
            Whose::Unknown if own.is_to_be_read => {
                let message = "Kubernetes runs a hook before the end as the container's user, which is the USER of the image: \
                               an operator that reads images refuses the hook where that is another user";
                approximations
                    .push(Approximation { path: format!("{path}.user"), message: message.to_owned() });
            }
            Whose::Other | Whose::Unknown => {
                let message = "Kubernetes runs a hook before the end as the container's user: take 'user' and 'privileged' \
                               out of the hook, or give them to the service";
                problems.value(path, message);
            }
        }
    }
}

/// Whether a hook has another user or more privileges than the service.
fn whose(service: &Service, hook: &Hook, user: Option<User>, own: Own<'_>) -> Whose {
    if hook.privileged == Some(true) && service.privileged != Some(true) {
        return Whose::Other;
    }
    let Some((user, group)) = user else { return Whose::Own };
    let Some((own, own_group)) = own.named.or_else(|| of_image(own.image)) else { return Whose::Unknown };
    // Root's group is root's where none is given.
    let own_group = own_group.or((own == 0).then_some(0));
    if user == own && group.is_none_or(|group| Some(group) == own_group) { Whose::Own } else { Whose::Other }
}

/// The user of an image, where it is known and a number.
fn of_image(image: Option<&Image>) -> Option<User> {
    let user = image.filter(|image| image.is_read())?.config.user.as_deref().unwrap_or_default();
    let number = |part: &str| if part == "root" { "0".to_owned() } else { part.to_owned() };
    let numbers: Vec<_> = user.split(':').map(number).collect();
    match numbers.join(":") {
        none if none.is_empty() => Some((0, None)),
        user => super::user::user(Some(&user), "", &mut Problems::default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        api::Stack,
        translate::{Facts, Image, ImageConfig, translate},
    };

    /// What becomes of two hooks with a user, one after the start and one before the end, in a service of `user` and
    /// an image of `USER`, which nobody has read where it is `?`.
    fn outcome(hook: &str, user: &str, of_image: &str) -> (&'static str, &'static str) {
        let stack = |hooks: &str| -> Stack {
            let service = json!({
                "image": "i", "restart": "always", "user": Some(user).filter(|user| !user.is_empty()),
                hooks: [{"command": ["do"], "user": hook}],
            });
            serde_json::from_value(json!({
                "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
                "spec": {"services": {"a": service}},
            }))
            .unwrap()
        };
        let image = Image {
            image: "i".to_owned(),
            digest: Some("sha256:1".to_owned()),
            unread: None,
            config: ImageConfig { user: Some(of_image.to_owned()), ..ImageConfig::default() }.into(),
        };
        let images = [("a".to_owned(), image)].into_iter().filter(|_| of_image != "?").collect();
        let facts = Facts { images, ..Facts::default() };
        let start = translate(&stack("postStart"), &facts).unwrap();
        let body = start.units["a"].workload.as_ref().unwrap().object().body;
        let is_before = !body["spec"]["template"]["spec"]["initContainers"].is_null();
        let end = match translate(&stack("preStop"), &facts) {
            Ok(desired) if desired.approximations.iter().any(|it| it.path.ends_with(".user")) => "told",
            Ok(_) => "inside",
            Err(_) => "refused",
        };
        (if is_before { "before" } else { "inside" }, end)
    }

    #[test]
    fn a_hook_runs_in_the_container_only_as_its_user() {
        for (hook, user, of_image, expected) in [
            ("0:0", "", "", ("inside", "inside")),
            ("0:0", "", "root", ("inside", "inside")),
            ("0:0", "", "0", ("inside", "inside")),
            ("0:0", "", "root:root", ("inside", "inside")),
            ("0", "", "0:root", ("inside", "inside")),
            ("0:0", "", "root:50", ("before", "refused")),
            ("0", "", "root", ("inside", "inside")),
            ("0:0", "0", "app", ("inside", "inside")),
            ("0:5", "", "root", ("before", "refused")),
            ("0", "", "1000", ("before", "refused")),
            ("7:7", "7", "", ("before", "refused")),
            ("7", "7:7", "", ("inside", "inside")),
            // Its number stands in the image.
            ("0", "", "app", ("before", "refused")),
            // The operator reads the image before it acts.
            ("0", "", "?", ("before", "told")),
            ("0", "7", "?", ("before", "refused")),
            ("0", "0", "?", ("inside", "inside")),
        ] {
            assert_eq!(outcome(hook, user, of_image), expected, "{hook} in {user:?} of {of_image:?}");
        }
    }
}
