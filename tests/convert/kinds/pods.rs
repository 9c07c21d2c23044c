//! Services of one Pod: `convert` refuses an impossible order.

use super::{converted, said};

#[test]
fn a_one_shot_that_requires_another_one_while_it_runs_is_refused_if_that_one_must_end() {
    let mut wrong = Vec::new();
    for (services, expected) in [
        // The owner of its network starts after it has ended.
        (
            "load: {image: a:1, restart: 'no', network_mode: 'service:proxy'}\n  \
             report: {image: a:1, restart: 'no', network_mode: 'service:proxy', \
             depends_on: {load: {condition: service_completed_successfully}}}",
            &["unsupported-value load/depends_on/proxy"][..],
        ),
        (
            "load: {image: a:1, restart: 'no', network_mode: 'service:proxy', \
             depends_on: {proxy: {condition: service_healthy}}}\n  \
             report: {image: a:1, restart: 'no', ipc: 'service:load', \
             depends_on: {load: {condition: service_completed_successfully}}}",
            &["unsupported-value load/depends_on/proxy"],
        ),
        // The waiting service has its own Pod.
        (
            "load: {image: a:1, restart: 'no', network_mode: 'service:proxy'}\n  \
             report: {image: a:1, restart: 'no', \
             depends_on: {load: {condition: service_completed_successfully}}}",
            &[],
        ),
        (
            "load: {image: a:1, restart: 'no', network_mode: 'service:proxy', \
             depends_on: {proxy: {condition: service_completed_successfully, required: false}}}",
            &["operator-approximation load/depends_on/proxy"],
        ),
    ] {
        let compose = format!(
            "services:\n  proxy: {{image: 'a:1', restart: 'no', healthcheck: {{test: [CMD, check]}}}}\n  {services}\n"
        );
        let said = said(&converted(&compose, &[], &[]), &["operator-approximation", "unsupported-value"]);
        if said != expected {
            wrong.push(format!("{compose}is said {said:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
