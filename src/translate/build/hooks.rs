//! Builder of hooks. In Docker, a failed hook does not affect its container. Kubernetes would kill the container, or not start
//! it, so the failure is hidden from Kubernetes.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::Container;

use super::{
    edition::Form,
    helper::{HELPER, PROGRAM, program},
    settings::{pull_policy, resources, security},
};
use crate::{
    text::{escape::escaped, names::pod_volume},
    translate::resolve::{Command, HookBefore, ResolvedService},
};

/// The subcommand of the helper that runs a hook.
const RUNS: &str = "hook";

/// Builds the init containers for the hooks of a service with another user, in their order.
pub(super) fn before(service: &ResolvedService<'_>, form: Form) -> Vec<Container> {
    let hooks = service.own.hooks_before.iter().enumerate();
    hooks.map(|(index, hook)| container(service, hook, index, form)).collect()
}

/// Builds an init container with the security settings and limits of the service. The privileges and the user are those of
/// the hook.
fn container(service: &ResolvedService<'_>, hook: &HookBefore<'_>, index: usize, form: Form) -> Container {
    let mut context = service.own.security.container.clone();
    if hook.spec.privileged == Some(true) {
        context.privileged = Some(true);
        // Kubernetes refuses a privileged container without privilege escalation.
        context.allow_privilege_escalation = None;
    }
    let command = Command::Program(hook.spec.command.clone());
    let mut mounts: Vec<_> = service.own.mounts.mounts.values().cloned().collect();
    mounts.extend((form.has_helper && command.needs_helper()).then(program));
    Container {
        name: pod_volume(service.own.name, &format!("post-start-{index}")),
        image: Some(service.own.spec.image.clone()),
        image_pull_policy: Some(pull_policy(service.own.spec.pull_policy).to_owned()),
        // Kubernetes expands variables in commands, and not in hooks.
        command: Some(words(&may_fail(&command, form)).iter().map(|word| escaped(word, false)).collect()),
        env: Some(hook.environment.clone()),
        working_dir: hook.spec.working_dir.clone().or_else(|| service.own.spec.working_dir.clone()),
        resources: resources(&service.own.resources),
        volume_mounts: Some(mounts),
        security_context: security(context, hook.user),
        ..Container::default()
    }
}

/// Wraps a command, so that its failure is written to the log of the container and the exit code is 0. A shell of the image
/// does that, or the helper. Without both, the command is unchanged.
pub(super) fn may_fail(command: &Command, form: Form) -> Cow<'_, Command> {
    if !command.needs_helper() {
        let failed = "echo \"a hook has failed: exit code $?\" 2>/dev/null >/proc/1/fd/2 || true";
        return Cow::Owned(Command::Script(format!("{{\n{}\n}} || {failed}", command.script())));
    }
    match command {
        Command::Program(words) if form.has_helper => {
            let helper = [PROGRAM, HELPER, RUNS, "--"].map(str::to_owned);
            Cow::Owned(Command::Program(helper.into_iter().chain(words.iter().cloned()).collect()))
        }
        _ => Cow::Borrowed(command),
    }
}

/// Returns the program and the arguments of a command.
pub(super) fn words(command: &Command) -> Vec<String> {
    match command {
        Command::Program(words) => words.clone(),
        Command::Script(script) => vec!["/bin/sh".to_owned(), "-c".to_owned(), script.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::{super::edition::Edition, *};

    const FORM: Form = Form { edition: Edition::NEWEST, has_helper: true, overrides_hostname: true };

    #[test]
    fn a_hook_of_a_shell_ends_well_and_tells_how_it_has_failed() {
        for (text, told) in [
            ("echo fine", "fine\n"),
            ("exit 3", "a hook has failed: exit code 3\n"),
            ("exit 3 || true", "a hook has failed: exit code 3\n"),
        ] {
            let command = Command::Program(["sh", "-c", text].map(str::to_owned).to_vec());
            // The log of the container.
            let words: Vec<_> =
                words(&may_fail(&command, FORM)).iter().map(|it| it.replace("/proc/1/fd/2", "&1")).collect();
            let output = std::process::Command::new(&words[0]).args(&words[1..]).output().unwrap();
            assert!(output.status.success(), "{text}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), told, "{text}");
        }
    }

    #[test]
    fn another_program_is_run_by_the_helper_where_there_is_one() {
        let command = Command::Program(["warm", "--up"].map(str::to_owned).to_vec());
        let helped = words(&may_fail(&command, FORM));
        assert_eq!(helped, ["/.stackwright/helper/stackwright", "helper", "hook", "--", "warm", "--up"]);
        assert_eq!(words(&may_fail(&command, Form { has_helper: false, ..FORM })), ["warm", "--up"]);
    }
}
