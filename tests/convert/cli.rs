//! The commands `convert` and `explain`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Creates an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("convert").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn stackwright(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    command.current_dir(folder).args(arguments).env_remove("COMPOSE_PROFILES").env_remove("COMPOSE_FILE");
    command.output().unwrap()
}

/// Does the work of [`stackwright`] with a timeout, for a command that could block.
fn stackwright_within(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.arg("20").arg(env!("CARGO_BIN_EXE_stackwright")).current_dir(folder).args(arguments);
    command.output().unwrap()
}

/// Does the work of [`stackwright`] with a text on standard input.
fn piped(folder: &Path, arguments: &[&str], text: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackwright"));
    command.current_dir(folder).args(arguments).env_remove("COMPOSE_PROFILES").env_remove("COMPOSE_FILE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(text).unwrap();
    running.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const GOOD: &str =
    "name: shop\nservices:\n  web: {image: 'shop/web:1', environment: {API_TOKEN: hush-hush-1}}\n";
const BAD: &str = "name: shop\nservices:\n  web: {image: 'shop/web:1', use_api_socket: true}\n";

#[test]
fn a_folder_gets_a_file_for_each_object_and_a_kustomization() {
    let folder = folder("files");
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    let output = stackwright(&folder, &["convert", "-o", "out", "--secrets", "plain", "--namespace", "team"]);
    assert!(output.status.success(), "{}", said(&output));
    let list = fs::read_to_string(folder.join("out/kustomization.yaml")).unwrap();
    assert!(
        list.contains("namespace: team\nresources:\n- secret-shop-environment.yaml\n- stack.yaml\n"),
        "{list}"
    );
    assert!(fs::read_to_string(folder.join("out/stack.yaml")).unwrap().contains("namespace: team"));
    assert_eq!(fs::read_dir(folder.join("out")).unwrap().count(), 3);
}

#[test]
fn only_files_of_an_earlier_run_are_overwritten() {
    let folder = folder("over");
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    assert!(stackwright(&folder, &["convert", "-o", "out", "--secrets", "plain"]).status.success());
    assert!(stackwright(&folder, &["convert", "-o", "out"]).status.success());
    assert!(!folder.join("out/secret-shop-environment.yaml").exists(), "what is no longer written stays");
    fs::write(folder.join("out/notes.txt"), "mine").unwrap();
    let before = fs::read_to_string(folder.join("out/stack.yaml")).unwrap();
    fs::write(folder.join("compose.yaml"), GOOD.replace("web:1", "web:2")).unwrap();
    let output = stackwright(&folder, &["convert", "-o", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("notes.txt was not written by stackwright convert"), "{}", said(&output));
    assert_eq!(fs::read_to_string(folder.join("out/stack.yaml")).unwrap(), before);
}

#[test]
fn special_files_in_the_output_folder_are_never_opened() {
    let fifo = |path: PathBuf| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let folder = folder("traps");
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    let device = |path: PathBuf| symlink("/dev/zero", path).unwrap();
    let traps: [(&str, &dyn Fn(PathBuf)); 4] =
        [("a", &fifo), ("b", &device), (".stack.yaml.new", &fifo), ("kustomization.yaml", &device)];
    for (name, set) in traps {
        fs::create_dir(folder.join("out")).unwrap();
        set(folder.join("out").join(name));
        let output = stackwright_within(&folder, &["convert", "-o", "out"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        let reason = format!("out/{name} was not written by stackwright convert");
        assert!(said(&output).contains(&reason), "{name}: {}", said(&output));
        fs::remove_dir_all(folder.join("out")).unwrap();
    }

    fifo(folder.join("out"));
    assert_eq!(stackwright_within(&folder, &["convert", "-o", "out"]).status.code(), Some(1));

    fifo(folder.join("report.json.new"));
    fs::write(folder.join("mine"), "mine").unwrap();
    symlink("mine", folder.join("other.json.new")).unwrap();
    for report in ["report.json", "other.json"] {
        let output = stackwright_within(&folder, &["convert", "--report", report]);
        assert!(output.status.success(), "{report}: {}", said(&output));
        assert!(fs::read_to_string(folder.join(report)).unwrap().contains("pointer"));
    }
    assert_eq!(fs::read_to_string(folder.join("mine")).unwrap(), "mine", "no link is written through");
}

#[test]
fn a_refused_value_stops_the_conversion_until_it_is_allowed() {
    let folder = folder("refused");
    fs::write(folder.join("compose.yaml"), BAD).unwrap();
    let output = stackwright(&folder, &["convert", "-o", "out", "--report", "report.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("error[api-socket]") && said(&output).contains("compose.yaml:3:"),
        "{}",
        said(&output)
    );
    assert!(!folder.join("out").exists(), "something is written");
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    assert!(report.contains("\"pointer\": \"/services/web/use_api_socket\""), "{report}");
    for accepted in ["api-socket", "SW1118", "sw1118", "all"] {
        let output = stackwright(&folder, &["convert", "--allow-refused", accepted]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("is left out"), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("kind: Stack"));
    }
    assert_eq!(stackwright(&folder, &["convert", "--allow-refused", "extension"]).status.code(), Some(1));
}

#[test]
fn strict_fails_on_an_approximated_value() {
    let folder = folder("strict");
    fs::write(folder.join("compose.yaml"), BAD.replace("use_api_socket: true", "ulimits: {nofile: 5}"))
        .unwrap();
    assert!(stackwright(&folder, &["convert"]).status.success());
    let output = stackwright(&folder, &["convert", "--strict", "-o", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.join("out").exists(), "something is written");
}

#[test]
fn no_message_quotes_a_secret() {
    let folder = folder("quiet");
    let line = "  web: {image: a, environment: {API_TOKEN: hush-hush-1}, ulimits: {nofile: 5}, labels: {x: 'ftp://u:pa55w0rd@h'}}";
    fs::write(folder.join("compose.yaml"), format!("name: shop\nservices:\n{line}\n")).unwrap();
    let output = stackwright(&folder, &["convert", "--report", "report.json", "--allow-refused", "all"]);
    let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
    let all = all + &fs::read_to_string(folder.join("report.json")).unwrap();
    assert!(all.contains("ulimits") && all.contains("secret-in-label"), "{all}");
    assert!(!all.contains("hush-hush-1") && !all.contains("pa55w0rd"), "{all}");
}

#[test]
fn placeholders_have_all_keys_and_no_value() {
    let folder = folder("placeholders");
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    let output = stackwright(&folder, &["convert", "--secrets", "sealed-placeholder"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("web.API_TOKEN: \"\"") && text.contains("stackwright.dev/placeholder"), "{text}");
    assert!(!text.contains("hush-hush-1"), "{text}");
}

#[test]
fn every_rule_is_explained() {
    let folder = folder("explain");
    for name in ["ulimits", "ULIMITS", "sw1109", "SW1109"] {
        let output = stackwright(&folder, &["explain", name]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.starts_with("ulimits (SW1109): "), "{text}");
        for part in
            ["services.*.ulimits", "What to do:", "nofile: 65536", "warning[ulimits]", "compose.yaml:4:14"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let loader = stackwright(&folder, &["explain", "duplicate-key"]);
    assert!(String::from_utf8_lossy(&loader.stdout).contains("error[duplicate-key]"), "{loader:?}");
    let unknown = stackwright(&folder, &["explain", "ulimit"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown).contains("did you mean ulimits?"), "{unknown:?}");
    assert_eq!(stackwright(&folder, &["explain", "SW0000"]).status.code(), Some(1));
}

#[test]
fn a_project_renders_as_the_manifests_that_it_is_converted_to() {
    let folder = folder("render");
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    assert!(stackwright(&folder, &["convert", "-o", "out", "--secrets", "plain"]).status.success());
    let direct = stackwright(&folder, &["render"]);
    assert!(direct.status.success(), "{}", said(&direct));
    let manifests = ["render", "-f", "out/secret-shop-environment.yaml", "-f", "out/stack.yaml"];
    let of_manifests = stackwright(&folder, &manifests);
    assert!(of_manifests.status.success(), "{}", said(&of_manifests));
    let text = String::from_utf8(direct.stdout).unwrap();
    assert_eq!(text, String::from_utf8(of_manifests.stdout).unwrap());
    assert!(text.contains("kind: Job") && !text.contains("hush-hush-1"), "{text}");
    assert_eq!(text, String::from_utf8(stackwright(&folder, &["render"]).stdout).unwrap(), "two runs differ");
}

#[test]
fn an_invalid_stack_is_refused_with_its_place() {
    let folder = folder("render-refused");
    let stack = |service: &str| {
        format!(
            "apiVersion: stackwright.dev/v1alpha1\nkind: Stack\nmetadata: {{name: s}}\n\
             spec: {{services: {{web: {{image: i, {service}}}}}}}\n"
        )
    };
    for (service, said_of_it) in [
        ("restrat: always", "spec.services.web.restrat is not a field of a Stack"),
        ("networkMode: host", "allow.stackwright.dev/host-namespaces=true"),
    ] {
        fs::write(folder.join("stack.yaml"), stack(service)).unwrap();
        let output = stackwright(&folder, &["render", "-f", "stack.yaml"]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        assert!(said(&output).contains(said_of_it), "{}", said(&output));
    }
    let ports: String = (1..=1025).map(|port| format!("{{target: {port}}},")).collect();
    fs::write(folder.join("stack.yaml"), stack(&format!("ports: [{ports}]"))).unwrap();
    let output = stackwright(&folder, &["render", "-f", "stack.yaml"]);
    assert!(
        said(&output).contains("ports has 1025 items, but at most 1024 are allowed"),
        "{}",
        said(&output)
    );
    fs::write(folder.join("stack.yaml"), stack("networkMode: host")).unwrap();
    let allowed = ["render", "-f", "stack.yaml", "--allow", "host-namespaces", "--format", "json"];
    assert!(stackwright(&folder, &allowed).status.success());
}

#[test]
fn a_compose_file_in_utf_16_is_read_wherever_it_comes_from() {
    let folder = folder("utf-16");
    let text = "\u{feff}name: shop\nservices: {web: {image: 'shop/grüß:1', restart: always}}\n";
    for (name, bytes) in [
        ("le.yaml", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        ("be.yaml", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        fs::write(folder.join(name), &bytes).unwrap();
        for verb in ["config", "convert", "render"] {
            let named = stackwright(&folder, &[verb, "-f", name]);
            assert!(named.status.success(), "{verb} {name}: {}", said(&named));
            let piped = piped(&folder, &[verb, "-f", "-"], &bytes);
            assert_eq!(piped.stdout, named.stdout, "{verb} {name}");
            assert!(String::from_utf8_lossy(&named.stdout).contains("grüß"), "{verb} {name}");
        }
    }
    fs::write(folder.join("compose.yaml"), "services: {web: {image: web}}\n").unwrap();
    let output = stackwright(&folder, &["convert", "-f", "compose.yaml", "--env-file", "le.yaml"]);
    let told = "Docker Compose reads env files only in UTF-8";
    assert!(!output.status.success() && said(&output).contains(told), "{}", said(&output));
}

#[test]
fn a_stack_is_rendered_in_every_form_that_kubectl_prints() {
    let folder = folder("render-forms");
    let plain = "apiVersion: stackwright.dev/v1alpha1\nkind: Stack\nmetadata: {name: s}\nspec: {services: {web: {image: i}}}\n";
    let stack = r#"{"apiVersion":"stackwright.dev/v1alpha1","kind":"Stack","metadata":{"name":"s"},"spec":{"services":{"web":{"image":"i"}}}}"#;
    let of_a_cluster = r#"{"apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "s",
        "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 2, "resourceVersion": "7", "uid": "u",
        "managedFields": [{"apiVersion": "stackwright.dev/v1alpha1", "fieldsType": "FieldsV1", "manager": "kubectl",
            "fieldsV1": {"f:spec": {"f:services": {"f:web": {"f:image": {}}}}}, "operation": "Apply",
            "time": "2026-01-01T00:00:00Z"}]},
        "spec": {"services": {"web": {"image": "i"}}},
        "status": {"observedGeneration": 2, "servicesReady": "1/1", "services": [{"name": "web", "state": "Running"}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 2}]}}"#;
    let pretty = stack.replace(":{", ": {\n").replace(',', ",\n");
    let utf16: Vec<u8> =
        "\u{feff}".chars().chain(stack.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect();
    let list = |kind: &str, version: &str| {
        format!(
            r#"{{"apiVersion": "{version}", "kind": "{kind}", "metadata": {{"resourceVersion": ""}}, "items": [{of_a_cluster}]}}"#
        )
    };
    fs::write(folder.join("plain.yaml"), plain).unwrap();
    let wanted = stackwright(&folder, &["render", "-f", "plain.yaml"]);
    assert!(wanted.status.success(), "{}", said(&wanted));
    for (form, text) in [
        ("one line of JSON", stack.as_bytes().to_vec()),
        ("JSON on several lines", pretty.into_bytes()),
        ("a Stack of a cluster, as kubectl get prints it", of_a_cluster.into()),
        ("several of a cluster, as kubectl get prints them", list("List", "v1").into_bytes()),
        ("a StackList of a cluster", list("StackList", "stackwright.dev/v1alpha1").into_bytes()),
        ("flow style", b"{apiVersion: stackwright.dev/v1alpha1, kind: Stack, metadata: {name: s}, spec: {services: {web: {image: i}}}}".into()),
        ("quoted keys", plain.replace("apiVersion:", "\"apiVersion\":").into_bytes()),
        ("behind a comment and a mark", format!("# mine\n---\n{plain}").into_bytes()),
        ("two documents", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n---\n{plain}").into_bytes()),
        ("UTF-16, as PowerShell writes it", utf16),
    ] {
        fs::write(folder.join("stack.txt"), &text).unwrap();
        let output = stackwright(&folder, &["render", "-f", "stack.txt"]);
        assert!(output.status.success(), "{form}: {}", said(&output));
        assert_eq!(piped(&folder, &["render", "-f", "-"], &text), output, "{form}, from standard input");
        let rendered = String::from_utf8(output.stdout).unwrap();
        if form.contains("of a cluster") {
            // The objects name their owner by its UID.
            assert!(rendered.contains("uid: u") && rendered.contains("kind: Job"), "{form}: {rendered}");
        } else {
            assert_eq!(rendered, String::from_utf8_lossy(&wanted.stdout), "{form}");
        }
    }
}

#[test]
fn a_compose_file_that_contains_a_manifest_is_not_a_manifest() {
    let folder = folder("render-compose");
    let manifest = r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#;
    let text = format!(
        "name: shop\nservices: {{web: {{image: 'i:1', configs: [c]}}}}\nconfigs: {{c: {{content: '{manifest}'}}}}\n"
    );
    for text in [
        text,
        r#"{"name": "shop", "services": {"web": {"image": "i:1", "labels": {"apiVersion": "x"}}}}"#
            .to_owned(),
    ] {
        fs::write(folder.join("compose.yaml"), text).unwrap();
        let output = stackwright(&folder, &["render", "-f", "compose.yaml"]);
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn standard_input_is_a_manifest_or_a_compose_file_as_a_file_is() {
    let folder = folder("render-standard-input");
    let stack = "apiVersion: stackwright.dev/v1alpha1\nkind: Stack\nmetadata: {name: shop}\nspec: {services: {web: {image: i}}}\n";
    fs::write(folder.join("stack.yaml"), stack).unwrap();
    fs::write(folder.join("compose.yaml"), GOOD).unwrap();
    for (arguments, text, expected) in [
        (&["render", "-f", "-"][..], stack, Ok(())),
        (&["render", "-f", "-"], GOOD, Ok(())),
        (&["render", "-f", "compose.yaml", "-f", "-"], GOOD, Ok(())),
        (&["render", "-f", "stack.yaml", "-f", "-"], GOOD, Err("manifests: - is a Compose file")),
        (
            &["render", "-f", "compose.yaml", "-f", "-"],
            stack,
            Err("manifests: compose.yaml is a Compose file"),
        ),
        (
            &["render", "-f", "-"],
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
            Err("contains no Stack"),
        ),
        (&["render", "-f", "-"], &stack.replace("image", "imago"), Err("imago")),
        (&["render", "-f", "-"], &stack.replace("{name: shop}", "{name: shop"), Err("cannot render -")),
    ] {
        let output = piped(&folder, arguments, text.as_bytes());
        let right = match expected {
            Ok(()) => {
                output.status.success() && String::from_utf8_lossy(&output.stdout).contains("name: shop-web")
            }
            Err(message) => !output.status.success() && said(&output).contains(message),
        };
        assert!(right, "{arguments:?} of {text}: {output:?}");
    }
}

#[test]
fn privileges_that_a_namespace_must_grant_are_reported_as_a_command() {
    let folder = folder("privileges");
    fs::write(
        folder.join("compose.yaml"),
        "name: shop\nservices: {web: {image: 'i:1', privileged: true, volumes: ['/srv:/srv']}}\n",
    )
    .unwrap();
    let output = stackwright(&folder, &["convert", "--namespace", "team"]);
    assert!(output.status.success(), "{}", said(&output));
    let command = "kubectl label namespace team allow.stackwright.dev/host-path=true allow.stackwright.dev/privileged=true";
    assert!(said(&output).contains(command), "{}", said(&output));
    assert_eq!(stackwright(&folder, &["convert", "--namespace", "Team_1"]).status.code(), Some(2));
}
