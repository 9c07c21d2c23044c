//! The order in which the services of a Pod start and end.
//!
//! Kubernetes starts the init containers of a Pod one after the other, then all other containers. It stops restartable
//! init containers (sidecars) after these, in reverse order. So a service on which another service of its Pod depends
//! becomes a sidecar, and a one-shot whose end another service awaits becomes an ordinary init container.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    health::Health,
    service::{OwnSettings, ServiceDraft},
    sharing::targets,
    stage::{Stage, StartOrder},
};
use crate::{
    api::{Dependency, DependencyCondition},
    translate::{
        Kind, WaitFor,
        findings::{FieldPath, Findings},
    },
};

/// Returns the condition of a dependency. `service_healthy` becomes `service_started` for a service that has no health
/// check, or whose check only reports.
pub(super) fn condition(dependency: &Dependency, other: &OwnSettings<'_>) -> DependencyCondition {
    match dependency.condition.unwrap_or_default() {
        DependencyCondition::ServiceHealthy if !other.health.as_ref().is_some_and(Health::gates) => {
            DependencyCondition::ServiceStarted
        }
        condition => condition,
    }
}

/// A dependency between two services of a Pod.
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    condition: DependencyCondition,
    required: bool,
    /// Whether the dependent requires the dependency while it runs: it waits for its health, or shares its network, IPC or
    /// process namespace. Docker shares no namespace of a container that has ended.
    is_beside: bool,
}

impl Edge<'_> {
    fn waits_for_end(&self) -> bool {
        self.condition == DependencyCondition::ServiceCompletedSuccessfully
    }

    fn problem(&self, message: String, findings: &Findings) {
        findings.service(self.from).key("dependsOn", self.to).invalid(message);
    }

    fn approximate(&self, message: String, findings: &Findings) {
        findings.service(self.from).key("dependsOn", self.to).approximate(message);
    }
}

/// Returns the start order of the services of a Pod by name. The first service names the Pod.
pub(super) fn start_order<'a>(
    pod: &[&ServiceDraft<'a>],
    kind: Kind,
    findings: &Findings,
) -> BTreeMap<&'a str, StartOrder> {
    let edges = edges(pod);
    let stages =
        if kind == Kind::Job { stages_of_one_shots(&edges, findings) } else { stages(&edges, findings) };
    let mut order = in_order(pod, &edges, &stages);
    if kind != Kind::Job {
        // The services of the last stage start at the same time.
        order.retain(|service| stage_of(&stages, service.name) != Stage::Last);
        let last = pod.iter().map(|service| &service.own);
        order.extend(last.filter(|service| stage_of(&stages, service.name) == Stage::Last));
        report_implicit_waits(&order, &edges, &stages, findings);
    }
    let place = |(position, service): (usize, &OwnSettings<'a>)| {
        let stage = stage_of(&stages, service.name);
        let waits = edges.iter().filter(|edge| edge.from == service.name);
        let waits = waits.filter_map(|edge| {
            Some(WaitFor {
                unit: service.lead.to_owned(),
                service: edge.to.to_owned(),
                condition: waited_condition(edge, &stages)?,
                required: edge.required,
            })
        });
        check_hooks(service, stage, &findings.service(service.name));
        (service.name, StartOrder { stage, position, waits_for: waits.collect() })
    };
    order.into_iter().enumerate().map(place).collect()
}

/// Refuses hooks of a one-shot that runs first, because Kubernetes does not support hooks of init containers. Reports when
/// the hooks of a sidecar run.
fn check_hooks(service: &OwnSettings<'_>, stage: Stage, at: &FieldPath<'_>) {
    match stage {
        Stage::First => {
            let hooks = [("postStart", &service.spec.post_start), ("preStop", &service.spec.pre_stop)];
            for (field, _) in hooks.into_iter().filter(|(_, hooks)| !hooks.is_empty()) {
                at.child(field).invalid(
                    "hooks are not supported for a one-shot that ends before other services of its Pod start: make \
                     them a part of the command",
                );
            }
        }
        Stage::Sidecar { .. } if !service.spec.pre_stop.is_empty() => at.child("preStop").approximate(
            "the hooks run when the Pod starts to terminate, while the dependents of this service still run",
        ),
        Stage::Sidecar { .. } | Stage::Last => {}
    }
}

fn stage_of(stages: &BTreeMap<&str, Stage>, name: &str) -> Stage {
    stages.get(name).copied().unwrap_or_default()
}

/// Returns the condition for which the container of the dependent waits, if it waits. A one-shot waits only for the end of
/// a one-shot that runs first.
fn waited_condition(edge: &Edge<'_>, stages: &BTreeMap<&str, Stage>) -> Option<DependencyCondition> {
    match stage_of(stages, edge.to) {
        Stage::Sidecar { .. } => Some(edge.condition),
        Stage::First => Some(DependencyCondition::ServiceCompletedSuccessfully),
        Stage::Last => None,
    }
}

fn edges<'a>(pod: &[&ServiceDraft<'a>]) -> Vec<Edge<'a>> {
    let members: BTreeMap<&'a str, &OwnSettings<'a>> =
        pod.iter().map(|service| (service.own.name, &service.own)).collect();
    let of = |service: &&ServiceDraft<'a>| {
        let from = service.own.name;
        let dependencies = service.own.spec.depends_on.iter().filter(move |(to, _)| *to != from);
        let edges = dependencies.filter_map(|(to, dependency)| {
            let (to, other) = members.get_key_value(to.as_str())?;
            let condition = condition(dependency, other);
            let shares = || targets(service.own.spec).any(|(_, target)| target == *to);
            Some(Edge {
                from,
                to,
                condition,
                required: dependency.required.unwrap_or(true),
                is_beside: condition == DependencyCondition::ServiceHealthy || shares(),
            })
        });
        edges.collect::<Vec<_>>()
    };
    pod.iter().flat_map(of).collect()
}

/// Returns the stages of services that are not one-shots.
fn stages<'a>(edges: &[Edge<'a>], findings: &Findings) -> BTreeMap<&'a str, Stage> {
    let mut stages = BTreeMap::new();
    for edge in edges {
        let until_healthy = match edge.condition {
            // Only a one-shot ends, and a one-shot beside another service is refused.
            DependencyCondition::ServiceCompletedSuccessfully => continue,
            DependencyCondition::ServiceHealthy => true,
            DependencyCondition::ServiceStarted => false,
        };
        if until_healthy && !edge.required {
            let message = format!(
                "this service does not start while '{}' is unhealthy: in a Pod, 'required: false' has no effect",
                edge.to
            );
            edge.approximate(message, findings);
        }
        let stage = stages.entry(edge.to).or_insert(Stage::Sidecar { until_healthy });
        if until_healthy {
            *stage = Stage::Sidecar { until_healthy };
        }
    }
    stages
}

/// Returns the stages of one-shots. A one-shot cannot be a sidecar, because the kubelet restarts a sidecar that ends.
/// One-shots that wait for no end start in order and run at the same time.
fn stages_of_one_shots<'a>(edges: &[Edge<'a>], findings: &Findings) -> BTreeMap<&'a str, Stage> {
    let ends: BTreeMap<_, _> =
        edges.iter().filter(|edge| edge.waits_for_end()).map(|edge| (edge.to, edge.from)).collect();
    for edge in edges {
        let Edge { from, to, .. } = edge;
        // The one-shot that runs first, and the service that waits for its end.
        let apart = ends.get_key_value(to).or(ends.get_key_value(from));
        let message = match apart {
            _ if edge.waits_for_end() && edge.required => continue,
            _ if edge.waits_for_end() => format!(
                "this service does not start if '{to}' fails: in a Pod, 'required: false' has no effect"
            ),
            Some((first, waiting)) => {
                let when = if first == to {
                    format!("this service starts when '{to}' has ended")
                } else {
                    format!("this service ends before '{to}' starts")
                };
                let why = format!(
                    "'{waiting}' waits for the end of '{first}', so '{first}' runs before the other services of the \
                     Pod"
                );
                if edge.is_beside && edge.required {
                    let message = format!(
                        "this service requires '{to}' while it runs, but {when}: {why}. Move '{waiting}' to another \
                         Pod, or do not wait for the end of '{first}'"
                    );
                    edge.problem(message, findings);
                    continue;
                }
                format!("{when}: {why}")
            }
            None if edge.condition == DependencyCondition::ServiceHealthy => {
                format!(
                    "the one-shots of a Pod start together, so this service starts before '{to}' is healthy"
                )
            }
            None => continue,
        };
        edge.approximate(message, findings);
    }
    ends.into_keys().map(|name| (name, Stage::First)).collect()
}

/// Returns the services in the order in which they start, each after its dependencies. A service for whose health others
/// wait starts as late as possible, so that no other service waits without need.
fn in_order<'d, 'a>(
    pod: &[&'d ServiceDraft<'a>],
    edges: &[Edge<'a>],
    stages: &BTreeMap<&str, Stage>,
) -> Vec<&'d OwnSettings<'a>> {
    let gates = |name: &str| stages.get(name) == Some(&Stage::Sidecar { until_healthy: true });
    let mut open: BTreeMap<&str, usize> = pod.iter().map(|service| (service.own.name, 0)).collect();
    let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in edges {
        *open.entry(edge.from).or_default() += 1;
        dependents.entry(edge.to).or_default().push(edge.from);
    }
    let indices: BTreeMap<&str, usize> =
        pod.iter().enumerate().map(|(index, service)| (service.own.name, index)).collect();
    let key = |index: usize| (gates(pod[index].own.name), index);
    let without_needs = pod.iter().filter(|service| open[service.own.name] == 0);
    let mut free: BTreeSet<_> = without_needs.map(|service| key(indices[service.own.name])).collect();
    let mut order = Vec::new();
    while let Some((_, index)) = free.pop_first() {
        let service = &pod[index].own;
        order.push(service);
        for &dependent in dependents.get(service.name).into_iter().flatten() {
            let left = open.entry(dependent).or_default();
            *left -= 1;
            if *left == 0 {
                free.insert(key(indices[dependent]));
            }
        }
    }
    order
}

/// Reports services that wait for the health of a service without asking for that, because a Pod has one order.
fn report_implicit_waits(
    order: &[&OwnSettings<'_>],
    edges: &[Edge<'_>],
    stages: &BTreeMap<&str, Stage>,
    findings: &Findings,
) {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut before: Vec<&str> = Vec::new();
    for name in order.iter().map(|service| service.name) {
        let own = edges.iter().filter(|edge| edge.from == name);
        let mut asks = BTreeSet::new();
        for edge in own {
            asks.extend(asked.get(edge.to).into_iter().flatten().copied());
            if edge.condition == DependencyCondition::ServiceHealthy {
                asks.insert(edge.to);
            }
        }
        if let Some(other) = before.iter().find(|other| !asks.contains(*other)) {
            findings.service(name).approximate(format!(
                "this service also waits until '{other}' is healthy, because another service of the Pod does and the \
                 containers of a Pod start in one order"
            ));
        }
        if stages.get(name) == Some(&Stage::Sidecar { until_healthy: true }) {
            before.push(name);
        }
        asked.insert(name, asks);
    }
}
