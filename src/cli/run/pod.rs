//! The Pod of a one-off container: the template of its service, with another command.

use k8s_openapi::{
    api::core::v1::{
        Container, EnvVar, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
        PersistentVolumeClaimVolumeSource, Pod, PodSpec, PodTemplateSpec, Volume, VolumeMount,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{Resource as _, ResourceExt as _};

use crate::{
    api::{
        Stack,
        labels::{ALIAS_PREFIX, MEMBER_PREFIX, NAME, ONE_OFF, RESERVED, SERVICE},
    },
    cli::failure::Failure,
    text::{
        escape::escaped as escaped_text,
        names::{dns_label, object_name},
    },
};

/// What differs from the containers of the service.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub command: Vec<String>,
    pub entrypoint: Option<String>,
    /// Variables as `NAME=VALUE`.
    pub environment: Vec<String>,
    pub workdir: Option<String>,
    pub user: Option<User>,
    pub mounts: Vec<Mount>,
    pub stdin: bool,
    pub tty: bool,
    /// The node of a volume that only one node can mount.
    pub node: Option<String>,
}

/// A user in numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct User {
    pub user: i64,
    pub group: Option<i64>,
}

/// A volume of the Stack that is mounted in addition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Mount {
    pub volume: String,
    pub path: String,
    pub read_only: bool,
}

impl std::str::FromStr for User {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write the user in numbers, such as 1000 or 1000:1000".to_owned();
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0).ok_or_else(wrong);
        match text.split_once(':') {
            None => Ok(Self { user: number(text)?, group: None }),
            Some((user, group)) => Ok(Self { user: number(user)?, group: Some(number(group)?) }),
        }
    }
}

impl std::str::FromStr for Mount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write VOLUME:/PATH or VOLUME:/PATH:ro".to_owned();
        let (volume, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (path, read_only) = match rest.split_once(':') {
            None | Some((_, "rw")) => (rest.trim_end_matches(":rw"), false),
            Some((path, "ro")) => (path, true),
            Some(_) => return Err(wrong()),
        };
        if volume.starts_with(['/', '.', '~']) {
            return Err("a container of the cluster cannot mount a folder of this machine: name a volume of the Stack, \
                        or copy the files with cp"
                .to_owned());
        }
        if volume.is_empty() || !path.starts_with('/') {
            return Err(wrong());
        }
        Ok(Self { volume: volume.to_owned(), path: path.to_owned(), read_only })
    }
}

/// Returns the Pod of a one-off container of a service.
///
/// # Errors
/// When a volume is not one of the Stack.
pub(super) fn one_off(
    stack: &Stack,
    service: &str,
    template: &PodTemplateSpec,
    name: String,
    changes: &Changes,
) -> Result<Pod, Failure> {
    let spec = template.spec.clone().unwrap_or_default();
    let is_service = |name: &str| stack.spec.services.contains_key(name);
    let own = |container: &&Container| container.name == service;
    let init = spec.init_containers.clone().unwrap_or_default();
    let found = spec.containers.iter().find(own).or_else(|| init.iter().find(own)).cloned();
    let container = found.ok_or_else(|| Failure::new(format!("no workload runs service {service}")))?;
    // Programs that prepare volumes and files stay. Other services of the Pod do not run.
    let init: Vec<_> = init.into_iter().filter(|container| !is_service(&container.name)).collect();
    let mut volumes = spec.volumes.clone().unwrap_or_default();
    let mut container = changed(container, changes);
    for (place, mount) in changes.mounts.iter().enumerate() {
        if !stack.spec.volumes.contains_key(&mount.volume) {
            let all: Vec<_> = stack.spec.volumes.keys().map(String::as_str).collect();
            let failure = Failure::new(format!("the Stack has no volume {}", mount.volume));
            return Err(match all.is_empty() {
                true => failure,
                false => failure.remedy(format!("name one of {}", all.join(", "))),
            });
        }
        let name = format!("run-{place}");
        let claim_name = object_name(&stack.name_any(), &dns_label(&mount.volume));
        let claim = PersistentVolumeClaimVolumeSource { claim_name, read_only: None };
        volumes.push(Volume {
            name: name.clone(),
            persistent_volume_claim: Some(claim),
            ..Volume::default()
        });
        container.volume_mounts.get_or_insert_default().push(VolumeMount {
            name,
            mount_path: mount.path.clone(),
            read_only: mount.read_only.then_some(true),
            ..VolumeMount::default()
        });
    }
    let mut affinity = spec.affinity.clone();
    if let Some(node) = &changes.node {
        affinity.get_or_insert_default().node_affinity = Some(on_node(node));
    }
    Ok(Pod {
        metadata: metadata(stack, service, template, name),
        spec: Some(PodSpec {
            init_containers: (!init.is_empty()).then_some(init),
            containers: vec![container],
            volumes: Some(volumes),
            affinity,
            restart_policy: Some("Never".to_owned()),
            hostname: None,
            hostname_override: None,
            topology_spread_constraints: None,
            ..spec
        }),
        status: None,
    })
}

/// Returns the metadata. The labels of networks stay, so that the Pod reaches what the service reaches. The labels by which
/// workloads and Services select are removed: a workload would adopt the Pod and delete another one.
fn metadata(stack: &Stack, service: &str, template: &PodTemplateSpec, name: String) -> ObjectMeta {
    let given = template.metadata.clone().unwrap_or_default();
    let selects = |label: &str| {
        label == SERVICE
            || label == NAME
            || label.starts_with(MEMBER_PREFIX)
            || label.starts_with(ALIAS_PREFIX)
    };
    let mut labels = given.labels.unwrap_or_default();
    labels.retain(|label, _| !selects(label));
    labels.insert(ONE_OFF.to_owned(), service.to_owned());
    let mut annotations = given.annotations.unwrap_or_default();
    annotations.retain(|name, _| !RESERVED.iter().any(|domain| name.starts_with(domain)));
    ObjectMeta {
        name: Some(name),
        namespace: stack.namespace(),
        labels: Some(labels),
        annotations: (!annotations.is_empty()).then_some(annotations),
        owner_references: stack.owner_ref(&()).map(|owner| vec![owner]),
        ..ObjectMeta::default()
    }
}

fn changed(container: Container, changes: &Changes) -> Container {
    let mut env = container.env.clone().unwrap_or_default();
    for (name, value) in changes.environment.iter().filter_map(|variable| variable.split_once('=')) {
        env.retain(|variable| variable.name != name);
        // Kubernetes expands $(NAME) in values.
        let value = escaped_text(value, false);
        env.push(EnvVar { name: name.to_owned(), value: Some(value), value_from: None });
    }
    let escaped = |words: &[String]| words.iter().map(|word| escaped_text(word, false)).collect::<Vec<_>>();
    let (command, args) = match (&changes.entrypoint, changes.command.as_slice()) {
        (Some(entrypoint), command) => (Some(vec![escaped_text(entrypoint, false)]), Some(escaped(command))),
        (None, []) => (container.command.clone(), container.args.clone()),
        (None, command) => (container.command.clone(), Some(escaped(command))),
    };
    let mut security_context = container.security_context.clone();
    if let Some(user) = changes.user {
        let context = security_context.get_or_insert_default();
        context.run_as_user = Some(user.user);
        context.run_as_group = user.group.or(context.run_as_group);
        context.run_as_non_root = None;
    }
    Container {
        command,
        args: args.filter(|args| !args.is_empty()),
        env: Some(env),
        working_dir: changes.workdir.clone().or(container.working_dir),
        security_context,
        stdin: changes.stdin.then_some(true),
        stdin_once: changes.stdin.then_some(true),
        tty: changes.tty.then_some(true),
        startup_probe: None,
        readiness_probe: None,
        liveness_probe: None,
        lifecycle: None,
        restart_policy: None,
        // Ports of the node belong to the containers of the service.
        ports: None,
        ..container
    }
}

fn on_node(node: &str) -> NodeAffinity {
    let requirement = NodeSelectorRequirement {
        key: "metadata.name".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![node.to_owned()]),
    };
    let term = NodeSelectorTerm { match_expressions: None, match_fields: Some(vec![requirement]) };
    NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(NodeSelector {
            node_selector_terms: vec![term],
        }),
        preferred_during_scheduling_ignored_during_execution: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::translate::{Facts, translate};

    fn stack() -> Stack {
        serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
            "metadata": {"name": "shop", "namespace": "team", "uid": "u"},
            "spec": {
                "imageMetadata": "Ignore",
                "services": {"api": {
                    "image": "api:1", "entrypoint": ["/start"], "command": ["serve"], "restart": "always",
                    "environment": {"LEVEL": "info"}, "expose": [{"port": 80}],
                    "healthcheck": {"test": ["CMD", "check"]},
                    "volumes": [{"source": "data", "target": "/data"}],
                }},
                "volumes": {"data": {}, "more": {}},
            },
        }))
        .unwrap()
    }

    fn made(changes: &Changes) -> Value {
        let stack = stack();
        let desired = translate(&stack, &Facts::default()).unwrap();
        let body = desired.units["api"].workload.as_ref().unwrap().object().body;
        let template = serde_json::from_value(body["spec"]["template"].clone()).unwrap();
        let pod = one_off(&stack, "api", &template, "shop-api-run-1".to_owned(), changes).unwrap();
        serde_json::to_value(pod).unwrap()
    }

    #[test]
    fn no_workload_and_no_service_selects_a_one_off_pod() {
        let pod = made(&Changes::default());
        let labels = pod["metadata"]["labels"].as_object().unwrap();
        assert!(!labels.contains_key(SERVICE) && labels[ONE_OFF] == "api");
        assert!(labels.keys().any(|label| label.starts_with("net.stackwright.dev/")), "{labels:?}");
        assert_eq!(pod["metadata"]["ownerReferences"][0]["kind"], "Stack");
        let container = &pod["spec"]["containers"][0];
        assert!(container["readinessProbe"].is_null() && container["ports"].is_null());
        assert_eq!((&container["command"], &container["args"]), (&json!(["/start"]), &json!(["serve"])));
        assert_eq!(container["volumeMounts"][0]["mountPath"], "/data");
        assert_eq!(pod["spec"]["restartPolicy"], "Never");
    }

    #[test]
    fn the_command_and_the_settings_of_the_call_replace_those_of_the_service() {
        let changes = Changes {
            command: vec!["migrate".to_owned(), "$(x)".to_owned()],
            environment: vec!["LEVEL=debug".to_owned(), "NEW=a=b".to_owned()],
            user: Some("1000:50".parse().unwrap()),
            mounts: vec!["more:/more:ro".parse().unwrap()],
            node: Some("node-1".to_owned()),
            tty: true,
            ..Changes::default()
        };
        let pod = made(&changes);
        let container = &pod["spec"]["containers"][0];
        assert_eq!(
            (&container["command"], &container["args"]),
            (&json!(["/start"]), &json!(["migrate", "$$(x)"]))
        );
        let env = container["env"].as_array().unwrap();
        let level: Vec<_> = env.iter().filter(|variable| variable["name"] == "LEVEL").collect();
        assert_eq!(level.len(), 1);
        assert_eq!(level[0]["value"], "debug");
        assert_eq!(container["securityContext"]["runAsUser"], 1000);
        assert_eq!(container["securityContext"]["runAsGroup"], 50);
        let volumes = pod["spec"]["volumes"].as_array().unwrap();
        assert!(volumes.iter().any(|volume| volume["persistentVolumeClaim"]["claimName"] == "shop-more"));
        let entrypoint = Changes { entrypoint: Some("sh".to_owned()), ..Changes::default() };
        let pod = made(&entrypoint);
        assert_eq!(pod["spec"]["containers"][0]["command"], json!(["sh"]));
        assert!(pod["spec"]["containers"][0]["args"].is_null());
    }

    #[test]
    fn a_mount_names_a_volume_of_the_stack() {
        assert!("./src:/app".parse::<Mount>().unwrap_err().contains("copy the files with cp"));
        assert!("data".parse::<Mount>().is_err() && "data:relative".parse::<Mount>().is_err());
        let unknown = Changes { mounts: vec!["logs:/logs".parse().unwrap()], ..Changes::default() };
        let error = one_off(
            &stack(),
            "api",
            &PodTemplateSpec {
                metadata: None,
                spec: Some(PodSpec {
                    containers: vec![Container { name: "api".to_owned(), ..Container::default() }],
                    ..PodSpec::default()
                }),
            },
            "n".to_owned(),
            &unknown,
        );
        let error = error.unwrap_err();
        assert_eq!(
            (error.to_string(), error.help()),
            ("the Stack has no volume logs".to_owned(), Some("name one of data, more"))
        );
    }
}
