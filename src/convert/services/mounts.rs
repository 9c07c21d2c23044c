//! Configs and secrets that are mounted into a service.

use super::volumes::is_no_place;
use crate::api::{FileMount, Service};
use crate::convert::context::Context;
use crate::convert::reader::{Section, Value};
use crate::rules;

/// Converts `configs` and `secrets`.
pub fn mounts(context: &Context<'_>, section: &mut Section<'_>, service: &mut Service) {
    for value in section.take("configs").map(Value::items).unwrap_or_default() {
        let Some(mut made) = mount(value.section(), "/", service) else { continue };
        // A config with a secret is mounted like a secret, at the path of the config.
        if let Some(name) = context.secret_configs.get(&made.source) {
            made.target = made.target.or(Some(format!("/{}", made.source)));
            made.source.clone_from(name);
            service.secrets.push(made);
        } else if context.configs.contains_key(&made.source) {
            service.configs.push(made);
        }
    }
    for value in section.take("secrets").map(Value::items).unwrap_or_default() {
        let made = mount(value.section(), "/run/secrets/", service);
        service.secrets.extend(made.filter(|made| context.secrets.contains_key(&made.source)));
    }
}

fn mount(mut section: Section<'_>, folder: &str, service: &Service) -> Option<FileMount> {
    let source = section.text("source");
    let target = section.take("target");
    let nowhere =
        target.as_ref().and_then(Value::peek_text).is_some_and(|path| !path.is_empty() && is_no_place(path));
    let target = if nowhere {
        target.map(|target| target.judged(&rules::INVALID_MOUNT_PATH));
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
                    value.judged(&rules::USER_BY_NAME);
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
    let bits = mode.as_ref().and_then(|mode| i64::from_str_radix(mode, 8).ok()).unwrap_or(READABLE);
    let owner = (uid.unwrap_or_default(), gid.unwrap_or_default());
    if let Some(user) =
        service.user.as_deref().filter(|user| cannot_read(user, &service.group_add, bits, owner))
    {
        let detail = format!("mode {bits:04o}, and user {user} is neither the owner nor in the group");
        section.remark("mode", &rules::UNREADABLE_SECRET, detail);
    }
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

/// The default mode of a file.
const READABLE: i64 = 0o444;

/// Reports whether a user cannot read a file. The groups of a user are known only from the project.
fn cannot_read(user: &str, groups: &[i64], bits: i64, owner: (i64, i64)) -> bool {
    let (user, group) = user.split_once(':').unwrap_or((user, ""));
    let Ok(user) = user.parse::<i64>() else { return false };
    let group = group.parse::<i64>().ok();
    let bit = if user == owner.0 {
        0o400
    } else if group == Some(owner.1) || groups.contains(&owner.1) {
        0o040
    } else {
        0o004
    };
    user != 0 && bits & bit == 0
}

#[cfg(test)]
mod tests {
    use super::cannot_read;

    #[test]
    fn a_user_reads_files_by_owner_group_or_other_bits() {
        for (user, groups, bits, owner, expected) in [
            ("1000:1000", &[][..], 0o400, (0, 0), true),
            ("1000:1000", &[], 0o440, (0, 0), true),
            ("1000", &[], 0o440, (0, 0), true),
            ("1000:1000", &[], 0o444, (0, 0), false),
            ("1000:0", &[], 0o440, (0, 0), false),
            ("1000:1000", &[0], 0o440, (0, 0), false),
            ("1000:1000", &[], 0o400, (1000, 0), false),
            ("1000:1000", &[], 0o040, (1000, 1000), true),
            ("1000:1000", &[], 0o440, (0, 1000), false),
            ("999", &[], 0o400, (1000, 1000), true),
            ("0:0", &[], 0o400, (1000, 1000), false),
            ("node", &[], 0o400, (0, 0), false),
        ] {
            let found = cannot_read(user, groups, bits, owner);
            assert_eq!(found, expected, "{user} {groups:?} {bits:o} {owner:?}");
        }
    }
}
