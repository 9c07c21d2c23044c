//! The order in which the services of a Pod start and end.
//!
//! Kubernetes starts the init containers of a Pod one after the other, then all other containers. It stops restartable
//! init containers (sidecars) after these, in reverse order. So a service on which another service of its Pod depends
//! becomes a sidecar, and a one-shot whose end another service awaits becomes an ordinary init container.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Health, Problems, ResolvedService,
    sharing::{Sharing, targets},
};
use crate::{
    api::{Dependency, DependencyCondition},
    translate::{Approximation, Kind, WaitFor},
};

/// The stage in which a service of a Pod starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) enum Stage {
    /// After all other stages. No service of the Pod depends on it.
    #[default]
    Last,
    /// Before its dependents. It ends after them.
    Sidecar {
        /// Whether dependents wait for its health.
        until_healthy: bool,
    },
    /// The service runs to completion before its dependents start.
    First,
}

/// Returns the condition of a dependency. `service_healthy` becomes `service_started` for a service that has no health
/// check, or whose check only reports.
pub(super) fn condition(dependency: &Dependency, other: &ResolvedService<'_>) -> DependencyCondition {
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

    fn path(&self) -> String {
        format!("spec.services.{}.dependsOn.{}", self.from, self.to)
    }
}

/// Sets the stage and the turn of each service in its Pod.
pub(super) fn arrange<'a>(
    sharing: &Sharing<'a>,
    services: &mut BTreeMap<&'a str, ResolvedService<'a>>,
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) {
    for pod in sharing.pods() {
        let edges = edges(&pod, services);
        let runs_once = services[pod[0]].kind == Kind::Job;
        let stages = if runs_once {
            stages_of_one_shots(&edges, problems, approximations)
        } else {
            stages(&edges, approximations)
        };
        let mut turns = turns(&pod, &edges, &stages);
        if !runs_once {
            // The services of the last stage start at the same time.
            turns.retain(|name| stage_of(&stages, name) != Stage::Last);
            turns.extend(pod.iter().filter(|name| stage_of(&stages, name) == Stage::Last));
            approximations.extend(implicit_waits(&turns, &edges, &stages));
        }
        for (turn, name) in turns.into_iter().enumerate() {
            let Some(service) = services.get_mut(name) else { continue };
            service.turn = turn;
            service.stage = stage_of(&stages, name);
            let own = edges.iter().filter(|edge| edge.from == name);
            let own = own.filter_map(|edge| Some((edge, holds_back(edge, &stages)?)));
            service.waits_in_pod = own
                .map(|(edge, condition)| WaitFor {
                    unit: pod[0].to_owned(),
                    service: edge.to.to_owned(),
                    condition,
                    required: edge.required,
                })
                .collect();
            if service.stage == Stage::First {
                refuse_hooks(service, problems);
            } else if service.stage != Stage::Last && !service.spec.pre_stop.is_empty() {
                approximations.push(Approximation {
                    path: format!("spec.services.{name}.preStop"),
                    message: "the hooks run when the Pod starts to terminate, while the dependents of this service \
                              still run"
                        .to_owned(),
                });
            }
        }
    }
}

fn stage_of(stages: &BTreeMap<&str, Stage>, name: &str) -> Stage {
    stages.get(name).copied().unwrap_or_default()
}

/// Returns the condition for which the container of the dependent waits, if it waits. A one-shot waits only for the end of
/// a one-shot that runs first.
fn holds_back(edge: &Edge<'_>, stages: &BTreeMap<&str, Stage>) -> Option<DependencyCondition> {
    match stage_of(stages, edge.to) {
        Stage::Sidecar { .. } => Some(edge.condition),
        Stage::First => Some(DependencyCondition::ServiceCompletedSuccessfully),
        Stage::Last => None,
    }
}

fn edges<'a>(pod: &[&'a str], services: &BTreeMap<&'a str, ResolvedService<'a>>) -> Vec<Edge<'a>> {
    let of = |from: &&'a str| {
        let on = services[from].spec.depends_on.iter();
        on.filter_map(|(to, dependency)| {
            let (to, other) = services.get_key_value(to.as_str())?;
            let is_here = other.lead == pod[0] && to != from;
            let condition = condition(dependency, other);
            let shares = || targets(services[from].spec).any(|(_, target)| target == *to);
            is_here.then(|| Edge {
                from,
                to,
                condition,
                required: dependency.required.unwrap_or(true),
                is_beside: condition == DependencyCondition::ServiceHealthy || shares(),
            })
        })
        .collect::<Vec<_>>()
    };
    pod.iter().flat_map(of).collect()
}

/// Returns the stages of services that are not one-shots.
fn stages<'a>(edges: &[Edge<'a>], approximations: &mut Vec<Approximation>) -> BTreeMap<&'a str, Stage> {
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
            approximations.push(Approximation { path: edge.path(), message });
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
fn stages_of_one_shots<'a>(
    edges: &[Edge<'a>],
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> BTreeMap<&'a str, Stage> {
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
                    problems.value(edge.path(), message);
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
        approximations.push(Approximation { path: edge.path(), message });
    }
    ends.into_keys().map(|name| (name, Stage::First)).collect()
}

/// Returns the services in the order in which they start, each after its dependencies. A service for whose health others
/// wait starts as late as possible, so that no other service waits without need.
fn turns<'a>(pod: &[&'a str], edges: &[Edge<'a>], stages: &BTreeMap<&str, Stage>) -> Vec<&'a str> {
    let gates = |name: &str| stages.get(name) == Some(&Stage::Sidecar { until_healthy: true });
    let mut open: BTreeMap<&str, usize> = pod.iter().map(|name| (*name, 0)).collect();
    let mut dependents: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for edge in edges {
        *open.entry(edge.from).or_default() += 1;
        dependents.entry(edge.to).or_default().push(edge.from);
    }
    let places: BTreeMap<&str, usize> = pod.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let key = |name: &'a str| (gates(name), places[name], name);
    let mut free: BTreeSet<_> = pod.iter().filter(|name| open[*name] == 0).map(|name| key(name)).collect();
    let mut turns = Vec::new();
    while let Some((_, _, name)) = free.pop_first() {
        turns.push(name);
        for &dependent in dependents.get(name).into_iter().flatten() {
            let left = open.entry(dependent).or_default();
            *left -= 1;
            if *left == 0 {
                free.insert(key(dependent));
            }
        }
    }
    turns
}

/// Reports services that wait for the health of a service without asking for that, because a Pod has one order.
fn implicit_waits(turns: &[&str], edges: &[Edge<'_>], stages: &BTreeMap<&str, Stage>) -> Vec<Approximation> {
    let mut found = Vec::new();
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut before: Vec<&str> = Vec::new();
    for &name in turns {
        let own = edges.iter().filter(|edge| edge.from == name);
        let mut asks = BTreeSet::new();
        for edge in own {
            asks.extend(asked.get(edge.to).into_iter().flatten().copied());
            if edge.condition == DependencyCondition::ServiceHealthy {
                asks.insert(edge.to);
            }
        }
        if let Some(other) = before.iter().find(|other| !asks.contains(*other)) {
            found.push(Approximation {
                path: format!("spec.services.{name}"),
                message: format!(
                    "this service also waits until '{other}' is healthy, because another service of the Pod does and \
                     the containers of a Pod start in one order"
                ),
            });
        }
        if stages.get(name) == Some(&Stage::Sidecar { until_healthy: true }) {
            before.push(name);
        }
        asked.insert(name, asks);
    }
    found
}

/// Refuses hooks of a one-shot that runs first. Kubernetes does not support hooks of init containers.
fn refuse_hooks(service: &ResolvedService<'_>, problems: &mut Problems) {
    let hooks = [("postStart", &service.spec.post_start), ("preStop", &service.spec.pre_stop)];
    for (field, _) in hooks.into_iter().filter(|(_, hooks)| !hooks.is_empty()) {
        let message = "hooks are not supported for a one-shot that ends before other services of its Pod start: make \
                       them a part of the command";
        problems.value(format!("spec.services.{}.{field}", service.name), message);
    }
}
