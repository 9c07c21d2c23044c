//! Counterparts of programs that use the socket of a container engine.

use compose_loader::Node;

use crate::convert::context::Context;
use crate::convert::reader::Value;

/// A part of the image name, and the counterpart on a cluster.
const PROGRAMS: [(&str, &str); 17] = [
    ("traefik", "use the Kubernetes providers of Traefik, or ingress rules"),
    ("caddy-docker-proxy", "use ingress rules under x-stackwright"),
    ("nginx-proxy", "use ingress rules under x-stackwright"),
    ("docker-gen", "use ingress rules under x-stackwright"),
    ("acme-companion", "use cert-manager for the certificates of ingress rules"),
    ("watchtower", "update services with a GitOps tool, or change the image in the Stack"),
    ("diun", "watch images with a GitOps tool"),
    ("autoheal", "use x-stackwright: {healthcheck: {onUnhealthy: Restart}}"),
    ("dozzle", "use kubectl logs"),
    ("promtail", "use a log collector on each node"),
    ("fluent", "use a log collector on each node"),
    ("cadvisor", "the kubelet of each node serves the same metrics"),
    ("portainer", "use the Kubernetes agent of Portainer"),
    ("ofelia", "use a CronJob"),
    ("runner", "use the Kubernetes executor of the runner"),
    ("netdata", "use the Helm chart of Netdata"),
    ("homepage", "Homepage reads a cluster with a ServiceAccount"),
];

/// Returns the counterpart on a cluster of the program that mounts the socket, if the program is known.
pub fn instead(context: &Context<'_>, mount: &Value<'_>) -> &'static str {
    let service = mount.pointer().split('/').nth(2).unwrap_or_default();
    let image = context.project.service(service).and_then(|node: &Node| node.str_at("image"));
    let known = |image: &str| PROGRAMS.iter().find(|(word, _)| image.contains(word));
    image.and_then(known).map_or("", |(_, instead)| instead)
}
