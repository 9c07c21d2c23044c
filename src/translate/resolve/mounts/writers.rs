//! The users who write a volume, and so whom the files belong to that are laid into it.

use std::collections::BTreeMap;

use super::program_user;
use crate::{
    api::{Service, StackSpec},
    translate::{
        Facts,
        resolve::{Problems, capabilities, image, is_inactive, user},
    },
};

/// The users who write a volume.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) struct Writers {
    /// The owner's and the group's number of what is made in the volume; none where nobody knows who will write it.
    pub owner: Option<(i64, i64)>,
    /// Whether other users write it, too.
    pub are_several: bool,
}

/// The writers of each volume, by its name.
///
/// All services count, whichever starts first and whether or not their profiles are active: the owner is the same for
/// all of them, and a profile that is activated changes no other service. Root counts only where no other user does,
/// since root may write every file. Of several other users, that of the first service by name is the owner. Where no
/// service writes a volume, those that read it count.
pub(in crate::translate::resolve) fn writers<'a>(
    spec: &'a StackSpec,
    facts: &Facts,
) -> BTreeMap<&'a str, Writers> {
    let mut users: BTreeMap<&str, Users> = BTreeMap::new();
    for (name, service) in &spec.services {
        let given = image::image(spec, name, service, facts);
        let says = given.map_or(&image::NOTHING, |image| &*image.config);
        // What is wrong with the user is said where the service is resolved.
        let numbers = user::user(image::user(service, says), "", &mut Problems::default());
        let one = match program_user(numbers, service, given) {
            Some((0, _)) if may_write_all(service) => User::Root,
            Some(numbers) => User::Known(numbers),
            // Nobody asks for the image of a service that does not run.
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

/// The different users of a volume, in the order of their services' names.
#[derive(Default)]
struct Users {
    writing: Vec<User>,
    reading: Vec<User>,
}

#[derive(Clone, Copy, PartialEq)]
enum User {
    /// Root, which may write every file.
    Root,
    Known((i64, i64)),
    Unknown,
}

impl Users {
    fn writers(&self) -> Writers {
        let all = if self.writing.is_empty() { &self.reading } else { &self.writing };
        let known = all.iter().filter_map(|one| match one {
            User::Known(numbers) => Some(*numbers),
            User::Root | User::Unknown => None,
        });
        let (first, is_unknown) = (known.clone().next(), all.contains(&User::Unknown));
        let Some(owner) = first else {
            return Writers { owner: (!is_unknown).then_some((0, 0)), are_several: false };
        };
        // A user is the same one in another group.
        let are_several = is_unknown || known.clone().any(|(user, _)| user != owner.0);
        Writers { owner: Some(owner), are_several }
    }
}

/// Whether a program of root may write files of others: it has the capability for that.
fn may_write_all(service: &Service) -> bool {
    const POWER: &str = "DAC_OVERRIDE";
    let capabilities = capabilities::capabilities(service, "", &mut Problems::default()).unwrap_or_default();
    let is_in =
        |names: Option<Vec<String>>| names.into_iter().flatten().any(|name| name == POWER || name == "ALL");
    service.privileged == Some(true) || is_in(capabilities.add) || !is_in(capabilities.drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laid_files_belong_to_the_user_of_the_services_that_write_the_volume() {
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
            assert_eq!((got.owner, got.are_several), expected, "{title}");
        }
    }
}
