//! The Pod template of a service.

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::PodTemplateSpec,
};
use kube::ResourceExt as _;

use super::no_workload;
use crate::{
    api::Stack,
    cli::target::Target,
    translate::{Facts, Workload, translate},
};

/// Returns the Pod template of a service: that of its workload, or, for a service of an inactive profile, the one that the
/// workload would have.
///
/// # Errors
/// When the service has no workload, or when the workloads cannot be read.
pub(super) async fn of_service(
    target: &Target,
    stack: &Stack,
    service: &str,
) -> anyhow::Result<PodTemplateSpec> {
    let (deployments, stateful_sets, daemon_sets, jobs) = tokio::try_join!(
        target.list::<Deployment>(),
        target.list::<StatefulSet>(),
        target.list::<DaemonSet>(),
        target.list::<Job>(),
    )?;
    let mut jobs = jobs;
    // The Job of the newest template.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.creation_timestamp().map(|time| time.0)));
    let deployments = deployments.into_iter().filter_map(|it| Some(it.spec?.template));
    let stateful_sets = stateful_sets.into_iter().filter_map(|it| Some(it.spec?.template));
    let daemon_sets = daemon_sets.into_iter().filter_map(|it| Some(it.spec?.template));
    let jobs = jobs.into_iter().filter_map(|it| Some(it.spec?.template));
    let mut all = deployments.chain(stateful_sets).chain(daemon_sets).chain(jobs);
    match all.find(|template| runs(template, service)).or_else(|| translated(stack, service)) {
        Some(template) => Ok(template),
        None => Err(no_workload(stack, service).into()),
    }
}

fn runs(template: &PodTemplateSpec, service: &str) -> bool {
    let containers = template
        .spec
        .iter()
        .flat_map(|spec| spec.containers.iter().chain(spec.init_containers.iter().flatten()));
    containers.into_iter().any(|container| container.name == service)
}

/// Returns the template of a service whose profile is not active. The operator would add what the configuration of the image
/// says.
fn translated(stack: &Stack, service: &str) -> Option<PodTemplateSpec> {
    let mut stack = stack.clone();
    stack.spec.profiles = vec!["*".to_owned()];
    let desired = translate(&stack, &Facts::default()).ok()?;
    let unit = desired.units.values().find(|unit| unit.services.iter().any(|name| name == service))?;
    let template = match unit.workload.as_ref()? {
        Workload::Deployment(it) => it.spec.as_ref()?.template.clone(),
        Workload::StatefulSet(it) => it.spec.as_ref()?.template.clone(),
        Workload::DaemonSet(it) => it.spec.as_ref()?.template.clone(),
        Workload::Job(it) => it.spec.as_ref()?.template.clone(),
    };
    Some(template)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_of_an_inactive_profile_has_the_template_that_it_would_have() {
        let stack: Stack = serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop"},
            "spec": {"imageMetadata": "Ignore", "services": {
                "seed": {"image": "seed:1", "profiles": ["tools"], "restart": "no"},
            }},
        }))
        .unwrap();
        let template = translated(&stack, "seed").unwrap();
        assert!(runs(&template, "seed"));
        assert!(translated(&stack, "other").is_none());
    }
}
