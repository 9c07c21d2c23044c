//! The operator does only what the ServiceAccount of a Stack is allowed to do.

mod cost;

use crate::support::{Request, Setup, children, image_of, pods, scenario, wanted};

const WEB: &str = "
serviceAccountName: app
services:
  web: {image: 'web:1', restart: always, environmentFrom: {KEY: {secretKeyRef: {name: web, key: key}}}}
";

#[test]
fn a_stack_is_stalled_while_its_account_lacks_a_right_and_existing_children_stay() {
    scenario(async |s| {
        s.kubectl(&["create", "serviceaccount", "app"]);
        s.create("{apiVersion: v1, kind: Secret, metadata: {name: web}, stringData: {key: secret}}").await;
        let mark = s.mark();
        let shop = s.apply("shop", WEB).await;
        let message = format!(
            "ServiceAccount app cannot get resource secrets \"web\" in the namespace {}: bind a Role",
            s.namespace
        );
        let view = shop.until_stalled("Forbidden", &[&message]).await;
        assert_eq!(children(&view).count(), 0);
        s.requests_since(mark).assert(0, "writes to children", Request::is_child_write);

        // The Stack recovers within the minute for which an answer is cached.
        let account = format!("--serviceaccount={}:app", s.namespace);
        s.kubectl(&["create", "rolebinding", "app", "--clusterrole=edit", &account]);
        s.allow(150);
        let view = shop.until_ready().await;
        let (before, names) = (wanted(&view), pods(&view, "web").map(|(name, _)| name.to_owned()));
        let names: Vec<_> = names.collect();

        s.kubectl(&["delete", "rolebinding", "app"]);
        let mark = s.mark();
        shop.edit("services: {web: {image: 'web:2'}}").await;
        let name = shop.object("web");
        shop.until_stalled("Forbidden", &[&format!("cannot patch resource deployments.apps \"{name}\"")])
            .await;
        let view = s.history.view();
        assert_eq!(wanted(&view), before, "what runs stays untouched");
        assert_eq!(pods(&view, "web").map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), names);
        s.requests_since(mark).assert(0, "writes to children", Request::is_child_write);
        assert_eq!(image_of(view.get("Deployment", &name).expect("web")), "web:1");
    });
}

#[test]
fn a_missing_account_is_reported_and_nothing_is_created() {
    scenario(async |s| {
        let shop = s.apply("shop", WEB).await;
        let remedy = format!("create it with 'kubectl -n {} create serviceaccount app'", s.namespace);
        let view = shop
            .until_condition("Reconciling", "MissingObject", &["ServiceAccount app does not exist", &remedy])
            .await;
        assert_eq!(children(&view).count(), 0);
    });
}

#[test]
fn a_stack_without_a_required_account_creates_nothing() {
    Setup::default().that_requires_accounts().run(async |s| {
        let remedy = "name one of the namespace that has the";
        let shop = s.apply("shop", "services: {web: {image: 'web:1', restart: always}}").await;
        let view = shop.until_stalled("Forbidden", &["spec.serviceAccountName", remedy]).await;
        assert_eq!(children(&view).count(), 0);
        let account = format!("--serviceaccount={}:app", s.namespace);
        s.kubectl(&["create", "serviceaccount", "app"]);
        s.kubectl(&["create", "rolebinding", "app", "--clusterrole=edit", &account]);
        shop.edit("serviceAccountName: app").await;
        shop.until_ready().await;
    });
}

#[test]
fn an_account_name_cannot_refer_to_another_namespace_or_a_user() {
    scenario(async |s| {
        for name in
            ["", " ", "App", "system:admin", "kube-system:default", "../default", "a\\n", "аpp", "a/b"]
        {
            let refused =
                s.try_apply("shop", &format!("{{serviceAccountName: \"{name}\", services: {{}}}}")).await;
            let refused = refused.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.contains("spec.serviceAccountName"), "{name:?}: {refused}");
        }
    });
}
