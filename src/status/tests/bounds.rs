//! Every status keeps to the limits of the CRD.

use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::api::schema::violations;

/// Returns the violations of the CRD's limits by a status, and its size.
fn violations_and_size(status: &StackStatus) -> (Vec<String>, usize) {
    let stack = json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s"},
        "spec": {"services": {"a": {"image": "i"}}}, "status": status,
    });
    let found = violations(&stack).into_iter().map(|it| format!("{} {}", it.path, it.message)).collect();
    (found, stack["status"].to_string().len())
}

fn wait(what: &str, why: &str) -> Wait {
    Wait { what: what.to_owned(), why: why.to_owned(), of: WaitOf::Object }
}

#[test]
fn services_that_wait_for_thousands_of_objects_have_a_valid_status() {
    let waits: Vec<_> =
        (0..5_000).map(|it| wait(&format!("Secret s{it}"), "does not exist: create it")).collect();
    let mut pod = unit("web");
    pod.services.extend((1..256).map(|it| format!("s{it:03}")));
    let case = Case::new(pod, Gate::Waits(waits));
    let (status, _) = case.status(NOW);
    let (found, size) = violations_and_size(&status);
    assert!(found.is_empty(), "{found:?}");
    assert!(size < 512 << 10, "{size} bytes");
    let message = case.status(NOW).0.services[0].message.clone().unwrap();
    assert!(message.starts_with("Secret s0 does not exist: create it; Secret s1 "), "{message}");
    // The bounds of a service are wider where the others need less.
    let alone = Case::new(
        unit("web"),
        Gate::Waits((0..30).map(|it| wait(&format!("a{it}"), "is starting")).collect()),
    );
    let service = alone.status(NOW).0.services.remove(0);
    assert_eq!(service.waits_for.len(), 20);
    assert!(service.message.unwrap().ends_with("a2 is starting; and 27 more"));
}

/// Texts of any length, as a cluster can report them.
fn text() -> impl Strategy<Value = String> {
    ("\\PC{0,8}", 0..6_000_usize).prop_map(|(text, times)| text.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_status_is_valid_under_the_crd(
        waits in option::of(vec((text(), text()), 0..40)),
        pod_waits in option::of((text(), text())),
        unschedulable in option::of(text()),
        failure in option::of(text()),
        refused in vec(text(), 0..40),
        approximations in vec((text(), text()), 0..20),
        problems in vec((text(), text()), 0..40),
        wanted in any::<i32>(),
        services in 1..256_usize,
    ) {
        let waits = waits.map(|all| all.iter().map(|(what, why)| wait(what, why)).collect());
        let mut unit = unit("web");
        unit.services.extend((1..services).map(|it| format!("s{it:03}")));
        let mut case = Case::new(unit, waits.map_or(Gate::Open, Gate::Waits));
        case = case.with(ChildState::Workload(WorkloadState { wanted, failure, ..WorkloadState::default() }));
        case = case.pod(Pod { waiting: pod_waits.map(|(reason, message)| Notice { reason, message }), unschedulable, ..Pod::default() });
        case.unfinished.refused = refused;
        let approximation = |(path, message)| Approximation { path, message };
        case.desired.approximations = approximations.into_iter().map(approximation).collect();
        let (planned, _) = case.status(NOW);
        let problem = |(path, message): (String, String)| Problem::new(Reason::InvalidValue, path, message);
        let invalid = Invalid { problems: problems.into_iter().map(problem).collect(), more: 7 };
        let stack = Stack { status: Some(planned.clone()), ..Stack::new("s", StackSpec::default()) };
        let (refused, _) = super::super::status(&stack, &stack.status.clone().unwrap_or_default(), Finding::Invalid(&invalid), NOW);
        for status in [planned, refused] {
            let (found, size) = violations_and_size(&status);
            prop_assert!(found.is_empty(), "{found:?}");
            prop_assert!(size < 1 << 20, "{size} bytes");
        }
    }
}
