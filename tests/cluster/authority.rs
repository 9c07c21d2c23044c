//! The operator does for a Stack only what its author or its ServiceAccount could do. The tests draw rights and Stacks, and
//! check each write of the operator against the rights of the author (`kubectl auth can-i`).
//!
//! Each mode tries 20 pairs of rights and a Stack. `STACKWRIGHT_PAIRS=500` tries more, and `STACKWRIGHT_SEED` others.

mod hostile;
mod rights;
mod stacks;

use std::{collections::BTreeMap, env, time::Duration};

use futures::future::join_all;
use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use stackwright::api::StackStatus;

use crate::support::{Scenario, Setup, condition, status_in};
use rights::{Author, Needed, Rights};
use stacks::spec;

/// Pairs that run at the same time.
const AT_ONCE: u64 = 20;

/// The mechanism that restricts authors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// The admission policies of the chart. The author writes the Stack.
    Admission,
    /// `spec.serviceAccountName`. The author is the account.
    Account,
    /// None.
    Unchecked,
}

/// The result of a number of pairs.
#[derive(Debug, Default)]
struct Tally {
    pairs: u64,
    /// Stacks that were applied, at least in part.
    allowed: u64,
    refused: u64,
    /// Writes of the operator, and objects that its children read.
    judged: usize,
    /// Acts of the operator for which the author has no right.
    excess: Vec<String>,
}

fn pairs() -> u64 {
    env::var("STACKWRIGHT_PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

fn seed() -> u64 {
    env::var("STACKWRIGHT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[test]
fn with_the_policies_the_operator_does_only_what_the_author_could_do() {
    Setup::without_operator().run(async |s| assert_within_rights(s, Mode::Admission).await);
}

#[test]
fn the_operator_does_only_what_the_stacks_account_could_do() {
    Setup::without_operator().run(async |s| assert_within_rights(s, Mode::Account).await);
}

#[test]
fn without_policies_and_account_the_test_notices_that_the_operator_does_more() {
    Setup::without_operator().run(async |s| {
        let tally = play(s, Mode::Unchecked, AT_ONCE).await;
        assert!(tally.excess.len() > 20, "the judge sees nothing: {tally:?}");
    });
}

async fn assert_within_rights(s: &Scenario<'_>, mode: Mode) {
    let tally = play(s, mode, pairs()).await;
    remove_policies(s);
    let Tally { pairs, allowed, refused, judged, excess } = &tally;
    eprintln!(
        "{mode:?}: {pairs} pairs, {allowed} carried out, {refused} refused, {judged} acts judged, {} beyond",
        excess.len()
    );
    assert!(excess.is_empty(), "beyond the rights of the author:\n{}", excess.join("\n"));
    assert!(allowed * 5 > *pairs && refused * 5 > *pairs, "a test with one side only: {tally:?}");
}

async fn play(s: &Scenario<'_>, mode: Mode, pairs: u64) -> Tally {
    stacks::prepare(s).await;
    if mode == Mode::Admission {
        install_policies(s).await;
    }
    s.operator.start();
    let mut tally = Tally::default();
    for first in (0..pairs).step_by(AT_ONCE as usize) {
        let numbers = first..pairs.min(first + AT_ONCE);
        round(s, mode, numbers, &mut tally).await;
    }
    tally
}

/// Runs some pairs: creates, changes, checks and deletes their Stacks.
async fn round(s: &Scenario<'_>, mode: Mode, numbers: std::ops::Range<u64>, tally: &mut Tally) {
    let mark = s.mark();
    let authors: Vec<Author> = numbers.map(|n| Author::random(seed(), n)).collect();
    join_all(authors.iter().map(|author| author.grant(s))).await;
    join_all(authors.iter().map(|author| author.until_granted(s))).await;
    let mut stored: BTreeMap<&str, bool> = BTreeMap::new();
    for step in 0..2 {
        let writes = authors.iter().map(|author| write(s, mode, author, step));
        for (author, taken) in authors.iter().zip(join_all(writes).await) {
            *stored.entry(author.name.as_str()).or_default() |= taken;
        }
        join_all(
            authors
                .iter()
                .filter(|author| stored[author.name.as_str()])
                .map(|author| settled(s, &author.name)),
        )
        .await;
    }
    let view = s.history.view();
    let acts = s.requests_since(mark);
    for author in &authors {
        tally.pairs += 1;
        let acts = Needed::of(author, &acts, &view);
        if acts.is_empty() {
            tally.refused += 1;
        } else {
            tally.allowed += 1;
        }
        tally.judged += acts.len();
        tally.excess.extend(author.beyond(s, acts).await);
    }
    for author in authors.iter().filter(|author| stored[author.name.as_str()]) {
        s.delete("Stack", &author.name).await;
    }
}

/// Applies the Stack of an author, or its changed form. The write can be refused.
async fn write(s: &Scenario<'_>, mode: Mode, author: &Author, step: u64) -> bool {
    let mut body = json!({
        "apiVersion": "stackwright.dev/v1alpha1",
        "kind": "Stack",
        "metadata": { "name": author.name },
        "spec": spec(author, seed(), step),
    });
    let writer = match mode {
        Mode::Admission => author.client(s).await,
        Mode::Account => {
            body["spec"]["serviceAccountName"] = json!(author.name);
            s.admin()
        }
        Mode::Unchecked => s.admin(),
    };
    let stacks = Api::<DynamicObject>::namespaced_with(writer, &s.namespace, &rights::stacks());
    let written =
        stacks.patch(&author.name, &PatchParams::apply("author").force(), &Patch::Apply(&body)).await;
    match written {
        Ok(_) => true,
        Err(kube::Error::Api(refusal)) if refusal.code == 403 => {
            assert_eq!(mode, Mode::Admission, "{}", refusal.message);
            false
        }
        Err(error) => panic!("Stack {}: {error}", author.name),
    }
}

/// Time that a Stack has to become Ready or Stalled. A Stack with an unschedulable Pod is checked after this time.
const LONGEST: Duration = Duration::from_secs(20);

/// Waits until a Stack is Ready, Stalled, or waits for an object.
async fn settled(s: &Scenario<'_>, name: &str) {
    let is_settled = |status: &StackStatus, generation: &Value| {
        let at = |kind: &str| condition(status, kind).filter(|it| it.status == "True");
        json!(status.observed_generation) == *generation
            && (at("Ready").is_some()
                || at("Stalled").is_some()
                || at("Reconciling").is_some_and(|it| it.reason == "MissingObject"))
    };
    let what = format!("the Stack {name} has come to an end");
    let end = s.until(&what, |view| {
        let generation = view.get("Stack", name).map(|stack| stack["metadata"]["generation"].clone());
        is_settled(&status_in(view, name), &generation.unwrap_or_default())
    });
    drop(tokio::time::timeout(LONGEST, end).await);
}

/// Installs the chart's admission policies for the scenario's namespace.
async fn install_policies(s: &Scenario<'_>) {
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = std::process::Command::new("hack/helm")
        .current_dir(folder)
        .args(["template", &release(s), "charts/stackwright", "--kube-version", "1.36"])
        .args([
            "--show-only",
            "templates/admission.yaml",
            "--set",
            &format!("watchNamespaces={{{}}}", s.namespace),
        ])
        .output()
        .expect("hack/helm runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.yaml", s.namespace));
    std::fs::write(&file, output.stdout).expect("the policies");
    s.kubectl(&["apply", "--server-side", "-f", &file.to_string_lossy()]);
    std::fs::remove_file(&file).expect("the policies");
    // The API server compiles a new policy within a second or two. Each policy refuses some request, except the one for
    // changes, and the API server reports one refusal for all.
    let strangers =
        [Author::with("stranger", Rights::none()), Author::with("writer", Rights::without_reads())];
    join_all(strangers.iter().map(|stranger| stranger.grant(s))).await;
    join_all(strangers.iter().map(|stranger| stranger.until_granted(s))).await;
    let [stranger, writer] = [strangers[0].client(s).await, strangers[1].client(s).await];
    for _ in 0..600 {
        let reads = rights::READ_POLICIES.map(|(spec, words)| refuses(s, &writer, spec, words));
        if refuses(s, &stranger, "services: {}", "create Pods").await
            && join_all(reads).await.into_iter().all(|it| it)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("after a minute the policies refuse no request");
}

/// Deletes the policies, which are cluster-scoped and outlive the namespace.
fn remove_policies(s: &Scenario<'_>) {
    let kinds = "validatingadmissionpolicies,validatingadmissionpolicybindings";
    s.kubectl(&["delete", kinds, "-l", &format!("app.kubernetes.io/instance={}", release(s))]);
}

/// Returns the name of the chart's release in a scenario.
fn release(s: &Scenario<'_>) -> String {
    format!("authors-{}", s.namespace.rsplit('-').next().unwrap_or_default())
}

async fn refuses(s: &Scenario<'_>, client: &Client, spec: &str, words: &str) -> bool {
    let stacks = Api::<DynamicObject>::namespaced_with(client.clone(), &s.namespace, &rights::stacks());
    let stack: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": { "name": "refused" },
        "spec": crate::support::from_yaml(spec),
    }))
    .expect("a Stack");
    let params = PostParams { dry_run: true, ..PostParams::default() };
    matches!(stacks.create(&params, &stack).await, Err(kube::Error::Api(refusal)) if refusal.message.contains(words))
}

/// Needs no cluster: both outcomes must be likely with the drawn rights.
#[test]
fn the_drawn_rights_of_authors_differ_and_many_have_all() {
    let complete = (0..200).filter(|n| Rights::random(7, *n).is_complete()).count();
    assert!((10..100).contains(&complete), "{complete}");
}
