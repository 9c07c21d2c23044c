//! Builder of Jobs for one-shots.

use k8s_openapi::{
    api::{
        batch::v1::{
            Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
        },
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use crate::translate::{
    Kind,
    resolve::{ResolvedService, Restart},
};

/// Builds the Job of a service. The Job has no TTL: the finished Job stores the fact that it has run.
pub(super) fn job(service: &ResolvedService<'_>, metadata: ObjectMeta, template: PodTemplateSpec) -> Job {
    Job {
        metadata,
        spec: Some(JobSpec {
            completions: completions(service),
            parallelism: completions(service),
            backoff_limit: Some(match service.own.restart {
                Restart::No | Restart::Unset => 0,
                Restart::Always => i32::MAX,
                Restart::OnFailure(tries) => tries,
            }),
            // The next Pod is created after the end of the previous one, not while it terminates.
            pod_replacement_policy: Some("Failed".to_owned()),
            pod_failure_policy: Some(PodFailurePolicy { rules: vec![disruptions_do_not_count()] }),
            template,
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// Returns the number of containers of a one-shot that must succeed, if it is not one.
pub(super) fn completions(service: &ResolvedService<'_>) -> Option<i32> {
    (service.pod.kind == Kind::Job && service.own.replicas > 1).then_some(service.own.replicas)
}

/// Returns the failure policy: an evicted Pod, or one whose node failed, does not count as a failure of the program.
pub(super) fn disruptions_do_not_count() -> PodFailurePolicyRule {
    PodFailurePolicyRule {
        action: "Ignore".to_owned(),
        on_exit_codes: None,
        on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
            type_: "DisruptionTarget".to_owned(),
            status: Some("True".to_owned()),
        }]),
    }
}
