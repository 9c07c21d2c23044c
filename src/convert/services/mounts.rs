//! Configs and secrets that a service reads as files.

use super::volumes::is_no_place;
use crate::api::{FileMount, Service};
use crate::convert::catalogue;
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};

/// `configs` and `secrets`.
pub fn mounts(context: &Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    for value in section.take("configs").map(Value::items).unwrap_or_default() {
        let Some(mut made) = mount(value.section(), "/") else { continue };
        // A config with a secret in it stands with the secrets, at the config's path.
        if let Some(name) = context.secret_configs.get(&made.source) {
            made.target = made.target.or(Some(format!("/{}", made.source)));
            made.source.clone_from(name);
            service.secrets.push(made);
        } else if context.configs.contains_key(&made.source) {
            service.configs.push(made);
        }
    }
    for value in section.take("secrets").map(Value::items).unwrap_or_default() {
        let made = mount(value.section(), "/run/secrets/");
        service.secrets.extend(made.filter(|made| context.secrets.contains_key(&made.source)));
    }
}

fn mount(mut section: Section<'_>, folder: &str) -> Option<FileMount> {
    let source = section.text("source");
    let target = section.take("target");
    let nowhere =
        target.as_ref().and_then(Value::peek_text).is_some_and(|path| !path.is_empty() && is_no_place(path));
    let target = if nowhere {
        target.map(|target| target.judged(&catalogue::NO_PLACE));
        None
    } else {
        target.and_then(Value::text).filter(|target| !target.is_empty())
    };
    let mut id = |key: &str| {
        section.take(key).and_then(|value| match value.peek().value.to_string() {
            text if text.is_empty() => {
                value.mapped();
                None
            }
            text => match text.parse::<u32>() {
                Ok(number) => {
                    value.mapped();
                    Some(i64::from(number))
                }
                Err(_) => {
                    value.judged(&catalogue::RUN_USER);
                    None
                }
            },
        })
    };
    let (uid, gid) = (id("uid"), id("gid"));
    let mode = section.take("mode").and_then(|value| {
        let text = value.mapped().value.to_string();
        i64::from_str_radix(&text, 8).ok().map(|mode| format!("{:04o}", mode & 0o777))
    });
    section.rest();
    let source = source.filter(|_| !nowhere)?;
    Some(FileMount {
        target: target.filter(|target| *target != format!("{folder}{source}")),
        source,
        mode: mode.filter(|mode| mode != "0444"),
        uid,
        gid,
    })
}
