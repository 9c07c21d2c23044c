//! The status of a whole Stack during its start.

use super::*;

/// ScripTeam half-way through its start: PostgreSQL has not passed its health check yet.
fn scripteam(blocked: bool) -> StackStatus {
    let wait =
        |what: &str, why: &str| Wait { what: what.to_owned(), why: why.to_owned(), of: WaitOf::Service };
    let postgres = || wait("postgres", "is not healthy yet");
    let gates = [
        ("api", Gate::Waits(vec![postgres(), wait("n8n", "has not been started yet")])),
        ("gpt-oss", Gate::Open),
        ("n8n", Gate::Waits(vec![postgres()])),
        ("nginx", Gate::Waits(vec![wait("api", "has not been started yet")])),
        ("postgres", Gate::Open),
        ("redis", Gate::Open),
    ];
    let nowhere = "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available.";
    let up = || Pod { progress: Progress::Ready, ..running() };
    let gpt = if blocked { Pod { unschedulable: Some(nowhere.to_owned()), ..Pod::default() } } else { up() };
    let pods = [("gpt-oss", gpt), ("postgres", running()), ("redis", up())];
    let mut case = Case::new(unit("api"), Gate::Open);
    for (name, gate) in gates {
        let requests = (name == "gpt-oss").then(|| "cpu 4, memory 8Gi".to_owned());
        case.desired.units.insert(name.to_owned(), Unit { requests, ..unit(name) });
        case.plan.gates.insert(name.to_owned(), gate);
    }
    for (name, pod) in pods {
        let rolled_out = Case::new(unit(name), Gate::Open).rolled_out().pod(pod).observed;
        case.observed.children.extend(rolled_out.children);
        case.observed.pods.extend(rolled_out.pods);
    }
    case.status(NOW).0
}

fn lines(status: &StackStatus) -> Vec<String> {
    let ready = &status.conditions[0];
    let services = status
        .services
        .iter()
        .map(|it| format!("{} {} {}", it.name, it.state.as_str(), it.message.as_deref().unwrap_or_default()));
    [format!("{}: {}", ready.reason, ready.message)].into_iter().chain(services).collect()
}

#[test]
fn a_starting_stack_has_one_summary_and_a_cause_for_each_service() {
    assert_eq!(
        lines(&scripteam(false)),
        [
            "Progressing: 2 of 6 services are up; waiting for postgres (health check)",
            "api Waiting postgres is not healthy yet; n8n has not been started yet",
            "gpt-oss Healthy ",
            "n8n Waiting postgres is not healthy yet",
            "nginx Waiting api has not been started yet",
            "postgres Starting health check has not succeeded yet",
            "redis Healthy ",
        ]
    );
    let blocked = lines(&scripteam(true));
    assert_eq!(
        blocked[0],
        "Blocked: 1 of 6 services are up; gpt-oss is blocked: no node can run the Pod (requests cpu 4, memory 8Gi): \
         0/2 nodes are available: 2 Insufficient cpu"
    );
    assert_eq!(
        blocked[2],
        "gpt-oss Blocked no node can run the Pod (requests cpu 4, memory 8Gi): 0/2 nodes are available: 2 Insufficient cpu"
    );
}
