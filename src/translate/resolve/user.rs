//! The user that a program runs as.

use super::Problems;

/// The user's number, and the group's where it is given, of `uid` or `uid:gid`.
pub(super) fn user(text: Option<&str>, path: &str, problems: &mut Problems) -> Option<(i64, Option<i64>)> {
    let text = text?;
    // The bound is Kubernetes' own.
    let number = |text: &str| text.parse::<i32>().ok().filter(|n| *n >= 0).map(i64::from);
    let numbers = match text.split_once(':') {
        None => number(text).map(|user| (user, None)),
        Some((user, group)) => number(user).zip(number(group)).map(|(user, group)| (user, Some(group))),
    };
    if numbers.is_none() {
        let message = format!(
            "'{text}' is a name, and Kubernetes takes numbers only: write 'uid' or 'uid:gid', which stand in the \
             image's /etc/passwd"
        );
        problems.value(format!("{path}.user"), message);
    }
    numbers
}
