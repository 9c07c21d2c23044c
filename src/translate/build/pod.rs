//! Builder of Pod templates.

use k8s_openapi::{
    api::core::v1::{
        LocalObjectReference, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile, Sysctl,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    container::container,
    edition::{Edition, Form},
    helper, hooks,
    job::completions,
    join::join,
    lifecycle::grace,
    metadata::{Labels, alias_label, annotations, member_label},
    node,
    placement::place,
    pre_start::pre_start,
    reads, same_node,
    sequence::{arrange, is_ordered},
};
use crate::{
    api::{
        TemplateHash,
        labels::{CONFIGS, READS, RESTARTED_WITH, TEMPLATE, VOLUMES},
    },
    text::short_hash,
    translate::{
        Facts, Kind,
        object::canonical,
        resolve::{Resolved, ResolvedService, shares_processes},
    },
};

/// The Pod template of a unit.
pub(super) struct Template {
    pub(super) pods: PodTemplateSpec,
    pub(super) hash: TemplateHash,
    pub(super) edition: Edition,
}

/// Builds the Pod template of a unit. `restarted_with` are the templates of the services whose update restarts the unit.
///
/// The template has nothing that does not affect containers: not the replicas, the profiles, the dependencies, and the
/// references of other services. So a change of these does not replace Pods.
pub(super) fn template(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    restarted_with: Option<String>,
) -> Template {
    let live = services.first().and_then(|lead| facts.live_workloads.get(lead.own.name));
    let remembered = services.first().and_then(|lead| facts.released_templates.get(lead.own.name));
    let known = [live.and_then(|live| live.template.as_ref()), remembered];
    let made = |form: Form| {
        let (pods, hash) = hashed(resolved, services, facts, restarted_with.as_ref(), form);
        Template { pods, hash, edition: form.edition }
    };
    // Existing Pods keep their version of the helper, or none: another version changes nothing in volumes that are in use.
    let image = if live.is_some() {
        live.and_then(|live| live.helper_image.as_ref())
    } else {
        facts.helper_image.as_ref()
    };
    let shapes_mounts = |edition: Edition| {
        services.iter().any(|service| helper::shapes_mounts(&service.own.mounts.tasks, edition))
    };
    let may_stay = |form: &Form| live.is_none() || image.is_some() || !shapes_mounts(form.edition);
    let overrides_hostname = facts.version.has_hostname_override();
    if known.iter().any(Option::is_some) {
        let forms = Form::all(image.is_some(), overrides_hostname).filter(may_stay);
        let kept = forms.map(made).find(|template| known.contains(&Some(&template.hash)));
        if let Some(mut kept) = kept {
            set_image(&mut kept.pods, image);
            return kept;
        }
    }
    let has_helper = facts.helper_image.is_some();
    let mut new = made(Form { edition: Edition::NEWEST, has_helper, overrides_hostname });
    set_image(&mut new.pods, facts.helper_image.as_ref());
    new
}

fn set_image(template: &mut PodTemplateSpec, image: Option<&String>) {
    if let (Some(spec), Some(image)) = (&mut template.spec, image) {
        helper::set_image(spec, image);
    }
}

fn hashed(
    resolved: &Resolved<'_>,
    services: &[&ResolvedService<'_>],
    facts: &Facts,
    restarted_with: Option<&String>,
    form: Form,
) -> (PodTemplateSpec, TemplateHash) {
    let Some((lead, others)) = services.split_first() else { return Default::default() };
    let of_service = |service: &ResolvedService<'_>| {
        let mut template = of_service(resolved, service, form);
        if form.has_helper
            && let Some(spec) = &mut template.spec
        {
            helper::add(spec, service, form.edition);
        }
        template
    };
    let count = |template: &PodTemplateSpec| {
        template.spec.as_ref().and_then(|spec| spec.init_containers.as_ref()).map_or(0, Vec::len)
    };
    let mut template = of_service(lead);
    let mut parts = vec![(*lead, count(&template))];
    for other in others {
        let of_other = of_service(other);
        parts.push((other, count(&of_other)));
        join(&mut template, other.own.name, of_other);
        let labels = template.metadata.get_or_insert_default().labels.get_or_insert_default();
        labels.insert(member_label(other.own.name), String::new());
    }
    if form.edition.orders_containers() && is_ordered(services) {
        arrange(&mut template, &parts);
    }
    let spec = template.spec.get_or_insert_default();
    place(spec, &lead.pod.placement, resolved.pods_of(lead));
    same_node::stay(spec, resolved, lead);
    if services.iter().any(|service| shares_processes(service.own.spec)) {
        spec.share_process_namespace = Some(true);
    }
    if form.edition.allows_ping() {
        allow_ping(spec);
    }
    if spec.host_pid == Some(true) {
        // With `hostPID`, the containers see all processes. Kubernetes refuses both fields together.
        spec.share_process_namespace = None;
    }
    let reads = reads::hash(resolved, services, facts, form.edition).map(|hash| (READS, hash));
    let restarted_with = restarted_with.map(|templates| (RESTARTED_WITH, templates.clone()));
    for (name, value) in reads.into_iter().chain(restarted_with) {
        annotations(&mut template).insert(name.to_owned(), value);
    }
    // serde_json sorts the fields of an object, so the text does not depend on their order.
    let mut text = canonical(&template).to_string();
    if let Some(completions) = completions(lead) {
        // The number of completions of a Job is immutable, so another number needs another Job.
        text.push_str(&format!(" x {completions}"));
    }
    let hash = TemplateHash::from(short_hash(&text));
    annotations(&mut template).insert(TEMPLATE.to_owned(), hash.to_string());
    (template, hash)
}

/// Builds the Pod template of a service without the other services of its Pod.
fn of_service(resolved: &Resolved<'_>, service: &ResolvedService<'_>, form: Form) -> PodTemplateSpec {
    let mut annotations = service.own.labels.annotations.clone();
    annotations.extend(service.own.mounts.contents_hash().map(|hash| (CONFIGS.to_owned(), hash)));
    let labels = labels(resolved, service, form.edition);
    let mut metadata = ObjectMeta { labels: Some(labels), ..ObjectMeta::default() };
    if !annotations.is_empty() {
        metadata.annotations = Some(annotations);
    }
    let mut spec = spec(resolved, service, form);
    node::add(&mut spec, service);
    PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
}

fn labels(resolved: &Resolved<'_>, service: &ResolvedService<'_>, edition: Edition) -> Labels {
    let mut labels = service.own.labels.labels.clone();
    let networks = service.pod.networks.iter();
    labels.extend(networks.map(|network| (resolved.network_label(network, edition), String::new())));
    let aliases = resolved.names.of_service(service.own.name);
    labels.extend(aliases.map(|alias| (alias_label(alias), String::new())));
    labels.extend(service.own.node_group.iter().map(|node_group| (VOLUMES.to_owned(), node_group.clone())));
    labels.extend(resolved.labels_of(service));
    labels
}

fn spec(resolved: &Resolved<'_>, service: &ResolvedService<'_>, form: Form) -> PodSpec {
    let hostname = hostname(service, form.overrides_hostname);
    let hosts = &service.own.resolver.hosts;
    let before: Vec<_> = pre_start(service).into_iter().chain(hooks::before(service, form)).collect();
    PodSpec {
        init_containers: (!before.is_empty()).then_some(before),
        containers: vec![container(service, form)],
        image_pull_secrets: pull_secrets(&resolved.stack.spec.image_pull_secrets),
        volumes: Some(service.own.mounts.volumes(form.edition.keeps_places())),
        // Variables of each Service of the namespace (REDIS_PORT=tcp://…) would clash with variables of programs.
        enable_service_links: Some(false),
        // Programs of a Compose project do not use the Kubernetes API.
        automount_service_account_token: Some(false),
        security_context: Some(PodSecurityContext {
            // The default of Docker.
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                localhost_profile: None,
            }),
            sysctls: sysctls(service),
            supplemental_groups: Some(service.own.spec.group_add.clone()).filter(|groups| !groups.is_empty()),
            ..PodSecurityContext::default()
        }),
        dns_config: Some(service.own.resolver.dns.clone()),
        host_aliases: Some(hosts.clone()).filter(|hosts| !hosts.is_empty()),
        restart_policy: matches!(service.pod.kind, Kind::Job | Kind::CronJob).then(|| "Never".to_owned()),
        termination_grace_period_seconds: Some(grace(service)),
        hostname_override: hostname.by_override,
        hostname: hostname.plain,
        ..PodSpec::default()
    }
}

/// Returns the kernel parameters of the service, with the default of Docker that all users can listen on all ports. The default
/// does not apply on the network of the node.
fn sysctls(service: &ResolvedService<'_>) -> Option<Vec<Sysctl>> {
    let own = &service.own.security.sysctls;
    let name = "net.ipv4.ip_unprivileged_port_start";
    let every_port = Sysctl { name: name.to_owned(), value: "0".to_owned() };
    let is_free = !service.host.network && own.iter().all(|sysctl| sysctl.name != name);
    let all: Vec<_> = is_free.then_some(every_port).into_iter().chain(own.iter().cloned()).collect();
    (!all.is_empty()).then_some(all)
}

/// Allows all users to send ICMP echo requests, which is the default of Docker outside the network of the node. In a user
/// namespace, a Pod does not have all groups, and the kernel refuses their range.
fn allow_ping(spec: &mut PodSpec) {
    const NAME: &str = "net.ipv4.ping_group_range";
    if spec.host_network == Some(true) || spec.host_users == Some(false) {
        return;
    }
    let sysctls = spec.security_context.get_or_insert_default().sysctls.get_or_insert_default();
    if sysctls.iter().all(|sysctl| sysctl.name != NAME) {
        sysctls.push(Sysctl { name: NAME.to_owned(), value: "0 2147483647".to_owned() });
    }
}

fn pull_secrets(names: &[String]) -> Option<Vec<LocalObjectReference>> {
    let secret = |name: &String| LocalObjectReference { name: name.clone() };
    (!names.is_empty()).then(|| names.iter().map(secret).collect())
}

/// The host name of a Pod, and the field that sets it.
#[derive(Debug, Default, PartialEq)]
struct Hostname {
    plain: Option<String>,
    by_override: Option<String>,
}

/// Returns the host name. A single container has the given host name, or the name of the service. Each of several containers
/// has the name of its Pod. A StatefulSet overwrites the field `hostname`.
fn hostname(service: &ResolvedService<'_>, may_override: bool) -> Hostname {
    if !service.is_single() || service.host.network {
        return Hostname::default();
    }
    let name = service.own.spec.hostname.as_deref().unwrap_or(service.own.name);
    if let Some(domain) = service.own.spec.domainname.as_deref().filter(|_| may_override) {
        return Hostname { plain: None, by_override: Some(format!("{name}.{domain}")) };
    }
    let name = Some(name.to_owned());
    match service.pod.kind {
        Kind::StatefulSet if may_override => Hostname { plain: None, by_override: name },
        Kind::StatefulSet => Hostname::default(),
        _ => Hostname { plain: name, by_override: None },
    }
}
