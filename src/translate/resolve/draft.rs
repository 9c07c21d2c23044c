//! Drafts of services: what each service says by itself.

use std::collections::BTreeSet;

use super::{
    activity::activity,
    context::Context,
    devices, environment,
    health::{self, Health},
    hooks, host, image, kind, labels, mounts, placement,
    ports::{self, KnownPort},
    pre_start, resolver,
    resources::{self, Counted, amount},
    security,
    service::{DEFAULT_NETWORK, OwnSettings, PodSettings, ServiceDraft},
    shutdown, update,
    user::{program_user, user},
};
use crate::{
    api::{Protocol, Reason, Service, StackSpec},
    translate::findings::FieldPath,
};

/// Resolves a service by itself.
pub(super) fn draft<'a>(context: &Context<'_, 'a>, name: &'a str, service: &'a Service) -> ServiceDraft<'a> {
    let at = &context.findings.service(name);
    let image = image::image(context.spec, name, service, context.facts);
    let config = image.map_or(&image::NOTHING, |image| &*image.config);
    let health = health::health(service, config, at);
    let own_ports = ports::own_ports(service, config, health.as_ref());
    let dialled = context.siblings.dialled(name).into_iter();
    let dialled = dialled.map(|port| KnownPort { port, protocol: Protocol::Tcp });
    let user = user(image::user(service, config), at);
    let of = mounts::Mounting { name, service, image: config, user: program_user(user, service, image) };
    let mounts = mounts::mounts(context, &of, at);
    devices::check(service, &mounts, at);
    let restart = kind::restart(service, at);
    let placement = placement::placement(service, at);
    let published = ports::published(service, context.spec.publish.unwrap_or_default(), at);
    ports::check_exposed(service, at);
    let traits = kind::Traits {
        name,
        service,
        restart,
        has_port: !own_ports.is_empty(),
        has_health: health.is_some(),
        gates: health.as_ref().is_some_and(Health::gates),
        writes_volume: mounts.writes_volume,
        is_exclusive: placement.per_node.is_some()
            || published.iter().any(|port| port.on_node)
            || mounts.writes_host
            || service.network_mode.as_deref() == Some("host")
            || !service.devices.is_empty()
            || resources::has_devices(service),
        shares_pod: context.sharing.shares_pod(name),
    };
    let (kind, start_first) = kind::kind(&traits, context.siblings, at);
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas).unwrap_or(1);
    let networks = networks(context.spec, service, at);
    let internal = |network: &&str| {
        context.spec.networks.get(*network).is_some_and(|network| network.internal == Some(true))
    };
    let host = host::host(service, at);
    let own = hooks::Own { named: user, image, is_to_be_read: image::is_to_be_read(context.spec, image) };
    let (post_start, hooks_before) = hooks::post_start(service, own, at);
    hooks::check_pre_stop(service, own, at);
    let has_helper = context.facts.helper_image.is_some();
    let environment = environment::environment(service, at);
    let resources = resources::resources(service, at);
    let labels = labels::user_labels(service, at);
    let workload_labels = labels::deploy_labels(service, at);
    let shutdown = shutdown::shutdown(service, &post_start, has_helper, at);
    let shm_size = service.shm_size.as_ref();
    let own = OwnSettings {
        name,
        spec: service,
        image,
        lead: context.sharing.lead(name),
        activity: activity(service, context.spec),
        replicas,
        restart,
        update: update::update(service),
        known_ports: own_ports.iter().copied().chain(dialled).collect(),
        own_ports,
        published,
        environment,
        user,
        resources,
        labels,
        hooks_before,
        security: security::security(service, host, at),
        resolver: resolver::resolver(service, at),
        shm_size: shm_size.and_then(|size| amount(size, Counted::Bytes, &at.child("shmSize"))),
        pre_start: pre_start::pre_start(service, at),
        reads: environment::reads(service).chain(mounts.reads.iter().copied()).collect(),
        node_group: context.node_groups.get(name).cloned(),
        health,
        mounts,
    };
    let only_internal = !host.network && networks.iter().all(internal);
    let pod = PodSettings { kind, start_first, networks, only_internal, placement, workload_labels };
    ServiceDraft { own, pod, host, shutdown }
}

fn networks<'a>(spec: &StackSpec, service: &'a Service, at: &FieldPath<'_>) -> BTreeSet<&'a str> {
    if service.networks.is_empty() {
        // The service has the networks of the service whose network it shares. The network of the node has none.
        let elsewhere = service.network_mode.is_some();
        return if elsewhere { BTreeSet::new() } else { BTreeSet::from([DEFAULT_NETWORK]) };
    }
    let known = &spec.networks;
    for name in service.networks.keys().filter(|name| *name != DEFAULT_NETWORK && !known.contains_key(*name))
    {
        let known = known.keys().map(String::as_str).chain([DEFAULT_NETWORK]);
        let what = ("network", name.as_str(), "spec.networks");
        at.key("networks", name).unknown(Reason::UnknownNetwork, what, known);
    }
    service.networks.keys().map(String::as_str).collect()
}
