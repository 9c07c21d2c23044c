//! Hooks: commands before the start, after the start and before the stop of a service.

use super::health::shell_line;
use super::process::{command, numbers, user, working_dir};
use super::text::Variables;
use crate::api::{Hook, PreStart, Service, Text};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::rules::{self, Rule};

/// Converts `pre_start`, `post_start` and `pre_stop`.
pub fn hooks(
    context: &mut Context<'_>,
    section: &mut Section<'_>,
    variables: &mut Variables,
    service: &mut Service,
) {
    for value in section.take("pre_start").map(Value::items).unwrap_or_default() {
        let made = pre_start(context, value.section(), variables, &service.image);
        service.pre_start.push(made);
    }
    for value in section.take("post_start").map(Value::items).unwrap_or_default() {
        let made = hook(context, value.section(), variables, service, &rules::HOOK_USER);
        service.post_start.extend(made);
    }
    for value in section.take("pre_stop").map(Value::items).unwrap_or_default() {
        let made = hook(context, value.section(), variables, service, &rules::PRE_STOP_USER);
        service.pre_stop.extend(made);
    }
}

/// Converts a hook. `rule` applies to a hook with another user or more privileges than the service. A refused hook is
/// left out as a whole, so that it never runs as another user.
fn hook(
    context: &mut Context<'_>,
    mut section: Section<'_>,
    variables: &mut Variables,
    service: &Service,
    rule: &'static Rule,
) -> Option<Hook> {
    section.always(&["command"]);
    let mut command = Vec::new();
    if let Some(value) = section.take("command") {
        if context.secrecy.holds_secret(value.peek()) {
            let words = value.judged(&rules::SECRET_IN_COMMAND).as_list().unwrap_or_default();
            let line = shell_line(context, words, "HOOK", variables);
            command = ["sh", "-c", &line].map(str::to_owned).to_vec();
        } else {
            // Kubernetes does not expand variables in hooks, so nothing is escaped.
            command = value.texts();
        }
    }
    let user = section.take("user").map_or(Ok(None), |value| hook_user(value, service.user.as_deref(), rule));
    let privileged = section.take("privileged").map_or(Ok(None), |value| {
        let has_more = value.peek().as_bool() == Some(true) && service.privileged != Some(true);
        if has_more {
            judged(value, rule).map(|()| Some(true))
        } else {
            Ok(value.mapped().as_bool().and(None))
        }
    });
    let working_dir = working_dir(&mut section);
    let environment = section.texts_by_name("environment").into_iter();
    let environment = environment.map(|(name, text)| (name, Text(text))).collect();
    section.rest();
    let (user, privileged) = (user.ok()?, privileged.ok()?);
    let made = Hook { command, user, privileged, working_dir, environment };
    (!made.command.is_empty()).then_some(made)
}

/// A refused setting that the hook depends on.
struct Refused;

/// Judges a setting by a rule that can refuse it.
fn judged(value: Value<'_>, rule: &'static Rule) -> Result<(), Refused> {
    value.judged(rule);
    if rule.refuses() { Err(Refused) } else { Ok(()) }
}

/// Returns the user of a hook if it is, or can be, another user than that of the service.
fn hook_user(value: Value<'_>, own: Option<&str>, rule: &'static Rule) -> Result<Option<String>, Refused> {
    let text = value.peek().value.to_string();
    if text.is_empty() {
        value.mapped();
        return Ok(None);
    }
    if text == ":" {
        return judged(value, &rules::EMPTY_USER).map(|()| None);
    }
    let Some(user) = numbers(&text) else {
        return judged(value, &rules::USER_BY_NAME).and(Err(Refused));
    };
    match own {
        Some(own) if is_same(&user, own) => {
            value.mapped();
            return Ok(None);
        }
        // The operator reads the user of the image, and refuses the hook if the users differ.
        None if rule.refuses() => _ = value.mapped(),
        _ => judged(value, rule)?,
    }
    Ok(Some(user))
}

/// Reports whether a hook has the user of a service. A user without a group has a group from the image, except root.
fn is_same(user: &str, own: &str) -> bool {
    let parts = |text: &'_ str| match text.split_once(':') {
        Some((user, group)) => (user.to_owned(), Some(group.to_owned())),
        None => (text.to_owned(), (text == "0").then(|| text.to_owned())),
    };
    let ((user, group), (own, own_group)) = (parts(user), parts(own));
    user == own && (group.is_none() || group == own_group)
}

fn pre_start(
    context: &mut Context<'_>,
    mut section: Section<'_>,
    variables: &mut Variables,
    image: &str,
) -> PreStart {
    let (entrypoint, command) = command(context, &mut section, variables);
    let mut environment = std::collections::BTreeMap::new();
    for (name, value) in section.take("environment").map(Value::entries).unwrap_or_default() {
        let text = variables.text(context, value.peek(), name);
        match text {
            Some((_, true)) => value.judged(&rules::SECRET_VALUE),
            _ => value.mapped(),
        };
        environment.extend(text.map(|(text, _)| (name.to_owned(), Text(text))));
    }
    if let Some(value) = section.take("per_replica") {
        if value.peek().as_bool() == Some(true) {
            value.mapped();
        } else {
            value.judged(&rules::PRE_START_PER_REPLICA);
        }
    } else {
        section.remark("per_replica", &rules::PRE_START_PER_REPLICA, "");
    }
    let made = PreStart {
        entrypoint,
        command: command.unwrap_or_default(),
        image: section.text("image").filter(|own| !own.is_empty() && own != image),
        user: section.take("user").and_then(user),
        privileged: section.bool("privileged").filter(|on| *on),
        working_dir: working_dir(&mut section),
        environment,
    };
    if let Some(networks) = section.take("networks") {
        // The loader adds the default network if the project sets none.
        let default = networks.peek().as_map().is_some_and(|map| map.len() == 1 && map.has("default"));
        if default {
            networks.mapped()
        } else {
            networks.judged(&rules::PRE_START_SETTING)
        };
    }
    section.rest_judged(&rules::PRE_START_SETTING);
    made
}
