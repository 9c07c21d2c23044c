//! GPUs that several containers reserve.

use std::collections::BTreeSet;

use compose_loader::{Node, Place};

use crate::api::StackSpec;
use crate::convert::context::{Context, first_place};
use crate::convert::reader::pointer;
use crate::rules;

/// A GPU request of a service.
struct Request<'a> {
    service: &'a str,
    /// The resource names of the GPUs.
    kinds: BTreeSet<&'a str>,
    /// The ids of the GPUs. None for any GPU.
    ids: BTreeSet<&'a str>,
    at: String,
    place: Place,
}

impl Request<'_> {
    /// Reports whether Docker can give both containers the same GPU.
    fn shares(&self, other: &Self) -> bool {
        if self.kinds.is_disjoint(&other.kinds) {
            return false;
        }
        self.ids.is_empty() || other.ids.is_empty() || !self.ids.is_disjoint(&other.ids)
    }
}

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    let mut before: Vec<Request<'_>> = Vec::new();
    for (service, node) in context.project.services() {
        let Some(made) = spec.services.get(&context.names.service(service)) else { continue };
        let deploy = made.deploy.as_ref();
        let devices = deploy.and_then(|deploy| deploy.resources.as_ref()).map(|it| &it.devices);
        let is_gpu = |name: &&str| name.ends_with("/gpu") || name.starts_with("gpu.");
        let kinds: BTreeSet<&str> =
            devices.into_iter().flatten().map(|(name, _)| name.as_str()).filter(is_gpu).collect();
        let Some(request) = request(service, node, kinds) else { continue };
        let replicas = deploy.and_then(|deploy| deploy.replicas).unwrap_or(1);
        let shares = |other: &&Request<'_>| {
            request.shares(other) && context.answers.may_run_together(other.service, service)
        };
        let detail = match before.iter().find(shares) {
            Some(other) => Some(format!("'{}' reserves a GPU too", other.service)),
            None if replicas > 1 => Some(format!("each of the {replicas} replicas reserves a GPU")),
            None => None,
        };
        if let Some(detail) = detail {
            context.log.remark(&rules::SHARED_GPU, &request.at, request.place, detail);
        }
        before.push(request);
    }
}

/// Returns the first GPU request of a service.
fn request<'a>(service: &'a str, node: &'a Node, kinds: BTreeSet<&'a str>) -> Option<Request<'a>> {
    let reserved = |node: &'a Node| node.get("deploy")?.get("resources")?.get("reservations")?.get("devices");
    let (path, list) = match reserved(node) {
        Some(list) => ("/deploy/resources/reservations/devices/0", list),
        None => ("/gpus/0", node.get("gpus")?),
    };
    let first = list.as_list()?.first().filter(|_| !kinds.is_empty())?;
    let ids = first.get("device_ids").and_then(Node::as_list).unwrap_or_default();
    Some(Request {
        service,
        kinds,
        ids: ids.iter().filter_map(Node::as_str).collect(),
        at: pointer(["services", service]) + path,
        place: first_place(first),
    })
}
