//! What runs before a service, when it has started, and before it ends.

use super::health::shell_line;
use super::process::{command, user};
use super::text::Variables;
use crate::api::{Hook, PreStart, Service, Text};
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};

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
        service.post_start.extend(hook(context, value.section(), variables));
    }
    for value in section.take("pre_stop").map(Value::items).unwrap_or_default() {
        service.pre_stop.extend(hook(context, value.section(), variables));
    }
}

fn hook(context: &mut Context<'_>, mut section: Section<'_>, variables: &mut Variables) -> Option<Hook> {
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
    let working_dir = section.text("working_dir").filter(|path| path.starts_with('/'));
    let environment = section.texts_by_name("environment").into_iter();
    let environment = environment.map(|(name, text)| (name, Text(text))).collect();
    section.rest();
    (!command.is_empty()).then_some(Hook { command, working_dir, environment })
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
        working_dir: section.text("working_dir").filter(|path| path.starts_with('/')),
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
