//! Hooks with another user or more privileges than their container.
//!
//! Kubernetes runs a hook in the container as the user of the container. A `postStart` hook with another user becomes an
//! init container with the image and mounts of the service. For a `preStop` hook, there is no alternative.

use k8s_openapi::api::core::v1::EnvVar;

use super::{
    pre_start::variables,
    user::{User, user},
};
use crate::{
    api::{Hook, Service, Text},
    text::escape::escaped,
    translate::{
        Image,
        findings::{FieldPath, Findings},
    },
};

/// A hook that runs before the container starts.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::translate) struct HookBefore<'a> {
    pub spec: &'a Hook,
    pub environment: Vec<EnvVar>,
    pub user: Option<User>,
}

/// The known facts about the user of a container.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    /// The user that the service sets.
    pub named: Option<User>,
    pub image: Option<&'a Image>,
    /// Whether the image can have a user that only the operator can read.
    pub is_to_be_read: bool,
}

/// The user of a hook, compared with the user of the container.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    /// The user of the container.
    Own,
    /// Another user, or more privileges.
    Other,
    /// A user that cannot be compared, because the user of the container is unknown.
    Unknown,
}

/// Returns the `postStart` hooks that run in the container, and those that run before it starts.
pub(super) fn post_start<'a>(
    service: &'a Service,
    own: Own<'_>,
    at: &FieldPath<'_>,
) -> (Vec<&'a Hook>, Vec<HookBefore<'a>>) {
    let (mut inside, mut before) = (Vec::new(), Vec::new());
    for (index, hook) in service.post_start.iter().enumerate() {
        let at = &at.index("postStart", index);
        let user = user(hook.user.as_deref(), at);
        if whose(service, hook, user, own) == Whose::Own {
            inside.push(hook);
            continue;
        }
        let text = |(name, text): (&String, &Text)| (name.clone(), Text(escaped(text, false)));
        let environment = variables(service, &hook.environment.iter().map(text).collect(), at);
        before.push(HookBefore { spec: hook, environment, user: user.or(own.named) });
        let message = "the hook runs as its user in an init container before the service starts. Changes to \
                       volumes persist, and other changes do not reach the service. The hook must not wait for the \
                       service";
        at.approximate(message);
    }
    (inside, before)
}

/// Refuses `preStop` hooks with another user or more privileges than the container.
pub(super) fn check_pre_stop(service: &Service, own: Own<'_>, at: &FieldPath<'_>) {
    for (index, hook) in service.pre_stop.iter().enumerate() {
        let at = &at.index("preStop", index);
        let user = user(hook.user.as_deref(), at);
        match whose(service, hook, user, own) {
            Whose::Own => {}
            Whose::Unknown if own.is_to_be_read => {
                let message = "Kubernetes runs a preStop hook as the user of the container, which is USER of the \
                               image and not known here. An operator that reads image metadata refuses the hook if \
                               USER is another user than that of the hook";
                at.child("user").approximate(message);
            }
            Whose::Other | Whose::Unknown => {
                let message = "Kubernetes runs a preStop hook as the user and with the privileges of the container: \
                               remove 'user' and 'privileged' from the hook, or set them for the service";
                at.invalid(message);
            }
        }
    }
}

/// Compares the user and the privileges of a hook with those of the service.
fn whose(service: &Service, hook: &Hook, user: Option<User>, own: Own<'_>) -> Whose {
    if hook.privileged == Some(true) && service.privileged != Some(true) {
        return Whose::Other;
    }
    let Some(user) = user else { return Whose::Own };
    let Some(own) = own.named.or_else(|| of_image(own.image)) else { return Whose::Unknown };
    // Without a group, root has the group root.
    let own_group = own.group.or((own.id == 0).then_some(0));
    let is_own = user.id == own.id && user.group.is_none_or(|group| Some(group) == own_group);
    if is_own { Whose::Own } else { Whose::Other }
}

/// Returns the user of an image, if the user is known and a number.
fn of_image(image: Option<&Image>) -> Option<User> {
    const ROOT: User = User { id: 0, group: None };
    let Some(user) = &image.filter(|image| image.is_read())?.config.user else { return Some(ROOT) };
    let number = |part: &str| if part == "root" { "0".to_owned() } else { part.to_owned() };
    let numbers: Vec<_> = user.split(':').map(number).collect();
    match numbers.join(":") {
        none if none.is_empty() => Some(ROOT),
        user => super::user::user(Some(&user), &Findings::default().root("")),
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
            // Only the image has the number of the user.
            ("0", "", "app", ("before", "refused")),
            // The operator reads the image first.
            ("0", "", "?", ("before", "told")),
            ("0", "7", "?", ("before", "refused")),
            ("0", "0", "?", ("inside", "inside")),
        ] {
            assert_eq!(outcome(hook, user, of_image), expected, "{hook} in {user:?} of {of_image:?}");
        }
    }
}
