//! Services in agreement with the other services of their Pods.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    agreement::agree,
    context::Context,
    dependencies::waits_for,
    host::Host,
    image, ingress, node_use, placement,
    pod_order::start_order,
    ports,
    service::{PodSettings, ResolvedService, ServiceDraft},
    stage::StartOrder,
};
use crate::translate::{Activity, WaitFor};

/// Brings the services of each Pod into agreement, and checks each service.
pub(super) fn agreed<'a>(
    context: &Context<'_, 'a>,
    drafts: BTreeMap<&'a str, ServiceDraft<'a>>,
) -> BTreeMap<&'a str, ResolvedService<'a>> {
    let (settings, mut starts) = shared_pods(context, &drafts);
    let mut waits: BTreeMap<&str, Vec<WaitFor>> =
        drafts.values().map(|draft| (draft.own.name, waits_for(&draft.own, &drafts))).collect();
    let seeing_others = seeing_others(&drafts);
    let on_node: BTreeSet<&str> =
        drafts.values().filter(|draft| draft.host.network).map(|draft| draft.own.name).collect();
    let mut services = BTreeMap::new();
    for (name, ServiceDraft { own, pod, host, mut shutdown }) in drafts {
        let at = &context.findings.service(name);
        let is_active = own.activity != Activity::Inactive;
        let pod = settings.get(own.lead).cloned().unwrap_or(pod);
        let start = starts.remove(name).unwrap_or_default();
        let mut routes = Vec::new();
        if is_active {
            routes = ingress::routes(own.spec, &own.own_ports, pod.only_internal, at);
            if !context.facts.unread.contains_key(name) {
                image::report_unread(own.image, at);
            }
            shutdown.settle_signal(start.stage, seeing_others.contains(own.lead), at);
        }
        let host = Host { network: on_node.contains(own.lead), ..host };
        let waits_for = waits.remove(name).unwrap_or_default();
        let service = ResolvedService { own, pod, host, shutdown, start, routes, waits_for };
        if is_active {
            check(context, &service);
        }
        services.insert(name, service);
    }
    services
}

/// Returns the settings of each Pod of several services by the service that names it, and the place of each of their
/// services in the start order.
fn shared_pods<'a>(
    context: &Context<'_, 'a>,
    drafts: &BTreeMap<&'a str, ServiceDraft<'a>>,
) -> (BTreeMap<&'a str, PodSettings<'a>>, BTreeMap<&'a str, StartOrder>) {
    let of_names = |names: &Vec<&'a str>| names.iter().map(|name| &drafts[name]).collect();
    let pods: Vec<Vec<&ServiceDraft<'a>>> = context.sharing.pods().iter().map(of_names).collect();
    let (mut settings, mut starts) = (BTreeMap::new(), BTreeMap::new());
    for pod in &pods {
        if let Some((lead, others)) = pod.split_first() {
            settings.insert(lead.own.name, agree(lead, others, context.findings));
        }
    }
    for pod in &pods {
        let agreed = pod.first().and_then(|lead| settings.get(lead.own.name));
        if let Some(PodSettings { kind, .. }) = agreed {
            starts.extend(start_order(pod, *kind, context.findings));
        }
    }
    (settings, starts)
}

/// Checks what depends on the agreement of a Pod, and reports what the cluster cannot reproduce.
fn check(context: &Context<'_, '_>, service: &ResolvedService<'_>) {
    let (own, grants) = (&service.own, context.grants);
    let at = &context.findings.service(own.name);
    ports::check_mode(own.spec, &own.known_ports, at);
    ports::check_node_ports(service.node_ports(), grants, at);
    ingress::check_annotations(own.spec, grants, at);
    node_use::check(own.spec, service.host, grants, at);
    placement::approximate_variant(own.spec, at);
    node_use::approximate(own.spec, service.host, at);
    ports::approximate(service.balanced_ports(), context.spec.publish.unwrap_or_default(), at);
}

/// Returns the services that name Pods whose containers see processes of other containers.
fn seeing_others<'a>(drafts: &BTreeMap<&'a str, ServiceDraft<'a>>) -> BTreeSet<&'a str> {
    let active = drafts.values().map(|draft| &draft.own).filter(|own| own.activity != Activity::Inactive);
    let seeing = active.filter(|own| own.spec.init == Some(true) || own.spec.pid.is_some());
    seeing.map(|own| own.lead).collect()
}
