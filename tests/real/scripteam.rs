//! The ScripTeam example, as `make demo` runs it.

use std::{io::Write, process::Stdio};

use k8s_openapi::api::core::v1::Node;
use kube::{Api, api::ListParams};
use serde_json::Value;
use stackwright::api::Quantity;

use crate::{
    on_real_nodes, shell,
    support::{Scenario, StackHandle},
    until_answer,
};

#[test]
fn scripteam_becomes_ready_in_order_and_answers_through_nginx() {
    on_real_nodes(async |s| {
        let stack = bring_up(s, "examples/scripteam/small").await;
        let view = stack.until_ready().await;

        let api = s.when_created("api");
        assert!(api > s.when_up("postgres"), "api was created before postgres was up");
        assert!(api > s.when_up("redis"), "api was created before redis was up");
        assert!(s.when_created("nginx") > s.when_up("api"), "nginx was created before api was up");

        let address = view.get("Service", "nginx-published").expect("nginx is published");
        let address =
            address["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().expect("its address").to_owned();
        let asked = || -> Value { serde_json::from_str(&get(&address)).unwrap_or_default() };
        let answer = until_answer("api answers through nginx", asked, |answer| answer["service"] == "api");
        assert_eq!(answer["postgres"], "1 visits");
        assert_eq!(answer["redis"], "1 visits");

        // The programs confirm the order.
        let row = "psql -U postgres -d scripteam -tAc \"select version(), count from stub_visits where service = 'api'\"";
        let row = shell(s, "sts/scripteam-postgres", row).expect("psql answers");
        assert!(row.starts_with("PostgreSQL ") && row.ends_with("|1"), "{row}");
        assert_eq!(shell(s, "sts/scripteam-redis", "redis-cli get stub:visits:api").as_deref(), Ok("1"));
    });
}

#[test]
fn an_unschedulable_service_is_reported_with_the_numbers() {
    on_real_nodes(async |s| {
        let nodes = Api::<Node>::all(s.admin()).list(&ListParams::default()).await.expect("the nodes");
        let processors = nodes
            .iter()
            .filter_map(|node| Some(node.status.as_ref()?.allocatable.as_ref()?["cpu"].0.clone()));
        let most = processors.filter_map(|cpus| Quantity(cpus).nanos().ok()).max().unwrap_or_default();
        if most >= 4_000_000_000 {
            println!("a node has four processors, which is what gpt-oss reserves: nothing to see here");
            return;
        }
        let stack = bring_up(s, "examples/scripteam").await;
        stack.until("gpt-oss=Blocked").await;
        let message = stack.service("gpt-oss").message.unwrap_or_default();
        for part in ["cpu", "4"] {
            assert!(message.contains(part), "the message should have '{part}': {message}");
        }
    });
}

/// Applies the example with its Secrets, as in its kustomization.
async fn bring_up<'s>(s: &'s Scenario<'_>, folder: &str) -> StackHandle<'s> {
    let secrets =
        std::process::Command::new("examples/scripteam/make-secrets.sh").output().expect("the Secrets");
    assert!(secrets.status.success(), "{}", String::from_utf8_lossy(&secrets.stderr));
    let mut apply = s.cluster.kubectl(&s.namespace, &["apply", "--filename", "-"]);
    let mut apply = apply.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kubectl runs");
    apply.stdin.take().expect("a pipe").write_all(&secrets.stdout).expect("kubectl reads");
    assert!(apply.wait().is_ok_and(|status| status.success()), "the Secrets are not taken");
    s.kubectl(&["apply", "--kustomize", folder]);
    let applied = s.api("Stack").get("scripteam").await.expect("the Stack");
    StackHandle::new(s, applied.data["spec"].clone(), &applied)
}

/// Returns the body of an answer, or an empty text.
fn get(address: &str) -> String {
    let output =
        std::process::Command::new("curl").args(["-fsS", "-m", "5", &format!("http://{address}/")]).output();
    String::from_utf8(output.expect("curl runs").stdout).unwrap_or_default()
}
