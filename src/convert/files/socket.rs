//! What takes the place of programs that steer or watch a container engine.

use compose_loader::Node;

use crate::convert::context::Context;
use crate::convert::reader::Value;

/// A word in a program's image, and what a cluster has in its place.
const PROGRAMS: [(&str, &str); 17] = [
    ("traefik", "Traefik watches a cluster by its Kubernetes providers, or ingress rules stand in its place"),
    ("caddy-docker-proxy", "ingress rules under x-stackwright stand in its place"),
    ("nginx-proxy", "ingress rules under x-stackwright stand in its place"),
    ("docker-gen", "ingress rules under x-stackwright stand in its place"),
    ("acme-companion", "cert-manager gets certificates for ingress rules"),
    ("watchtower", "a GitOps tool or a change of the image in the Stack updates services"),
    ("diun", "a GitOps tool watches images"),
    ("autoheal", "x-stackwright: {healthcheck: {onUnhealthy: Restart}} stands in its place"),
    ("dozzle", "kubectl logs shows what the containers write"),
    ("promtail", "a collector that runs on each node reads the logs of all pods"),
    ("fluent", "a collector that runs on each node reads the logs of all pods"),
    ("cadvisor", "each node's kubelet serves the same figures"),
    ("portainer", "Portainer has an agent for Kubernetes"),
    ("ofelia", "a CronJob runs what is due"),
    ("runner", "runners have an executor for Kubernetes"),
    ("netdata", "a chart of its own installs it on a cluster"),
    ("homepage", "it reads a cluster through a service account"),
];

/// What stands in the place of the service that a mount belongs to, where the program is known.
pub fn instead(context: &Context<'_>, mount: &Value<'_>) -> &'static str {
    let service = mount.pointer().split('/').nth(2).unwrap_or_default();
    let image = context.project.service(service).and_then(|node: &Node| node.str_at("image"));
    let known = |image: &str| PROGRAMS.iter().find(|(word, _)| image.contains(word));
    image.and_then(known).map_or("", |(_, instead)| instead)
}
