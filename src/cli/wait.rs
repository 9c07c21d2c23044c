//! `stackwright wait`: waits until services have ended.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use kube::ResourceExt;

use super::{
    containers::{is_service, status_of},
    failure::Exit,
    pods::PodWatch,
    selection::{StackArgs, services},
    target::Target,
    terminal::print,
};
use crate::api::{ServiceState, Stack};

/// How often the status of the Stack is read. A service that has ended can have no Pod any more.
const AT_MOST: std::time::Duration = std::time::Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Wait for these services
    #[arg(value_name = "SERVICE", required = true)]
    services: Vec<String>,
    #[command(flatten)]
    stack: StackArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let target = Target::of(&args.stack).await?;
    let mut stack = target.stack().await?;
    let named = services(&stack, &args.services)?;
    let mut watch = PodWatch::new(&target);
    let mut pods = watch.changed().await?;
    let before = restarts(&pods);
    loop {
        let codes: Vec<_> = named.iter().map(|service| exit_code(service, &stack, &pods, &before)).collect();
        if let Some(codes) = codes.into_iter().collect::<Option<Vec<i32>>>() {
            print(&codes.iter().map(|code| format!("{code}\n")).collect::<String>())?;
            return match codes.into_iter().find(|code| *code != 0) {
                None => Ok(()),
                Some(code) => Err(Exit(u8::try_from(code).unwrap_or(1)).into()),
            };
        }
        tokio::select! {
            changed = watch.changed() => pods = changed?,
            () = tokio::time::sleep(AT_MOST) => {}
        }
        stack = target.stack().await?;
    }
}

/// The restarts of each container, by Pod and name.
type Restarts = BTreeMap<(String, String), i32>;

fn restarts(pods: &[Pod]) -> Restarts {
    let mut all = BTreeMap::new();
    for pod in pods {
        let status = pod.status.iter();
        let statuses = status.flat_map(|status| status.container_statuses.iter().flatten());
        for status in statuses {
            all.insert((pod.name_any(), status.name.clone()), status.restart_count);
        }
    }
    all
}

/// Returns the exit code of a service that has ended, or whose container has restarted since `before`.
fn exit_code(service: &str, stack: &Stack, pods: &[Pod], before: &Restarts) -> Option<i32> {
    let own = pods.iter().filter(|pod| is_service(pod, service));
    let ended = own.filter_map(|pod| {
        let status = status_of(pod, service)?;
        let state =
            |state: &Option<k8s_openapi::api::core::v1::ContainerState>| -> Option<ContainerStateTerminated> {
                state.as_ref()?.terminated.clone()
            };
        let has_restarted = before
            .get(&(pod.name_any(), service.to_owned()))
            .is_some_and(|before| status.restart_count > *before);
        state(&status.state).or_else(|| state(&status.last_state).filter(|_| has_restarted))
    });
    let last = ended.max_by_key(|ended| ended.finished_at.as_ref().map(|time| time.0));
    if let Some(last) = last {
        return Some(last.exit_code);
    }
    let status = stack.status.as_ref()?.services.iter().find(|status| status.name == service)?;
    matches!(status.state, ServiceState::Completed | ServiceState::Stopped).then_some(0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::containers::tests::pod, *};

    fn stack(state: &str) -> Stack {
        let status = json!({"services": [{"name": "job", "state": state}]});
        serde_json::from_value(
            json!({"metadata": {"name": "shop"}, "spec": {"services": {}}, "status": status}),
        )
        .unwrap()
    }

    fn with(state: Value, last: Value, restarts: i32) -> Vec<Pod> {
        let status = json!({
            "name": "job", "image": "", "imageID": "", "ready": false, "restartCount": restarts,
            "state": state, "lastState": last,
        });
        vec![pod("shop-job-1", "job", json!({"status": {"containerStatuses": [status]}}))]
    }

    #[test]
    fn a_service_has_ended_when_its_container_has_or_when_its_status_says_so() {
        let ended = json!({"terminated": {"exitCode": 3, "finishedAt": "2026-11-30T10:00:00Z"}});
        let running = json!({"running": {}});
        let code = |pods: &[Pod], state: &str, before: &[Pod]| {
            exit_code("job", &stack(state), pods, &restarts(before))
        };
        let before = with(running.clone(), json!({}), 0);
        assert_eq!(code(&before, "Running", &before), None);
        assert_eq!(code(&with(ended.clone(), json!({}), 0), "Running", &before), Some(3));
        assert_eq!(code(&with(running.clone(), ended.clone(), 1), "Running", &before), Some(3));
        // An end before the wait is none.
        let restarted = with(running, ended, 1);
        assert_eq!(code(&restarted, "Running", &restarted), None);
        assert_eq!(code(&[], "Completed", &[]), Some(0));
        assert_eq!(code(&[], "Waiting", &[]), None);
    }
}
