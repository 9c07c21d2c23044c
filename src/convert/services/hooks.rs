//! What runs before a service, when it has started, and before it ends.

use super::health::shell_line;
use super::process::{command, numbers, user, working_dir};
use super::text::Variables;
use crate::api::{Hook, PreStart, Service, Text};
use crate::convert::catalogue::{self, Rule};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::convert::verdict::Verdict;

/// `pre_start`, `post_start` and `pre_stop`.
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
        let rule = &catalogue::HOOK_PRIVILEGES;
        let made = hook(context, value.section(), variables, service.user.as_deref(), rule);
        service.post_start.extend(made);
    }
    for value in section.take("pre_stop").map(Value::items).unwrap_or_default() {
        let rule = &catalogue::PRE_STOP_PRIVILEGES;
        let made = hook(context, value.section(), variables, service.user.as_deref(), rule);
        service.pre_stop.extend(made);
    }
}

/// A hook; `rule` is what holds of one that has another user than the service, or more powers. One that is refused
/// is left out as a whole: it does not run as someone else.
fn hook(
    context: &mut Context<'_>,
    mut section: Section<'_>,
    variables: &mut Variables,
    own: Option<&str>,
    rule: &'static Rule,
) -> Option<Hook> {
    section.always(&["command"]);
    let mut command = Vec::new();
    if let Some(value) = section.take("command") {
        if context.secrecy.holds_secret(value.peek()) {
            let words = value.judged(&catalogue::HOOK_SHELL).as_list().unwrap_or_default();
            let line = shell_line(context, words, "HOOK", variables);
            command = ["sh", "-c", &line].map(str::to_owned).to_vec();
        } else {
            // Kubernetes puts no variables into hooks, so nothing is escaped.
            command = value.texts();
        }
    }
    let user = section.take("user").map_or(Ok(None), |value| hook_user(value, own, rule));
    let privileged = match section.take("privileged") {
        Some(value) if value.peek().as_bool() == Some(true) => value.judged(rule).as_bool(),
        Some(value) => value.mapped().as_bool().filter(|on| *on),
        None => None,
    };
    let working_dir = working_dir(&mut section);
    let environment = section.texts_by_name("environment").into_iter();
    let environment = environment.map(|(name, text)| (name, Text(text))).collect();
    section.rest();
    let user = user.ok()?;
    let is_refused = rule.verdict == Verdict::Refused && (user.is_some() || privileged.is_some());
    let made = Hook { command, user, privileged, working_dir, environment };
    (!made.command.is_empty() && !is_refused).then_some(made)
}

/// A name of a user for which nobody knows the number.
struct UnknownUser;

/// The user of a hook, where it is another one than the service's.
fn hook_user(
    value: Value<'_>,
    own: Option<&str>,
    rule: &'static Rule,
) -> Result<Option<String>, UnknownUser> {
    let text = value.peek().value.to_string();
    if text.is_empty() || text == ":" {
        if text.is_empty() {
            value.mapped()
        } else {
            value.judged(&catalogue::NO_USER)
        };
        return Ok(None);
    }
    let Some(user) = numbers(&text) else {
        value.judged(&catalogue::RUN_USER);
        return Err(UnknownUser);
    };
    if own.is_some_and(|own| own == user || own.starts_with(&format!("{user}:"))) {
        value.mapped();
        return Ok(None);
    }
    value.judged(rule);
    Ok(Some(user))
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
            Some((_, true)) => value.judged(&catalogue::MOVED_TO_SECRET),
            _ => value.mapped(),
        };
        environment.extend(text.map(|(text, _)| (name.to_owned(), Text(text))));
    }
    if let Some(value) = section.take("per_replica") {
        if value.peek().as_bool() == Some(true) {
            value.mapped();
        } else {
            value.judged(&catalogue::PRE_START_REPLICA);
        }
    } else {
        section.remark("per_replica", &catalogue::PRE_START_REPLICA, "");
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
    if let Some(files) = section.take("env_file") {
        files.judged(&catalogue::PRE_START_ENV_FILE);
    }
    if let Some(networks) = section.take("networks") {
        // The loader writes the default network where nobody wrote any.
        let default = networks.peek().as_map().is_some_and(|map| map.len() == 1 && map.has("default"));
        if default {
            networks.mapped()
        } else {
            networks.judged(&catalogue::PRE_START_SETTING)
        };
    }
    section.rest_judged(&catalogue::PRE_START_SETTING);
    made
}
