//! The user of a program.

use super::Problems;

/// Parses the numbers of the user and the group of `uid` or `uid:gid`.
pub(super) fn user(text: Option<&str>, path: &str, problems: &mut Problems) -> Option<(i64, Option<i64>)> {
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
        problems.value(format!("{path}.user"), message);
    }
    numbers
}
