//! Waits until the operator serves.

use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::ListParams;

use super::manifests::NAMESPACE;
use crate::cli::connection::Connection;
use crate::cli::failure::{Failure, exit};
use crate::cli::progress::{Phase, Row, View};

/// The time between two looks at the Deployment.
const LOOK: Duration = Duration::from_millis(500);

/// Waits until the Pods of this version are available. An image that cannot be pulled ends the wait, because a Deployment
/// waits for it without end.
pub async fn wait(
    connection: &Connection,
    image: &str,
    timeout: Duration,
    quiet: bool,
) -> anyhow::Result<()> {
    let mut view = View::new(quiet);
    let start = Instant::now();
    loop {
        let deployment = connection.api::<Deployment>().get(NAMESPACE).await;
        let deployment =
            deployment.map_err(|error| connection.failed("get the Deployment of the operator", error))?;
        let is_ready = is_rolled_out(&deployment);
        let cause = if is_ready { None } else { cause(connection, image).await? };
        let (state, phase) = if is_ready { ("Serving", Phase::Done) } else { ("Starting", Phase::Working) };
        let text = cause.as_ref().map(|cause| cause.text.clone());
        view.show(&[Row { name: "operator".to_owned(), state: state.to_owned(), cause: text, phase }]);
        view.tick();
        if is_ready {
            view.finish();
            return Ok(());
        }
        let is_over = start.elapsed() >= timeout;
        let is_final = cause.as_ref().is_some_and(|cause| cause.needs_image);
        if is_over || is_final {
            view.finish();
            let cause = cause.map_or_else(|| "its Pods are not ready".to_owned(), |cause| cause.text);
            let failure = Failure::new(format!("the operator does not serve: {cause}"));
            return Err(if is_final {
                let remedy = "push the image of this version to a registry of the cluster, and pass its name with --image";
                failure.remedy(remedy)
            } else {
                let logs = format!("run kubectl -n {} describe deployment {NAMESPACE}", connection.namespace);
                failure.remedy(logs).code(exit::TIMEOUT)
            }
            .into());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Reports whether all Pods are of the newest template, and are available.
fn is_rolled_out(deployment: &Deployment) -> bool {
    let wanted = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
    let Some(status) = &deployment.status else { return false };
    status.observed_generation >= deployment.metadata.generation
        && status.updated_replicas == Some(wanted)
        && status.available_replicas == Some(wanted)
        && status.replicas == Some(wanted)
}

/// Why the operator does not serve yet.
#[derive(Debug, PartialEq)]
struct Cause {
    text: String,
    needs_image: bool,
}

async fn cause(connection: &Connection, image: &str) -> anyhow::Result<Option<Cause>> {
    let labels = ListParams::default().labels("app.kubernetes.io/name=stackwright");
    let pods = connection.api::<Pod>().list(&labels).await;
    let pods = pods.map_err(|error| connection.failed("list Pods", error))?;
    Ok(pods
        .iter()
        .filter(|pod| pod.metadata.deletion_timestamp.is_none())
        .find_map(|pod| cause_of(pod, image)))
}

/// Returns what keeps a Pod from running.
fn cause_of(pod: &Pod, image: &str) -> Option<Cause> {
    let status = pod.status.as_ref()?;
    let is_new = pod.spec.as_ref()?.containers.iter().any(|it| it.image.as_deref() == Some(image));
    let waiting =
        status.container_statuses.iter().flatten().find_map(|it| it.state.as_ref()?.waiting.as_ref());
    if let Some(waiting) = waiting.filter(|_| is_new) {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let needs_image =
            matches!(reason, "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull");
        let text = match (needs_image, &waiting.message) {
            (true, _) => format!("image {image} cannot be pulled ({reason})"),
            (false, Some(message)) => format!("{reason}: {message}"),
            (false, None) => reason.to_owned(),
        };
        return Some(Cause { text, needs_image });
    }
    let unscheduled =
        status.conditions.iter().flatten().find(|it| it.type_ == "PodScheduled" && it.status == "False");
    let message = unscheduled.and_then(|condition| condition.message.as_ref())?;
    Some(Cause { text: format!("Pod {} cannot be scheduled: {message}", pod.name_any()), needs_image: false })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deployment_serves_only_with_the_newest_template() {
        let of = |observed: i64, replicas: i32| {
            let deployment = json!({
                "metadata": {"generation": 2},
                "spec": {"replicas": 1, "selector": {}, "template": {}},
                "status": {"observedGeneration": observed, "replicas": replicas, "updatedReplicas": 1, "availableReplicas": 1},
            });
            is_rolled_out(&serde_json::from_value(deployment).unwrap())
        };
        assert!(of(2, 1) && !of(1, 1) && !of(2, 2));
    }

    #[test]
    fn a_missing_image_is_the_end_of_a_wait() {
        let pod = |reason: &str| {
            let pod = json!({
                "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "c", "image": "i:1"}]},
                "status": {"containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                    "state": {"waiting": {"reason": reason}}}]},
            });
            serde_json::from_value::<Pod>(pod).unwrap()
        };
        let cause = cause_of(&pod("ImagePullBackOff"), "i:1").unwrap();
        assert_eq!(
            (cause.text.as_str(), cause.needs_image),
            ("image i:1 cannot be pulled (ImagePullBackOff)", true)
        );
        assert_eq!(cause_of(&pod("ContainerCreating"), "i:1").unwrap().text, "ContainerCreating");
        assert_eq!(cause_of(&pod("ImagePullBackOff"), "i:2"), None);
    }
}
