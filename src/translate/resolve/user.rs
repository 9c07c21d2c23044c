//! The user of a program.

use crate::{
    api::Service,
    translate::{Image, findings::FieldPath},
};

/// Parses the numbers of the user and the group of `uid` or `uid:gid`.
pub(super) fn user(text: Option<&str>, at: &FieldPath<'_>) -> Option<(i64, Option<i64>)> {
    let text = text?;
    // Kubernetes limits users and groups to this range.
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| *n >= 0).map(i64::from);
    let numbers = match text.split_once(':') {
        None => number(text).map(|user| (user, None)),
        Some((user, group)) => number(user).zip(number(group)).map(|(user, group)| (user, Some(group))),
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

/// Returns the numbers of the user and the group of a program, or `None` if they are unknown. The default group is root.
pub(super) fn program_user(
    given: Option<(i64, Option<i64>)>,
    service: &Service,
    image: Option<&Image>,
) -> Option<(i64, i64)> {
    let whole = |(user, group): (i64, Option<i64>)| (user, group.unwrap_or_default());
    if service.user.is_some() {
        return given.map(whole);
    }
    let says = image.filter(|image| image.is_read())?.config.user.as_deref().unwrap_or_default();
    let (user, group) = says.split_once(':').unwrap_or((says, ""));
    match (user, group) {
        ("" | "root", "" | "root") => Some((0, 0)),
        (user, group) => Some((user.parse().ok()?, group.parse().unwrap_or_default())),
    }
}
