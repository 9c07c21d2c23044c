//! The user of a program.

use crate::{
    api::Service,
    translate::{Image, findings::FieldPath},
};

/// The numbers of a user and, if it is set, of a group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) struct User {
    pub id: i64,
    pub group: Option<i64>,
}

/// The numbers of the user and the group that own a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::translate) struct Owner {
    pub user: i64,
    pub group: i64,
}

impl Owner {
    pub const ROOT: Self = Self { user: 0, group: 0 };
}

/// Parses the numbers of the user and the group of `uid` or `uid:gid`.
pub(super) fn user(text: Option<&str>, at: &FieldPath<'_>) -> Option<User> {
    let text = text?;
    // Kubernetes limits users and groups to this range.
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| *n >= 0).map(i64::from);
    let numbers = match text.split_once(':') {
        None => number(text).map(|id| User { id, group: None }),
        Some((user, group)) => {
            number(user).zip(number(group)).map(|(id, group)| User { id, group: Some(group) })
        }
    };
    if numbers.is_none() {
        let message = format!(
            "'{text}' is not a number, and Kubernetes supports only numbers: write 'uid' or 'uid:gid' from \
             /etc/passwd of the image"
        );
        at.child("user").invalid(message);
    }
    numbers
}

/// Returns the owner of the files that a program writes, or `None` if the user of the program is unknown. The default group
/// is root.
pub(super) fn program_user(given: Option<User>, service: &Service, image: Option<&Image>) -> Option<Owner> {
    if service.user.is_some() {
        return given.map(|User { id, group }| Owner { user: id, group: group.unwrap_or(0) });
    }
    let Some(user) = &image.filter(|image| image.is_read())?.config.user else { return Some(Owner::ROOT) };
    let (user, group) = user.split_once(':').unwrap_or((user.as_str(), ""));
    match (user, group) {
        ("" | "root", "" | "root") => Some(Owner::ROOT),
        (user, group) => Some(Owner { user: user.parse().ok()?, group: group.parse().unwrap_or(0) }),
    }
}
