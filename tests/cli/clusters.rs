//! Commands that need a cluster, where there is none: one line of cause, and one of remedy.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{folder, stackwright};

/// A kubeconfig with one context, whose API server is at an address.
fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters: [{{name: c, cluster: {{server: 'http://{server}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: here, context: {{cluster: c, user: u}}}}]\n"
    )
}

/// Asserts exit code 1, and these starts of the lines on standard error.
fn assert_fails(command: &mut Command, lines: [&str; 2]) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let found: Vec<_> = text.lines().filter(|line| !line.starts_with("Stack ")).collect();
    assert_eq!(found.len(), 2, "{text}");
    assert!(found[0].starts_with(lines[0]) && found[1].starts_with(lines[1]), "{text}");
}

#[test]
fn an_unusable_cluster_has_a_cause_and_a_remedy() {
    let folder = folder("clusters");
    std::fs::write(folder.join("kubeconfig"), kubeconfig("127.0.0.1:1")).unwrap();
    let verb = ["stop", "-p", "shop"];
    let with = |more: &[&'static str]| [&verb[..], more].concat();
    assert_fails(
        &mut stackwright(&folder, &verb),
        ["error: cannot read the kubeconfig: /missing: ", "help: correct the file"],
    );
    assert_fails(
        stackwright(&folder, &verb).env_remove("KUBECONFIG").env("HOME", &folder),
        ["error: cannot find a cluster: there is no kubeconfig", "help: set KUBECONFIG"],
    );
    assert_fails(
        &mut stackwright(&folder, &with(&["--kubeconfig", "kubeconfig", "--context", "there"])),
        ["error: context there does not exist in the kubeconfig", "help: pass one of here"],
    );
    assert_fails(
        &mut stackwright(&folder, &with(&["--kubeconfig", "kubeconfig"])),
        [
            "error: cannot reach the API server http://127.0.0.1:1 of context here: ",
            "help: check that the cluster runs",
        ],
    );
    assert_fails(
        &mut stackwright(&folder, &["stop"]),
        [
            "error: cannot choose a Stack: this folder has no Compose file",
            "help: run the command in the folder",
        ],
    );
}

#[test]
fn the_first_line_comes_before_the_cluster_answers() {
    let folder = folder("silent");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    std::fs::write(folder.join("kubeconfig"), kubeconfig(&silent.local_addr().unwrap().to_string())).unwrap();
    std::fs::write(
        folder.join("compose.yaml"),
        "name: shop\nservices:\n  web: {image: 'web:1', restart: always}\n",
    )
    .unwrap();
    let start = Instant::now();
    let mut child =
        stackwright(&folder, &["up", "--kubeconfig", "kubeconfig"]).stderr(Stdio::piped()).spawn().unwrap();
    // Diagnostics of the project come first.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("Stack "));
    let elapsed = start.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(line.as_deref(), Some("Stack shop in namespace default of context here"));
    // A busy machine takes longer than the 200 ms of an idle one.
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
}

#[test]
fn install_prints_its_manifests_without_a_cluster() {
    let folder = folder("manifests");
    let output = stackwright(&folder, &["install", "--dry-run", "--namespace", "ops"]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let kinds: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds[..2], ["Namespace", "CustomResourceDefinition"]);
    for kind in ["ClusterRole", "Deployment", "ServiceAccount", "ValidatingAdmissionPolicy"] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn the_plugin_of_kubectl_calls_itself_so() {
    let folder = folder("plugin");
    let plugin = folder.join("kubectl-stack");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stackwright"), &plugin).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&plugin).args(arguments).env_clear().env("TERM", "dumb").output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let help = run(&["--help"]);
    assert!(
        help.contains("Usage: kubectl stack ") && help.contains("Run 'kubectl stack COMMAND --help'"),
        "{help}"
    );
    assert!(run(&["up", "--help"]).contains("Usage: kubectl stack up "));
    assert!(run(&["pause"]).starts_with("error: kubectl stack has no pause: "));
}
