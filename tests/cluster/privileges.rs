//! Privileges that a namespace must grant: the Stack names the label, and continues once the label is set.

use crate::support::{Request, Scenario, pods, scenario, wanted};

/// A service with the node's PID namespace.
const AGENT: &str = "services: {agent: {image: 'agent:1', restart: always, pid: host}}";

const ALLOWED: &str = "allow.stackwright.dev/host-namespaces";

fn label(s: &Scenario<'_>, label: &str) {
    s.kubectl(&["label", "namespace", &s.namespace, label]);
}

#[test]
fn a_privilege_is_stalled_unless_the_namespace_grants_it() {
    scenario(async |s| {
        let remedy = format!("kubectl label namespace {} {ALLOWED}=true", s.namespace);
        let parts = ["spec.services.agent.pid", &remedy];
        let shop = s.apply("shop", AGENT).await;
        let view = shop.until_stalled("NotAllowed", &parts).await;
        assert!(pods(&view, "agent").next().is_none());

        label(s, &format!("{ALLOWED}=true"));
        let view = shop.until_ready().await;
        let (before, names) = (wanted(&view), pods(&view, "agent").map(|(name, _)| name.to_owned()));
        let names: Vec<_> = names.collect();
        assert_eq!(names.len(), 1);

        let mark = s.mark();
        label(s, &format!("{ALLOWED}-"));
        shop.until_stalled("NotAllowed", &parts).await;
        s.let_pass(2).await;
        let view = s.history.view();
        assert_eq!(wanted(&view), before, "what runs stays untouched");
        assert_eq!(pods(&view, "agent").map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), names);
        s.requests_since(mark).assert(0, "writes to children", Request::is_child_write);

        label(s, &format!("{ALLOWED}=true"));
        let view = shop.until_ready().await;
        assert_eq!(wanted(&view), before, "the same pods run on");
    });
}

#[test]
fn while_a_privilege_is_missing_other_labels_cause_no_request() {
    scenario(async |s| {
        let shop = s.apply("shop", AGENT).await;
        shop.until_stalled("NotAllowed", &[]).await;
        s.let_pass(2).await;
        let mark = s.mark();
        label(s, "team=a");
        label(s, "allow.stackwright.dev/devices=no");
        label(s, &format!("{ALLOWED}=True"));
        s.let_pass(5).await;
        s.requests_since(mark).assert(0, "requests but watches", |request| !request.is_watch_or_lease());
        s.kubectl(&["label", "namespace", &s.namespace, "--overwrite", &format!("{ALLOWED}=true")]);
        shop.until_ready().await;
    });
}
