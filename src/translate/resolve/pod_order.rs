//! In which order the services of one pod start and end.
//!
//! Kubernetes starts the init containers of a pod one after the other, then all other containers, and ends
//! restartable init containers (sidecars) after those, in reverse order. So a service on which another one of its
//! pod depends becomes a sidecar, and a one-shot whose end is waited for an ordinary init container.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Health, Problems, ResolvedService,
    sharing::{Sharing, targets},
};
use crate::{
    api::{Dependency, DependencyCondition},
    translate::{Approximation, Kind, WaitFor},
};

/// When a service starts, seen from the other services of its pod.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::translate) enum Stage {
    /// When all those run that come before: nobody of the pod depends on it.
    #[default]
    Last,
    /// Before those who depend on it, and it ends after them.
    Sidecar {
        /// Whether they wait for its health.
        until_healthy: bool,
    },
    /// It runs to its end before they start.
    First,
}

/// What a dependency waits for, where that can be had: the health that a service only reports, or does not
/// have, is waited for by nobody.
pub(super) fn condition(dependency: &Dependency, other: &ResolvedService<'_>) -> DependencyCondition {
    match dependency.condition.unwrap_or_default() {
        DependencyCondition::ServiceHealthy if !other.health.as_ref().is_some_and(Health::gates) => {
            DependencyCondition::ServiceStarted
        }
        condition => condition,
    }
}

/// A dependency between two services of one pod.
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    condition: DependencyCondition,
    required: bool,
    /// Whether the dependent works only while the other one runs: it waits for its health, or has its network, IPC
    /// or processes, which Docker gives nobody whose owner has ended.
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

/// Gives each service its stage and its turn in its pod.
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
            // Those start at the same time.
            turns.retain(|name| stage_of(&stages, name) != Stage::Last);
            turns.extend(pod.iter().filter(|name| stage_of(&stages, name) == Stage::Last));
            approximations.extend(waits_unasked(&turns, &edges, &stages));
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
                    message: "the hooks run when the pod begins to end, while the services that depend on this one still \
                              run"
                        .to_owned(),
                });
            }
        }
    }
}

fn stage_of(stages: &BTreeMap<&str, Stage>, name: &str) -> Stage {
    stages.get(name).copied().unwrap_or_default()
}

/// What of a dependency keeps the container of the dependent from its start, if something does: of one-shots, only
/// the end of one that runs first.
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

/// The stages of services that are kept running.
fn stages<'a>(edges: &[Edge<'a>], approximations: &mut Vec<Approximation>) -> BTreeMap<&'a str, Stage> {
    let mut stages = BTreeMap::new();
    for edge in edges {
        let until_healthy = match edge.condition {
            // The end of a service is waited for only where it runs once, which is refused beside what is kept running.
            DependencyCondition::ServiceCompletedSuccessfully => continue,
            DependencyCondition::ServiceHealthy => true,
            DependencyCondition::ServiceStarted => false,
        };
        if until_healthy && !edge.required {
            let message = format!(
                "this one does not start while '{}' is unhealthy: within a pod an optional dependency is waited for like \
                 a required one",
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

/// The stages of one-shots. None is a sidecar, which would be started again whenever it ends: those that wait
/// for no end start one after the other, in order, and run at the same time.
fn stages_of_one_shots<'a>(
    edges: &[Edge<'a>],
    problems: &mut Problems,
    approximations: &mut Vec<Approximation>,
) -> BTreeMap<&'a str, Stage> {
    let ends: BTreeMap<_, _> =
        edges.iter().filter(|edge| edge.waits_for_end()).map(|edge| (edge.to, edge.from)).collect();
    for edge in edges {
        let Edge { from, to, .. } = edge;
        // The one that runs to its end before the other, and who waits for that end.
        let apart = ends.get_key_value(to).or(ends.get_key_value(from));
        let message = match apart {
            _ if edge.waits_for_end() && edge.required => continue,
            _ if edge.waits_for_end() => format!(
                "this one does not start where '{to}' fails: within a pod an optional dependency is waited for like a \
                 required one"
            ),
            Some((first, waiting)) => {
                let when = if first == to {
                    format!("this one starts when '{to}' has ended")
                } else {
                    format!("this one ends before '{to}' starts")
                };
                let why = format!(
                    "'{waiting}' waits for the end of '{first}', which so runs before the others of its pod"
                );
                if edge.is_beside && edge.required {
                    let message = format!(
                        "it needs '{to}' while it runs, but {when}: {why}. Take '{waiting}' out of the pod, or do not wait \
                         for the end of '{first}'"
                    );
                    problems.value(edge.path(), message);
                    continue;
                }
                format!("{when}: {why}")
            }
            None if edge.condition == DependencyCondition::ServiceHealthy => {
                format!("the one-shots of a pod start together, so this one starts before '{to}' is healthy")
            }
            None => continue,
        };
        approximations.push(Approximation { path: edge.path(), message });
    }
    ends.into_keys().map(|name| (name, Stage::First)).collect()
}

/// The services in the order in which they start: each after those that it depends on. Of those whose turn it
/// may be, the ones whose health is waited for come last, so that nobody waits for it without need.
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

/// Says who waits for the health of a service although it does not ask for it, since a pod has one order.
fn waits_unasked(turns: &[&str], edges: &[Edge<'_>], stages: &BTreeMap<&str, Stage>) -> Vec<Approximation> {
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
                    "it starts after '{other}' is healthy, for which another service of its pod waits: the containers of a \
                     pod start in one order"
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

/// Refuses hooks of a one-shot that ends before others start: Kubernetes runs none for it.
fn refuse_hooks(service: &ResolvedService<'_>, problems: &mut Problems) {
    let hooks = [("postStart", &service.spec.post_start), ("preStop", &service.spec.pre_stop)];
    for (field, _) in hooks.into_iter().filter(|(_, hooks)| !hooks.is_empty()) {
        let message = "a one-shot that ends before other services of its pod start has no hooks: make them a part of its \
                       command";
        problems.value(format!("spec.services.{}.{field}", service.name), message);
    }
}
