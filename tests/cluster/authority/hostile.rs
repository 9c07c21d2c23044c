//! Forty hostile Stacks of an author who can only write Stacks.

use serde_json::{Value, json};

use super::{
    install_policies,
    rights::{self, Author, Rights},
};
use crate::support::{Request, Scenario, Setup, children, from_yaml};

/// Labels for every privilege, so that only the author's rights restrict the Stacks.
const LABELS: [&str; 9] = [
    "capabilities",
    "devices",
    "host-namespaces",
    "host-path",
    "host-ports",
    "ingress-annotations",
    "other-namespaces",
    "privileged",
    "unconfined",
];

/// The content of each Stack's service, and of `spec`.
const SERVICES: [&str; 30] = [
    "",
    "privileged: true",
    "pid: host",
    "ipc: host",
    "networkMode: host",
    "capAdd: [SYS_ADMIN]",
    "devices: [{source: /dev/kmsg, target: /dev/kmsg}]",
    "securityOpt: [seccomp=unconfined]",
    "securityOpt: [apparmor=unconfined]",
    "securityOpt: ['label=disable']",
    "securityOpt: [systempaths=unconfined]",
    "volumes: [{hostPath: /, target: /host}]",
    "volumes: [{hostPath: /var/run/docker.sock, target: /docker.sock}]",
    "volumes: [{target: /data}]",
    "volumes: [{image: 'other:1', target: /image}]",
    "ports: [{target: 22, published: 22}]",
    "ports: [{target: 22, published: 22, mode: host}]",
    "ports: [{target: 80, published: 80}], ingress: [{host: bank.example.com}]",
    "expose: [{port: 80}], ingress: [{host: a.example.com, tlsSecretName: secret-0}]",
    "expose: [{port: 80}], ingress: [{host: a.example.com, annotations: {nginx.ingress.kubernetes.io/configuration-snippet: 'return 200;'}}]",
    "externalLinks: {api: kubernetes.default.svc.cluster.local}",
    "environmentFrom: {KEY: {secretKeyRef: {name: secret-0, key: key}}}",
    "environmentFrom: {KEY: {configMapKeyRef: {name: map-0, key: key}}}",
    "files: [{target: /a, files: [{path: a, secretKeyRef: {name: secret-1, key: key}}]}]",
    "deploy: {mode: global}",
    "deploy: {replicas: 1000}",
    "restart: 'no'",
    "command: [sh, -c, 'curl http://169.254.169.254']",
    "user: '0'",
    "sysctls: {net.core.somaxconn: '1'}",
];

const SPECS: [&str; 10] = [
    "imagePullSecrets: [secret-0]",
    "secrets: {a: {secret: {name: secret-0, key: key}}}",
    "configs: {a: {content: text}}",
    "configs: {a: {configMap: {name: map-0, key: key}}}",
    "volumes: {a: {}}",
    "volumes: {a: {claimName: claim-0}}",
    "volumes: {a: {hostPath: /}}",
    "networks: {a: {sharedName: other}}",
    "publish: NodePort",
    "profiles: ['*']",
];

fn specs() -> Vec<Value> {
    let with = |service: &str, spec: &str| {
        let service = if service.is_empty() { String::new() } else { format!(", {service}") };
        let spec = if spec.is_empty() { String::new() } else { format!(", {spec}") };
        from_yaml(&format!("{{services: {{web: {{image: 'web:1'{service}}}}}{spec}}}"))
    };
    let services = SERVICES.iter().map(|service| with(service, ""));
    services.chain(SPECS.iter().map(|spec| with("", spec))).collect()
}

async fn write_all(s: &Scenario<'_>, author: &Author, edit: impl Fn(&mut Value, usize)) -> usize {
    let client = author.client(s).await;
    let stacks =
        kube::Api::<kube::api::DynamicObject>::namespaced_with(client, &s.namespace, &rights::stacks());
    let mut taken = 0;
    for (number, mut spec) in specs().into_iter().enumerate() {
        edit(&mut spec, number);
        let stack = json!({"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
            "metadata": {"name": format!("hostile-{number}")}, "spec": spec});
        let stack = serde_json::from_value(stack).expect("a Stack");
        match stacks.create(&kube::api::PostParams::default(), &stack).await {
            Ok(_) => taken += 1,
            Err(kube::Error::Api(refusal)) => {
                assert!([403, 422].contains(&refusal.code), "hostile-{number}: {}", refusal.message)
            }
            Err(error) => panic!("hostile-{number}: {error}"),
        }
    }
    taken
}

async fn allow_all(s: &Scenario<'_>) {
    for label in LABELS {
        s.kubectl(&["label", "namespace", &s.namespace, &format!("allow.stackwright.dev/{label}=true")]);
    }
    super::stacks::prepare(s).await;
}

#[test]
fn the_policies_refuse_forty_hostile_stacks_of_an_author_who_can_only_write_stacks() {
    Setup::without_operator().run(async |s| {
        allow_all(s).await;
        install_policies(s).await;
        s.operator.start();
        let author = Author::with("mallory", Rights::none());
        author.grant(s).await;
        author.until_granted(s).await;
        assert_eq!(specs().len(), 40);
        assert_eq!(write_all(s, &author, |_, _| {}).await, 0, "Stacks that were taken");
        assert_eq!(children(&s.history.view()).count(), 0);
        super::remove_policies(s);
    });
}

#[test]
fn forty_hostile_stacks_create_nothing_if_an_account_is_required() {
    Setup::default().that_requires_accounts().run(async |s| {
        allow_all(s).await;
        let author = Author::with("mallory", Rights::none());
        author.grant(s).await;
        author.until_granted(s).await;
        let mark = s.mark();
        // A third of the Stacks names no account, a third its own, and a third a missing one.
        let accounts = [None, Some("mallory"), Some("nobody")];
        let taken = write_all(s, &author, |spec, number| {
            if let Some(account) = accounts[number % 3] {
                spec["serviceAccountName"] = json!(account);
            }
        })
        .await;
        assert!(taken > 30, "the definition alone refuses too many: {taken}");
        s.until("each Stack is forbidden or invalid", |view| {
            view.all("Stack")
                .filter(|(_, stack)| stack["status"]["conditions"][0]["status"] == "False")
                .count()
                == taken
        })
        .await;
        assert_eq!(children(&s.history.view()).count(), 0);
        s.requests_since(mark).assert(0, "writes to children", Request::is_child_write);
    });
}
