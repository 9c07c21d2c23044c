//! The commands that write, run as a user runs them.

mod installation;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Scenario, scenario};

/// A project whose services start one after the other.
const SHOP: &str = "\
name: shop
services:
  db:
    image: db:1
    restart: always
    environment: {DB_PASSWORD: secret}
    healthcheck: {test: [CMD, check], interval: 1s}
    volumes: ['data:/data']
  web:
    image: web:1
    restart: always
    depends_on: {db: {condition: service_healthy}}
volumes: {data: {}}
";

/// A folder with a Compose file, in which commands run.
struct Project {
    folder: PathBuf,
    kubeconfig: PathBuf,
    namespace: String,
}

/// The end of a command.
#[derive(Debug)]
struct End {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Project {
    fn new(s: &Scenario<'_>, compose: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("project-{}", s.namespace));
        fs::create_dir_all(&folder).unwrap();
        let project =
            Self { folder, kubeconfig: s.cluster.kubeconfig.clone(), namespace: s.namespace.clone() };
        project.write(compose);
        project
    }

    fn write(&self, compose: &str) {
        fs::write(self.folder.join("compose.yaml"), compose).unwrap();
    }

    /// Runs a command in the folder.
    fn run(&self, arguments: &[&str]) -> End {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
        command
            .current_dir(&self.folder)
            .args(arguments)
            .args(["--namespace", &self.namespace])
            .env("KUBECONFIG", &self.kubeconfig)
            .env("NO_COLOR", "1");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        End { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs a command that must succeed, and returns what it has said.
    fn succeeds(&self, arguments: &[&str]) -> String {
        let end = self.run(arguments);
        assert_eq!(end.code, Some(0), "{arguments:?}: {}{}", end.stdout, end.stderr);
        end.stderr
    }

    /// Runs a command that must fail with a cause, a remedy and an exit code.
    fn fails(&self, arguments: &[&str], code: i32, cause: &str, remedy: &str) {
        let end = self.run(arguments);
        assert_eq!(end.code, Some(code), "{arguments:?}: {}{}", end.stdout, end.stderr);
        assert!(end.stderr.contains(cause) && end.stderr.contains(remedy), "{arguments:?}: {}", end.stderr);
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|found| found.ends_with(line)), "{line:?} is not a line of:\n{text}");
    }
}

async fn service(s: &Scenario<'_>, name: &str) -> Value {
    let stack = s.api("Stack").get("shop").await.unwrap();
    stack.data["spec"]["services"][name].clone()
}

#[test]
fn up_runs_a_project_and_down_leaves_only_its_data() {
    scenario(async |s| {
        let project = Project::new(s, SHOP);
        let said = project.succeeds(&["up", "--wait", "--wait-timeout", "2m"]);
        assert!(said.contains("\nStack shop in namespace "), "{said}");
        assert_lines(&said, &["  db   created", "  web  created", "db: Healthy", "web: Running"]);
        s.until_there("Secret", "shop-environment").await;
        // The same again changes nothing.
        let generation = s.api("Stack").get("shop").await.unwrap().metadata.generation;
        assert_lines(&project.succeeds(&["up", "-d"]), &["  no service changes"]);
        assert_eq!(s.api("Stack").get("shop").await.unwrap().metadata.generation, generation);
        let said = project.succeeds(&["down"]);
        assert_lines(&said, &["db: Stopped", "shop: Removed"]);
        assert!(said.contains("kept        PersistentVolumeClaim shop-data (1Gi)"), "{said}");
        let stopped = |name: &str| said.lines().position(|line| line.ends_with(name)).unwrap();
        assert!(stopped("web: Stopped") < stopped("db: Stopped"), "{said}");
        s.until_gone("Stack", "shop").await;
        s.until_gone("Secret", "shop-environment").await;
        s.until_there("PersistentVolumeClaim", "shop-data").await;
        project.fails(&["down", "--volumes"], 1, "no terminal can show the question", "pass -y");
        project.succeeds(&["down", "--volumes", "-y"]);
        s.until_gone("PersistentVolumeClaim", "shop-data").await;
        assert!(project.succeeds(&["down"]).contains("does not exist, so nothing was removed"));
    });
}

#[test]
fn diff_shows_what_up_would_change_and_what_this_means() {
    scenario(async |s| {
        let project = Project::new(s, SHOP);
        let new = project.run(&["diff"]);
        assert_eq!(new.code, Some(1), "{}", new.stderr);
        assert_lines(&new.stdout, &["--- /dev/null", "+++ Stack shop", "+      image: db:1"]);
        project.succeeds(&["up", "--wait", "-q"]);
        let none = project.run(&["diff"]);
        assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{}", none.stderr);
        project.write(&SHOP.replace("web:1", "web:2").replace("secret", "other"));
        let some = project.run(&["diff"]);
        assert_eq!(some.code, Some(1));
        assert_lines(
            &some.stdout,
            &["-      image: web:1", "+      image: web:2", "+++ Secret shop-environment"],
        );
        assert!(!some.stdout.contains("b3RoZXI") && !some.stdout.contains("other"), "{}", some.stdout);
        assert_lines(
            &some.stderr,
            &[
                "  db   replaced, old containers end before new ones start: content of its files or variables",
                "  web  replaced, old containers end before new ones start: image",
            ],
        );
        project.write("services: [");
        assert_eq!(project.run(&["diff"]).code, Some(2));
    });
}

#[test]
fn services_are_stopped_started_scaled_and_restarted() {
    scenario(async |s| {
        let project = Project::new(s, SHOP);
        project.succeeds(&["up", "-d", "--scale", "web=2"]);
        assert_eq!(service(s, "web").await["deploy"]["replicas"], 2);
        assert_lines(&project.succeeds(&["stop", "web"]), &["web: Stopped"]);
        assert_eq!(service(s, "web").await["stopped"], true);
        assert_eq!(service(s, "db").await["stopped"], Value::Null);
        assert_lines(&project.succeeds(&["start"]), &["web: Running"]);
        assert_eq!(service(s, "web").await["stopped"], Value::Null);
        project.succeeds(&["scale", "web=3", "--wait-timeout", "2m"]);
        let ready = s.api("Stack").get("shop").await.unwrap();
        assert!(
            ready.data["status"]["services"].to_string().contains("\"ready\":\"3/3\""),
            "{:?}",
            ready.data
        );
        let template = |stack: &Value| stack["status"]["services"][0]["template"].clone();
        project.succeeds(&["restart", "db"]);
        let restarted = s.api("Stack").get("shop").await.unwrap();
        assert_ne!(template(&ready.data), template(&restarted.data));
        // The next up takes the number of containers from the file, and does not restart again.
        let replaced = "  web  replaced, old containers end before new ones start: deploy";
        assert_lines(&project.succeeds(&["up", "-d"]), &[replaced, "  1 service is unchanged"]);
        assert_eq!(service(s, "web").await["deploy"], Value::Null);
        let after = s.api("Stack").get("shop").await.unwrap();
        assert_eq!(template(&restarted.data), template(&after.data));
        project.fails(&["stop", "api"], 1, "Stack shop has no service api", "name one of db, web");
    });
}

#[test]
fn a_stack_of_another_owner_is_changed_only_by_force() {
    scenario(async |s| {
        let project = Project::new(s, SHOP);
        s.apply("shop", "services: {web: {image: 'web:0', restart: always}}").await;
        project.fails(&["up", "-d"], 1, "Stack shop was made by user", "--force-conflicts");
        project.fails(&["down"], 1, "Stack shop was made by user", "--force-conflicts");
        assert_eq!(service(s, "web").await["image"], "web:0");
        project.succeeds(&["up", "-d", "--force-conflicts"]);
        assert_eq!(service(s, "web").await["image"], "web:1");
        let flux = "metadata: {labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}";
        s.patch("Stack", "shop", flux).await;
        for arguments in [&["up", "-d"][..], &["stop"], &["scale", "web=2"], &["restart"], &["down"]] {
            project.fails(
                arguments,
                1,
                "was made by Flux (Kustomization flux-system/apps)",
                "--force-conflicts",
            );
        }
    });
}

#[test]
fn a_wait_ends_with_the_cause_when_the_stack_stalls_or_the_time_is_over() {
    scenario(async |s| {
        let never = SHOP.replace(
            "    image: db:1",
            "    image: db:1\n    annotations: {sim.stackwright.dev/ready: never}",
        );
        let project = Project::new(s, &never);
        project.fails(
            &["up", "--wait", "--wait-timeout", "3"],
            4,
            "the time is over for Stack shop: ",
            "describe stack shop",
        );
        project.write(&SHOP.replace("    image: db:1", "    image: db:1\n    privileged: true"));
        let label = format!("kubectl label namespace {} allow.stackwright.dev/privileged=true", s.namespace);
        project.fails(&["up", "--wait"], 1, "Stack shop cannot become ready: ", &label);
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    scenario(async |s| {
        let project = Project::new(s, SHOP);
        let said = project.succeeds(&["up", "--dry-run"]);
        assert_lines(&said, &["  web  created", "Nothing was changed, because of --dry-run"]);
        assert!(s.api("Stack").get_opt("shop").await.unwrap().is_none());
        assert!(s.api("Secret").get_opt("shop-environment").await.unwrap().is_none());
    });
}
