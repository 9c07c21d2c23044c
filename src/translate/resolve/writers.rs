//! The users that write a volume, from which the owner of its files follows.

use std::collections::BTreeMap;

use super::{
    activity::is_inactive,
    capabilities::capabilities,
    image,
    user::{Owner, program_user, user},
};
use crate::{
    api::{Service, StackSpec},
    translate::{Facts, findings::Findings},
};

/// The users that write a volume.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) struct Writers {
    /// The owner of files. `None` if the users that write the volume are unknown.
    pub owner: Option<Owner>,
    /// Whether other users write the volume too.
    pub are_several: bool,
}

/// Returns the writers of each volume, by name.
///
/// All services count, also inactive ones, so the owner does not depend on the start order, and activating a profile does
/// not change other services. Root counts only if there is no other user, because root can write every file. Of several
/// other users, that of the first service by name is the owner. If no service writes a volume, its readers count.
pub(super) fn writers<'a>(spec: &'a StackSpec, facts: &Facts) -> BTreeMap<&'a str, Writers> {
    let mut users: BTreeMap<&str, Users> = BTreeMap::new();
    for (name, service) in &spec.services {
        let given = image::image(spec, name, service, facts);
        let says = given.map_or(&image::NOTHING, |image| &*image.config);
        // Resolution of the service reports problems of the user.
        let numbers = user(image::user(service, says), &Findings::default().root(""));
        let one = match program_user(numbers, service, given) {
            Some(Owner { user: 0, .. }) if may_write_all(service) => User::Root,
            Some(owner) => User::Known(owner),
            // The metadata of an image is read only for services that run.
            None if is_inactive(service, spec) => continue,
            None => User::Unknown,
        };
        for mount in &service.volumes {
            let Some(source) = mount.source.as_deref() else { continue };
            let of_volume = users.entry(source).or_default();
            let kind =
                if mount.read_only == Some(true) { &mut of_volume.reading } else { &mut of_volume.writing };
            if !kind.contains(&one) {
                kind.push(one);
            }
        }
    }
    users.into_iter().map(|(name, users)| (name, users.writers())).collect()
}

/// The distinct users of a volume, in the order of the names of their services.
#[derive(Default)]
struct Users {
    writing: Vec<User>,
    reading: Vec<User>,
}

#[derive(Clone, Copy, PartialEq)]
enum User {
    /// Root, which can write every file.
    Root,
    Known(Owner),
    Unknown,
}

impl Users {
    fn writers(&self) -> Writers {
        let all = if self.writing.is_empty() { &self.reading } else { &self.writing };
        let known = all.iter().filter_map(|one| match one {
            User::Known(owner) => Some(*owner),
            User::Root | User::Unknown => None,
        });
        let (first, is_unknown) = (known.clone().next(), all.contains(&User::Unknown));
        let Some(owner) = first else {
            return Writers { owner: (!is_unknown).then_some(Owner::ROOT), are_several: false };
        };
        // The group does not distinguish users.
        let are_several = is_unknown || known.clone().any(|other| other.user != owner.user);
        Writers { owner: Some(owner), are_several }
    }
}

/// Reports whether a program of root has the capability to write files of other users.
fn may_write_all(service: &Service) -> bool {
    const POWER: &str = "DAC_OVERRIDE";
    let capabilities = capabilities(service, &Findings::default().root("")).unwrap_or_default();
    let is_in =
        |names: Option<Vec<String>>| names.into_iter().flatten().any(|name| name == POWER || name == "ALL");
    service.privileged == Some(true) || is_in(capabilities.add) || !is_in(capabilities.drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_files_belong_to_the_user_of_the_services_that_write_the_volume() {
        let (writes, reads) = ("[{source: v, target: /v}]", "[{source: v, target: /v, readOnly: true}]");
        let service = |name: &str, mount: &str, user: &str| {
            let user = if user.is_empty() { String::new() } else { format!(", user: '{user}'") };
            format!("  {name}: {{image: i, volumes: {mount}{user}}}\n")
        };
        let with = |name: &str, user: &str, more: &str| {
            format!("  {name}: {{image: i, volumes: {writes}, user: '{user}', {more}}}\n")
        };
        for (title, services, expected) in [
            ("one", service("a", writes, "1000:50"), (Some((1000, 50)), false)),
            (
                "a group of its own",
                service("a", writes, "1000:50") + &service("b", writes, "1000:60"),
                (Some((1000, 50)), false),
            ),
            ("readers", service("a", reads, "7") + &service("b", writes, "1000"), (Some((1000, 0)), false)),
            ("only readers", service("a", reads, "7"), (Some((7, 0)), false)),
            (
                "root and another",
                service("a", writes, "0") + &service("b", writes, "33"),
                (Some((33, 0)), false),
            ),
            ("root alone", service("a", writes, "0") + &service("b", writes, "0:0"), (Some((0, 0)), false)),
            ("several", service("a", writes, "8") + &service("b", writes, "7"), (Some((8, 0)), true)),
            ("nobody knows", service("a", writes, ""), (None, false)),
            ("root and someone", service("a", writes, "0") + &service("b", writes, ""), (None, false)),
            ("one and someone", service("a", writes, "") + &service("b", writes, "9"), (Some((9, 0)), true)),
            (
                "of a profile",
                service("b", writes, "9") + &with("a", "8", "profiles: [x]"),
                (Some((8, 0)), true),
            ),
            (
                "someone of a profile",
                service("b", writes, "9") + &format!("  a: {{image: i, volumes: {writes}, profiles: [x]}}\n"),
                (Some((9, 0)), false),
            ),
            (
                "weak root",
                with("a", "0", "capDrop: [all]") + &service("b", writes, "9"),
                (Some((0, 0)), true),
            ),
            (
                "strong root",
                with("a", "0", "capDrop: [all], capAdd: [CAP_DAC_OVERRIDE]") + &service("b", writes, "9"),
                (Some((9, 0)), false),
            ),
        ] {
            let spec: StackSpec = serde_saphyr::from_str(&format!("services:\n{services}")).unwrap();
            let got = writers(&spec, &Facts::default())["v"];
            let owner = got.owner.map(|owner| (owner.user, owner.group));
            assert_eq!((owner, got.are_several), expected, "{title}");
        }
    }
}
