//! Image, command, user and environment of a service.

use std::collections::BTreeMap;

use compose_loader::paths::is_windows_absolute;

use super::text::Variables;
use crate::api::labels::RESERVED;
use crate::api::{PullPolicy, Service, Text};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::convert::sizes::{bytes, duration, quantity};
use crate::rules::{self, Rule};

/// Converts `image`, `build` and `pull_policy`.
pub fn image(context: &Context<'_>, name: &str, section: &mut Section<'_>, service: &mut Service) {
    let image = section.text("image").filter(|image| !image.is_empty());
    let builds = section.has("build");
    if let Some(build) = section.take("build") {
        match (&image, &context.options.registry) {
            (Some(_), _) => build.judged(&rules::BUILD_SETTINGS),
            (None, Some(_)) => build.judged(&rules::BUILT_IMAGE),
            (None, None) => build.judged(&rules::IMAGE_WITHOUT_REGISTRY),
        };
    }
    service.image = image.unwrap_or_else(|| {
        if !builds {
            return String::new();
        }
        let built = format!("{}-{}", context.project.name, name.to_lowercase());
        match &context.options.registry {
            Some(registry) => format!("{}/{built}", registry.trim_end_matches('/')),
            None => built,
        }
    });
    if let Some(value) = section.take("pull_policy") {
        let word = value.peek_text().unwrap_or_default();
        service.pull_policy = match word {
            "always" => Some(PullPolicy::Always),
            "never" => Some(PullPolicy::Never),
            _ => None,
        };
        match word {
            "always" | "never" | "missing" | "if_not_present" | "" => value.mapped(),
            "build" => value.judged(&rules::PULL_POLICY_BUILD),
            word if word == "refresh"
                || word == "daily"
                || word == "weekly"
                || word.starts_with("every_") =>
            {
                value.judged(&rules::PULL_INTERVAL)
            }
            _ => value.judged(&rules::UNKNOWN_SETTING_VALUE),
        };
    }
    if let Some(value) = section.take("platform") {
        let fits = value.peek_text().is_some_and(|text| {
            let parts: Vec<_> = text.split('/').collect();
            parts.len() <= 3 && parts.iter().all(|part| is_word(part))
        });
        service.platform = match (fits, value.peek_text().is_some_and(|text| text.matches('/').count() == 2))
        {
            (true, false) => value.text(),
            (true, true) => value.text_judged(&rules::PLATFORM_VARIANT),
            _ => {
                value.judged(&rules::UNKNOWN_SETTING_VALUE);
                None
            }
        };
    }
    service.runtime = section.text("runtime").filter(|runtime| !runtime.is_empty());
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Converts `entrypoint` and `command` of a service or a `pre_start` container.
pub fn command(
    context: &mut Context<'_>,
    section: &mut Section<'_>,
    variables: &mut Variables,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    section.always(&["entrypoint", "command"]);
    let mut words = |key: &str, rule: Option<&'static Rule>| {
        let value = section.take(key)?;
        match rule {
            Some(rule) if value.peek().as_list().is_some_and(<[_]>::is_empty) => {
                value.judged(rule);
                Some(Vec::new())
            }
            _ if value.peek().is_null() => {
                value.mapped();
                None
            }
            _ => Some(list(context, value, variables, &key.to_uppercase())),
        }
    };
    let entrypoint = words("entrypoint", Some(&rules::CLEARED_ENTRYPOINT));
    // Docker treats an empty command as no command.
    let command = words("command", None).filter(|words| !words.is_empty());
    match (entrypoint, command) {
        (Some(cleared), command) if cleared.is_empty() => (command, None),
        both => both,
    }
}

/// Returns a list of words in the syntax of Kubernetes.
fn list(context: &mut Context<'_>, value: Value<'_>, variables: &mut Variables, hint: &str) -> Vec<String> {
    let nodes = value.items().into_iter();
    nodes
        .filter_map(|item| {
            let (text, secret) = variables.text(context, item.peek(), hint)?;
            if secret {
                item.judged(&rules::SECRET_VALUE)
            } else {
                item.mapped()
            };
            Some(text)
        })
        .collect()
}

/// Converts `environment`, `labels` and `annotations`.
pub fn environment(
    context: &mut Context<'_>,
    section: &mut Section<'_>,
    variables: &mut Variables,
    service: &mut Service,
) {
    for (name, value) in section.take("environment").map(Value::entries).unwrap_or_default() {
        if variables.is_from_secret(name) {
            value.judged(&rules::SECRET_VALUE);
            continue;
        }
        let Some((text, secret)) = variables.text(context, value.peek(), name) else {
            // A variable that is not set when the project is loaded is not set in the container.
            value.mapped();
            continue;
        };
        if secret {
            value.judged(&rules::SECRET_VALUE)
        } else {
            value.mapped()
        };
        service.environment.insert(name.to_owned(), Text(text));
    }
}

/// Converts the working directory.
pub fn working_dir(section: &mut Section<'_>) -> Option<String> {
    let value = section.take("working_dir")?;
    if value.peek_text().is_some_and(is_windows_absolute) {
        value.judged(&rules::WINDOWS_PATH);
        return None;
    }
    value.text().filter(|path| !path.is_empty())
}

/// Converts the remaining attributes of the process.
pub fn settings(context: &Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    service.working_dir = working_dir(section).map(|path| {
        // Docker resolves a relative folder from the root of the container's file system.
        if path.starts_with('/') { path } else { format!("/{path}") }
    });
    service.user = section.take("user").and_then(user);
    for value in section.take("group_add").map(Value::items).unwrap_or_default() {
        match value.peek().value.to_string().parse() {
            Ok(group) => {
                value.mapped();
                service.group_add.push(group);
            }
            Err(_) => {
                value.judged(&rules::USER_BY_NAME);
            }
        }
    }
    if let Some(value) = section.take("umask") {
        // The umask of Docker and of container runtimes.
        if matches!(value.peek().value, compose_loader::Value::Int(0o022)) {
            value.mapped();
        } else {
            value.judged(&rules::UMASK);
        }
    }
    service.init = section.bool("init").filter(|on| *on);
    service.tty = section.bool("tty").filter(|on| *on);
    service.stdin_open = section.bool("stdin_open").filter(|on| *on);
    service.read_only = section.bool("read_only").filter(|on| *on);
    service.stop_grace_period = section.take("stop_grace_period").and_then(|value| duration(value.mapped()));
    if let Some(value) = section.take("stop_signal") {
        service.stop_signal = stop_signal(value);
    }
    service.shm_size = section.take("shm_size").and_then(|value| quantity(value.mapped()));
    for (name, value) in section.take("storage_opt").map(Value::entries).unwrap_or_default() {
        let size = value.peek().as_str().and_then(bytes).and_then(|size| quantity(&size));
        if name == "size" && size.is_some() {
            service.storage_size = size;
        }
        value.judged(&rules::STORAGE_OPTION);
    }
    service.labels = labels(section, "labels");
    service.annotations = labels(section, "annotations");
    for profile in section.take("profiles").map(Value::items).unwrap_or_default() {
        if profile.is_empty() {
            profile.judged(&rules::EMPTY_PROFILE);
            service.profiles.push(context.names.empty_profile.clone());
        } else {
            service.profiles.extend(profile.text());
        }
    }
}

/// Converts labels or annotations, without reserved ones. A label with a secret is left out, since only programs for
/// Docker read labels. An annotation with a secret is refused, since a program on the cluster can need it.
pub fn labels(section: &mut Section<'_>, key: &str) -> BTreeMap<String, Text> {
    let entries = section.take(key).map(Value::entries).unwrap_or_default().into_iter();
    let kept = entries.filter_map(|(name, value)| {
        if RESERVED.iter().any(|prefix| name.starts_with(prefix)) {
            value.judged(&rules::RESERVED_LABEL);
            return None;
        }
        if key == "labels" && value.holds_secret() {
            value.judged(&rules::SECRET_IN_LABEL);
            return None;
        }
        Some((name.to_owned(), Text(value.text()?)))
    });
    kept.collect()
}

/// Returns a user in numbers. As in Docker, an empty part counts as missing.
pub fn user(value: Value<'_>) -> Option<String> {
    let text = value.peek().value.to_string();
    if text.is_empty() {
        value.mapped();
        return None;
    }
    let (user, group) = text.split_once(':').unwrap_or((&text, ""));
    let rule = match (user, group) {
        ("", "") => {
            value.judged(&rules::EMPTY_USER);
            return None;
        }
        ("", _) => Some(&rules::GROUP_WITHOUT_USER),
        _ => [user, group].contains(&"root").then_some(&rules::ROOT_BY_NAME),
    };
    let Some(numbers) = numbers(&text) else {
        value.judged(&rules::USER_BY_NAME);
        return None;
    };
    match rule {
        Some(rule) => value.judged(rule),
        None => value.mapped(),
    };
    Some(numbers)
}

/// Returns the numbers of the user (root if missing) and the group. Returns none if only the image knows the numbers.
pub fn numbers(text: &str) -> Option<String> {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    let given = |part: &str| (!part.is_empty()).then(|| number(part));
    match (given(user).unwrap_or(Some(0)), given(group)) {
        (Some(user), None) => Some(user.to_string()),
        (Some(user), Some(Some(group))) => Some(format!("{user}:{group}")),
        _ => None,
    }
}

/// Parses the number of a user or group. Docker accepts at most 31 bits.
fn number(part: &str) -> Option<i32> {
    match part {
        "root" => Some(0),
        part => part.parse().ok().filter(|id| *id >= 0),
    }
}

fn stop_signal(value: Value<'_>) -> Option<String> {
    const NAMES: [&str; 16] = [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL",
        "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
    ];
    let text = value.peek().value.to_string().to_uppercase();
    if text.is_empty() {
        value.mapped();
        return None;
    }
    if let Ok(number) = text.parse::<usize>() {
        let name = NAMES.get(number).filter(|name| !name.is_empty());
        value.judged(if name.is_some() {
            &rules::NUMERIC_STOP_SIGNAL
        } else {
            &rules::UNKNOWN_SETTING_VALUE
        });
        return name.map(|name| (*name).to_owned());
    }
    if !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') || text.len() > 16 {
        value.judged(&rules::UNKNOWN_SETTING_VALUE);
        return None;
    }
    value.mapped();
    Some(if text.starts_with("SIG") { text } else { format!("SIG{text}") })
}

#[cfg(test)]
mod tests {
    use super::user;
    use crate::convert::reader::{Log, Value};
    use crate::convert::secrecy::Secrecy;
    use compose_loader::{Node, Place};

    #[test]
    fn a_user_is_read_as_docker_reads_it() {
        let table: [(&str, Option<&str>, &str); 23] = [
            ("", None, ""),
            (":", None, "empty-user"),
            ("1000", Some("1000"), ""),
            ("1000:", Some("1000"), ""),
            ("1000:1000", Some("1000:1000"), ""),
            ("0:0", Some("0:0"), ""),
            ("007:08", Some("7:8"), ""),
            ("2147483647", Some("2147483647"), ""),
            (":1000", Some("0:1000"), "group-without-user"),
            (":0", Some("0:0"), "group-without-user"),
            (":root", Some("0:0"), "group-without-user"),
            ("root", Some("0"), "root-by-name"),
            ("root:", Some("0"), "root-by-name"),
            ("root:root", Some("0:0"), "root-by-name"),
            ("1000:root", Some("1000:0"), "root-by-name"),
            ("node", None, "user-by-name"),
            ("node:", None, "user-by-name"),
            (":node", None, "user-by-name"),
            ("1000:node", None, "user-by-name"),
            // Docker finds no user with a space as its name, and does not start the container.
            (" ", None, "user-by-name"),
            ("1000 : 1000", None, "user-by-name"),
            ("-1", None, "user-by-name"),
            ("2147483648", None, "user-by-name"),
        ];
        for (text, wanted, rule) in table {
            let (log, secrecy) = (Log::default(), Secrecy::default());
            let node = Node::text(text, Place::NONE);
            assert_eq!(user(Value::project(&node, &log, &secrecy)).as_deref(), wanted, "{text:?}");
            let entries = log.into_entries();
            let rules: Vec<_> = entries.iter().map(|entry| entry.rule.map_or("", |rule| rule.id)).collect();
            assert_eq!(rules, [rule], "{text:?}");
        }
    }
}
