//! Settings that the containers of a service share.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ResourceRequirements, SecurityContext};

use crate::{
    api::PullPolicy,
    translate::resolve::{Resources, User},
};

/// Returns the limits and requests of a container, if there are any.
pub(super) fn resources(resources: &Resources) -> Option<ResourceRequirements> {
    let some = |amounts: &BTreeMap<_, _>| (!amounts.is_empty()).then(|| amounts.clone());
    let (limits, requests) = (some(&resources.limits), some(&resources.requests));
    (limits.is_some() || requests.is_some()).then_some(ResourceRequirements {
        limits,
        requests,
        claims: None,
    })
}

/// Returns the security context with the user.
pub(super) fn security(context: SecurityContext, user: Option<User>) -> Option<SecurityContext> {
    let context = SecurityContext {
        run_as_user: user.map(|user| user.id),
        run_as_group: user.and_then(|user| user.group),
        ..context
    };
    (context != SecurityContext::default()).then_some(context)
}

/// Returns the pull policy in Kubernetes. The default is `missing`, as in Compose. The default of Kubernetes would pull
/// `:latest` at every start.
pub(super) fn pull_policy(policy: Option<PullPolicy>) -> &'static str {
    match policy.unwrap_or_default() {
        PullPolicy::Missing => "IfNotPresent",
        PullPolicy::Always => "Always",
        PullPolicy::Never => "Never",
    }
}
