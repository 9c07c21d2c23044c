//! What a one-off container waits for.

use crate::api::{DependencyCondition as Condition, ServiceState, Stack};

/// Returns the dependencies of a service that are not met, with what is awaited, such as `db (healthy)`.
pub(super) fn unmet(stack: &Stack, service: &str) -> Vec<String> {
    let Some(spec) = stack.spec.services.get(service) else { return Vec::new() };
    let status = stack.status.iter().flat_map(|status| &status.services);
    let state = |name: &str| status.clone().find(|status| status.name == name).map(|status| status.state);
    let needs = spec.depends_on.iter().filter_map(|(name, dependency)| {
        let condition = dependency.condition.unwrap_or_default();
        let state = state(name);
        // A dependency without a state is not active.
        let is_required = dependency.required.unwrap_or(true) || state.is_some();
        (is_required && !is_met(condition, state)).then(|| format!("{name} ({})", awaited(condition)))
    });
    needs.collect()
}

fn is_met(condition: Condition, state: Option<ServiceState>) -> bool {
    use ServiceState::{Completed, Healthy, Running, Stopped, Unhealthy, Updating};
    match condition {
        Condition::ServiceStarted => {
            matches!(state, Some(Running | Healthy | Unhealthy | Updating | Completed | Stopped))
        }
        Condition::ServiceHealthy => matches!(state, Some(Healthy | Stopped)),
        Condition::ServiceCompletedSuccessfully => matches!(state, Some(Completed | Stopped)),
    }
}

fn awaited(condition: Condition) -> &'static str {
    match condition {
        Condition::ServiceStarted => "started",
        Condition::ServiceHealthy => "healthy",
        Condition::ServiceCompletedSuccessfully => "completed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dependency_is_met_by_the_state_that_it_asks_for() {
        let told = |condition: &str, state: &str, required: bool| {
            let status = if state.is_empty() { json!([]) } else { json!([{"name": "db", "state": state}]) };
            let dependency = json!({"condition": condition, "required": required});
            let stack = json!({
                "metadata": {"name": "shop"},
                "spec": {"services": {"api": {"image": "api:1", "dependsOn": {"db": dependency}}}},
                "status": {"services": status},
            });
            unmet(&serde_json::from_value(stack).unwrap(), "api").join(", ")
        };
        assert_eq!(told("service_started", "Running", true), "");
        assert_eq!(told("service_started", "Starting", true), "db (started)");
        assert_eq!(told("service_healthy", "Running", true), "db (healthy)");
        assert_eq!(told("service_healthy", "Healthy", true), "");
        assert_eq!(told("service_completed_successfully", "Failed", true), "db (completed)");
        assert_eq!(told("service_started", "", true), "db (started)");
        assert_eq!(told("service_started", "", false), "");
    }
}
