use super::*;
use crate::cli::install::Installed;

fn class(name: &str, program: &str, is_default: bool) -> Class {
    Class { name: name.to_owned(), program: program.to_owned(), is_default }
}

/// A cluster on which everything works.
fn good() -> Facts {
    Facts {
        version: "v1.36.2".to_owned(),
        definition: Some(Age::Same),
        operator: Some(Installed {
            namespace: "stackwright".to_owned(),
            name: "stackwright".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            image: None,
            release: None,
            pods: (1, 1),
        }),
        storage: Some(vec![class("standard", "example.com/nfs", true)]),
        ingress: Some(vec![class("nginx", "k8s.io/ingress-nginx", true)]),
        metrics: Some(true),
        missing_rights: Some(Vec::new()),
        namespace: "team".to_owned(),
        pod_security: Some(Some("baseline".to_owned())),
        has_namespace: true,
    }
}

/// Returns the check that is not ok, with the start of its remedy.
fn wrong(change: impl Fn(&mut Facts)) -> (&'static str, Verdict, String) {
    let mut facts = good();
    change(&mut facts);
    let mut wrong: Vec<_> = checks(&facts).into_iter().filter(|it| it.verdict != Verdict::Ok).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let Check { name, verdict, remedy, .. } = wrong.remove(0);
    (name, verdict, remedy.unwrap_or_default())
}

#[test]
fn a_good_cluster_needs_no_remedy() {
    let checks = checks(&good());
    assert!(checks.iter().all(|it| it.verdict == Verdict::Ok && it.remedy.is_none()), "{checks:?}");
}

#[test]
fn each_problem_of_a_cluster_is_found_with_its_remedy() {
    use Verdict::{Fail, Warn};
    type Change = fn(&mut Facts);
    let table: [(Change, &str, Verdict, &str); 14] = [
        (|it| it.version = "v1.33.1".to_owned(), "Kubernetes", Fail, "upgrade the cluster"),
        (|it| it.version = "v1.40.0".to_owned(), "Kubernetes", Warn, "upgrade Stackwright"),
        (|it| it.definition = Some(Age::Older), "Stack API", Fail, "run stackwright install"),
        (|it| it.definition = Some(Age::Newer), "Stack API", Warn, "use the version"),
        (|it| it.operator = None, "Operator", Warn, "run stackwright install"),
        (
            |it| {
                if let Some(it) = &mut it.operator {
                    it.pods = (0, 1)
                }
            },
            "Operator",
            Fail,
            "run kubectl",
        ),
        (
            |it| {
                if let Some(it) = &mut it.operator {
                    it.version = None
                }
            },
            "Operator",
            Warn,
            "run stackwright install",
        ),
        (
            |it| it.missing_rights = Some(vec!["patch stacks".to_owned()]),
            "Rights",
            Fail,
            "ask an administrator",
        ),
        (
            |it| it.missing_rights = Some(vec!["create pods/exec".to_owned()]),
            "Rights",
            Warn,
            "ask an administrator",
        ),
        (|it| it.has_namespace = false, "Pod Security", Fail, "run kubectl create namespace team"),
        (
            |it| it.pod_security = Some(Some("restricted".to_owned())),
            "Pod Security",
            Fail,
            "run kubectl label",
        ),
        (
            |it| it.storage = Some(vec![class("slow", "p", false)]),
            "Storage",
            Warn,
            "run kubectl annotate storageclass slow",
        ),
        (|it| it.ingress = Some(Vec::new()), "Ingress", Warn, "install an ingress controller"),
        (|it| it.metrics = Some(false), "Metrics", Warn, "install metrics-server"),
    ];
    for (index, (change, name, verdict, remedy)) in table.into_iter().enumerate() {
        let found = wrong(change);
        assert_eq!((found.0, found.1), (name, verdict), "case {index}");
        assert!(found.2.starts_with(remedy), "case {index}: {}", found.2);
    }
}

#[test]
fn a_cluster_without_stackwright_fails() {
    let facts = Facts { definition: None, operator: None, ..good() };
    let failed: Vec<_> =
        checks(&facts).into_iter().filter(|it| it.verdict == Verdict::Fail).map(|it| it.name).collect();
    assert_eq!(failed, ["Stack API", "Operator"]);
}
