//! Cost of account checks: many Stacks with and without accounts, in turn.

use std::time::Instant;

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, api::PostParams, core::ObjectMeta};
use serde_json::Value;

use crate::support::{Scenario, Setup};

/// The accounts that the Stacks name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Accounts {
    None,
    /// One account for all.
    One,
    /// One account for each.
    Each,
}

/// Ten children without Pods, which would dominate the time.
const TEN: &str = "
services:
  SERVICEa: {image: 'a:1', stopped: true, restart: always, expose: [{port: 80}], configs: [{source: text}]}
  SERVICEb: {image: 'b:1', stopped: true, restart: always, expose: [{port: 80}]}
  SERVICEc: {image: 'c:1', stopped: true, restart: always, volumes: [{source: one, target: /one}, {source: two, target: /two}]}
configs: {text: {content: text}}
volumes: {one: {}, two: {}}
";

#[test]
#[ignore = "takes minutes, and says something only of a machine that does nothing else: make account-cost"]
fn the_cost_of_account_checks_is_measured() {
    let stacks = std::env::var("STACKWRIGHT_STACKS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    // The modes alternate, so that a slowing machine favours neither.
    let rounds = [Accounts::None, Accounts::One, Accounts::One, Accounts::None, Accounts::Each];
    let (mut without, mut with) = (0.0, 0.0);
    for accounts in rounds {
        let mut took = 0.0;
        Setup::without_operator().run(async |s| took = round(s, accounts, stacks).await);
        match accounts {
            Accounts::None => without += took,
            Accounts::One => with += took,
            // The round has no limit: it shows how many requests cached answers save in the others.
            Accounts::Each => {}
        }
    }
    let ratio = with / without;
    eprintln!("with an account, the same Stacks take {ratio:.3} times as long");
    assert!(ratio <= MOST, "the checks take more than {MOST} times as long: {ratio:.3}");
}

/// Limit of the time with an account, as a ratio to the time without.
const MOST: f64 = 1.05;

/// Returns the time in seconds until every Stack is Ready.
async fn round(s: &Scenario<'_>, accounts: Accounts, stacks: usize) -> f64 {
    s.allow(900);
    let names: Vec<String> = match accounts {
        Accounts::None => Vec::new(),
        Accounts::One => vec!["app".to_owned()],
        Accounts::Each => (0..stacks).map(|n| format!("app{n}x")).collect(),
    };
    let make = names.iter().map(async |name| {
        let account = ServiceAccount {
            metadata: ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() },
            ..ServiceAccount::default()
        };
        let api = Api::namespaced(s.admin(), &s.namespace);
        api.create(&PostParams::default(), &account).await.expect("an account");
    });
    stream::iter(make).buffer_unordered(16).collect::<Vec<()>>().await;
    // The RoleBinding names the group of all accounts of the namespace.
    let group = format!("--group=system:serviceaccounts:{}", s.namespace);
    s.kubectl(&["create", "rolebinding", "apps", "--clusterrole=edit", &group]);
    let apply = (0..stacks).map(async |n| {
        let account = match accounts {
            Accounts::None => String::new(),
            Accounts::One => "serviceAccountName: app".to_owned(),
            Accounts::Each => format!("serviceAccountName: app{n}x"),
        };
        s.apply(
            &format!("s{n}x"),
            &TEN.replace("SERVICE", &format!("s{n}x")).replacen('\n', &format!("\n{account}\n"), 1),
        )
        .await;
    });
    stream::iter(apply).buffer_unordered(16).collect::<Vec<()>>().await;
    let (mark, began) = (s.mark(), Instant::now());
    s.operator.start();
    s.until("every Stack is Ready", |view| {
        let is_ready = |stack: &Value| stack["status"]["conditions"][0]["status"] == "True";
        view.all("Stack").filter(|(_, stack)| is_ready(stack)).count() == stacks
    })
    .await;
    let took = began.elapsed().as_secs_f64();
    let requests = s.requests_since(mark);
    let count = |resource: &str| requests.all().iter().filter(|it| it.resource == resource).count();
    eprintln!(
        "{accounts:?}: {stacks} Stacks in {took:.1} s, {} writes to children, {} reviews, {} looks at accounts, {} requests",
        requests.all().iter().filter(|it| it.is_child_write()).count(),
        count("localsubjectaccessreviews"),
        count("serviceaccounts"),
        requests.all().len()
    );
    assert_eq!(accounts == Accounts::None, count("localsubjectaccessreviews") == 0);
    took
}
