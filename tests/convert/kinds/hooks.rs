//! Hooks with their own user never run silently as another user.

use super::{converted, said};

const RULES: [&str; 6] = [
    "user-by-name",
    "hook-user",
    "pre-stop-user",
    "operator-approximation",
    "invalid-object-name",
    "unsupported-value",
];

/// Returns the entries of a service `a`, and its hooks with their kind and user.
fn outcome(service: &str) -> (Vec<String>, Vec<String>) {
    let compose = format!(
        "services:\n  a: {{image: 'a:1', restart: always, {service}}}\n  base: {{image: 'a:1', restart: always, \
         post_start: [{{command: x, user: root}}]}}\n"
    );
    let converted = converted(&compose, &[], &[]);
    let made = &converted.stack.spec.services["a"];
    let hooks = [("start", &made.post_start), ("stop", &made.pre_stop)];
    let hooks = hooks.iter().flat_map(|(when, hooks)| hooks.iter().map(move |hook| (when, hook)));
    let hooks = hooks.map(|(when, hook)| {
        let user = hook.user.as_deref().unwrap_or("own");
        format!("{when} {user}{}", if hook.privileged == Some(true) { " privileged" } else { "" })
    });
    // Entries about all hooks of a service are tested elsewhere.
    let is_of_one = |line: &String| line.contains(" a/post_start/") || line.contains(" a/pre_stop/");
    let of_a = said(&converted, &RULES).into_iter().filter(is_of_one);
    (of_a.collect(), hooks.collect())
}

#[test]
fn a_hook_never_runs_as_another_user() {
    let mut wrong = Vec::new();
    for (service, remarks, hooks) in [
        (
            "user: '1001', post_start: [{command: chown x, user: root}]",
            &["hook-user a/post_start/0/user"][..],
            &["start 0"][..],
        ),
        ("post_start: [{command: x, user: '0'}]", &["hook-user a/post_start/0/user"], &["start 0"]),
        (
            "post_start: [{command: x, user: \"${NOBODY:-root}\"}]",
            &["hook-user a/post_start/0/user"],
            &["start 0"],
        ),
        ("extends: {service: base}, user: '7'", &["hook-user a/post_start/0/user"], &["start 0"]),
        (
            "user: '7', post_start: [{command: x, user: '7:50'}]",
            &["hook-user a/post_start/0/user"],
            &["start 7:50"],
        ),
        (
            "post_start: [{command: x, privileged: true}]",
            &["hook-user a/post_start/0/privileged"],
            &["start own privileged"],
        ),
        (
            "user: '7', post_start: [{command: x, user: root, privileged: true}, {command: y}]",
            &["hook-user a/post_start/0/privileged", "hook-user a/post_start/0/user"],
            &["start 0 privileged", "start own"],
        ),
        ("post_start: [{command: x, user: postgres}]", &["user-by-name a/post_start/0/user"], &[]),
        (
            "post_start: [{command: x, user: 'root:staff'}, {command: y}]",
            &["user-by-name a/post_start/0/user"],
            &["start own"],
        ),
        // The user of the service.
        ("user: root, post_start: [{command: x, user: '0'}]", &[], &["start own"]),
        ("user: '7:7', post_start: [{command: x, user: '7'}]", &[], &["start own"]),
        ("post_start: [{command: x, user: ''}]", &[], &["start own"]),
        ("post_start: [{command: x, privileged: false}]", &[], &["start own"]),
        ("user: '7', pre_stop: [{command: x, user: '7'}]", &[], &["stop own"]),
        ("user: root, pre_stop: [{command: x, user: 'root:root'}]", &[], &["stop own"]),
        (
            "user: '7', post_start: [{command: x, user: '7:7'}]",
            &["hook-user a/post_start/0/user"],
            &["start 7:7"],
        ),
        ("privileged: true, post_start: [{command: x, privileged: true}]", &[], &["start own"]),
        ("privileged: true, pre_stop: [{command: x, privileged: true}]", &[], &["stop own"]),
        // A pre_stop hook cannot have another user, and only the operator knows the user of the image.
        ("pre_stop: [{command: x, user: root}]", &["operator-approximation a/pre_stop/0/user"], &["stop 0"]),
        (
            "user: '7', pre_stop: [{command: x, user: root}, {command: y}]",
            &["pre-stop-user a/pre_stop/0/user"],
            &["stop own"],
        ),
        ("pre_stop: [{command: x, privileged: true}]", &["pre-stop-user a/pre_stop/0/privileged"], &[]),
        ("pre_stop: [{command: x, user: postgres}]", &["user-by-name a/pre_stop/0/user"], &[]),
    ] {
        let (said, left) = outcome(service);
        if said != remarks || left != hooks {
            wrong.push(format!("{service}\nis said {said:?}\nhas {left:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pre_stop_hook_with_a_user_is_refused_if_the_image_user_is_unknown() {
    let service = "a: {image: 'a:1', restart: always, pre_stop: [{command: x, user: root}]}";
    for (metadata, expected) in
        [("Read", "operator-approximation a/pre_stop/0/user"), ("Ignore", "unsupported-value a/pre_stop/0")]
    {
        let compose = format!("x-stackwright: {{imageMetadata: {metadata}}}\nservices:\n  {service}\n");
        let said = said(&converted(&compose, &[], &[]), &RULES);
        assert!(said.iter().any(|line| line == expected), "{metadata}: {said:?}");
    }
}
