//! The results of bind mounts, and the owners of files.

mod data;
mod private;
mod source;

use compose_loader::{FileKind, Files, MemoryFiles, discover::Options as Find};
use stackwright::api::{FileTree, TreeFile, VolumeMount};
use stackwright::convert::{Converted, Folders};
use stackwright::rules::{Kind, Verdict};
use stackwright::translate::{Facts, Privilege, Privileges, translate};

use crate::projects;

/// Files in memory. A name that ends in `@640` has these permission bits.
#[derive(Default)]
struct Project(MemoryFiles, Vec<(String, u32)>);

impl Files for Project {
    fn kind(&self, path: &str) -> Option<FileKind> {
        self.0.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.read(path)
    }
}

impl Folders for Project {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.0.list(path)
    }

    fn mode(&self, path: &str) -> u32 {
        self.1.iter().find(|(file, _)| file == path).map_or(0o644, |(_, mode)| *mode)
    }
}

fn converted(compose: &str, files: &[&str]) -> Converted {
    let mut project = Project::default();
    project.0.add("/srv/shop/compose.yaml", compose);
    for file in files {
        let (name, text) = file.split_once('=').unwrap_or((file, "text"));
        let (name, mode) = name.split_once('@').unwrap_or((name, "644"));
        let path = format!("/srv/shop/{name}");
        project.1.push((path.clone(), u32::from_str_radix(mode, 8).unwrap()));
        let text = match text {
            "LARGE" => "x".repeat(1 << 20),
            "MUCH" => "x".repeat(800 << 10),
            text => text.replace("\\n", "\n"),
        };
        project.0.add(path, text);
    }
    let find = Find { folder: "/srv/shop".to_owned(), ..Find::default() };
    projects::converted(&find, &project, None).unwrap_or_else(|why| panic!("{compose}: {why}")).2
}

/// Returns the mounts of a project, one per line, the rules that are not `mapped`, and the users that get files from
/// the helper.
fn summary(converted: &Converted) -> String {
    let spec = &converted.stack.spec;
    let mut lines = Vec::new();
    for (name, service) in &spec.services {
        lines.extend(service.volumes.iter().map(|mount| format!("{name} {}", volume(mount))));
        lines.extend(service.files.iter().map(|it| format!("{name} {}", tree(it))));
    }
    for (name, volume) in &spec.volumes {
        if !volume.files.is_empty() || !volume.folders.is_empty() {
            let folders = volume.folders.iter().map(|folder| format!("{folder}/"));
            let all: Vec<_> = volume.files.iter().map(file).chain(folders).collect();
            lines.push(format!("{name}: {}", all.join(" ")));
        }
    }
    let mut rules: Vec<_> = converted
        .entries
        .iter()
        .filter(|entry| {
            entry.pointer.contains("/volumes/") && !entry.is(Verdict::Mapped) && entry.kind != Kind::Advice
        })
        .filter_map(|entry| entry.rule.map(|rule| rule.id))
        .collect();
    rules.sort_unstable();
    rules.dedup();
    lines.push(rules.join(" "));
    lines.extend(owners(converted));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn volume(mount: &VolumeMount) -> String {
    let from = match (&mount.source, &mount.host_path) {
        (Some(source), _) => source.clone(),
        (_, Some(path)) => format!("host {path}"),
        _ if mount.empty_dir == Some(true) => "emptyDir".to_owned(),
        _ => "anonymous".to_owned(),
    };
    let subpath = mount.subpath.as_ref().map(|path| format!("/{path}")).unwrap_or_default();
    let read_only = if mount.read_only == Some(true) { " ro" } else { "" };
    let seeded = if mount.nocopy.is_none() && mount.source.is_some() { " seeded" } else { "" };
    format!("{} <- {from}{subpath}{read_only}{seeded}", mount.target)
}

fn tree(tree: &FileTree) -> String {
    let kind = if tree.read_only == Some(false) { "copy" } else { "files" };
    let files: Vec<_> = tree.files.iter().map(file).collect();
    format!("{} <- {kind} {}", tree.target, files.join(" "))
}

fn file(file: &TreeFile) -> String {
    let secret = if file.secret_key_ref.is_some() { "*" } else { "" };
    let mode = file.mode.as_ref().map(|mode| format!("@{mode}")).unwrap_or_default();
    format!("{}{mode}{secret}", file.path.as_deref().unwrap_or("."))
}

fn owners(converted: &Converted) -> Vec<String> {
    let facts = Facts {
        helper_image: Some("helper:1".to_owned()),
        privileges: Privileges(Privilege::ALL.into()),
        ..projects::facts(converted)
    };
    let desired = translate(&converted.stack, &facts).unwrap_or_else(|invalid| panic!("{invalid:?}"));
    let mut found = Vec::new();
    for (name, unit) in &desired.units {
        let Some(workload) = &unit.workload else { continue };
        let body = workload.object().body;
        let init = body["spec"]["template"]["spec"]["initContainers"].as_array().cloned().unwrap_or_default();
        let arguments = init.iter().flat_map(|it| it["args"].as_array().cloned().unwrap_or_default());
        for argument in arguments.filter_map(|argument| argument.as_str().map(str::to_owned)) {
            let Some((option, parts)) = argument.split_once('=') else { continue };
            let parts: Vec<_> = parts.split(':').collect();
            if matches!(option, "--lay" | "--copy") && parts.len() >= 4 {
                found.push(format!("{name} {} {}:{}", &option[2..], parts[2], parts[3]));
            }
        }
    }
    found.dedup();
    found
}

/// Compares the results of a table of projects.
fn check(table: &[(&str, &str, &[&str], &str)]) {
    let mut wrong = Vec::new();
    for (title, compose, files, expected) in table {
        let compose = format!("name: shop\nservices:\n{compose}");
        let got = summary(&converted(&compose, files));
        let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if got != expected.join("\n") {
            wrong.push(format!("{title}:\n{got}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn different_folders_have_different_volumes_and_own_mounts_have_precedence() {
    let targets = |volumes: &str, rest: &str, files: &[&str]| {
        let compose = format!(
            "name: shop\nservices: {{a: {{image: 'a:1', restart: always, volumes: [{volumes}]{rest}}}, b: {{image: 'b:1', volumes: ['./site/cache:/c', './site/logs:/l']}}}}\nvolumes: {{own: {{}}}}\nconfigs: {{c: {{content: x}}}}"
        );
        let converted = converted(&compose, files);
        let mounts = converted.stack.spec.services["a"].volumes.clone();
        mounts.into_iter().map(|it| (it.target, it.source.unwrap_or_default())).collect::<Vec<_>>()
    };
    let absolute = "{type: bind, source: /data/media, target: /x, x-stackwright: {bind: volume}}";
    for other in ["./data/media:/y", "./up/data/media:/y"] {
        let found = targets(&format!("{absolute}, '{other}', './data/other:/z'"), "", &[]);
        let names: std::collections::BTreeSet<_> = found.iter().map(|(_, source)| source).collect();
        assert_eq!(names.len(), 3, "{found:?}");
    }
    let files = ["site/index.html"];
    let of = |rest: &str| {
        let found = targets("'./site:/site:ro'", rest, &files);
        found.into_iter().map(|(target, _)| target).collect::<Vec<_>>()
    };
    assert_eq!(of(""), ["/site/cache", "/site/logs"]);
    assert_eq!(of(", tmpfs: [/site/cache/]"), ["/site/logs"]);
    assert_eq!(of(", configs: [{source: c, target: /site/logs}]"), ["/site/cache"]);
    let own = targets("'./site:/site:ro', 'own:/site/cache/'", "", &files);
    assert_eq!(own.len(), 2, "{own:?}");
}

#[test]
fn only_known_settings_of_a_mount_are_accepted() {
    for (settings, id) in [
        ("{bind: folder}", "unknown-x-stackwright"),
        ("{bound: volume}", "unknown-x-stackwright"),
        ("{bind: true}", "unknown-x-stackwright"),
    ] {
        let compose = format!(
            "services: {{a: {{image: 'a:1', volumes: [{{type: bind, source: ./a, target: /a, x-stackwright: {settings}}}]}}}}"
        );
        let converted = converted(&compose, &[]);
        let refused: Vec<_> = converted.refused(&[]).filter_map(|entry| Some(entry.rule?.id)).collect();
        assert_eq!(refused, [id], "{settings}");
    }
    let compose =
        "services: {a: {image: 'a:1', volumes: [{type: volume, target: /a, x-stackwright: {bind: files}}]}}";
    assert_eq!(converted(compose, &[]).refused(&[]).count(), 1);
    let outside = "services: {a: {image: 'a:1', volumes: [{type: bind, source: /opt/a, target: /a, x-stackwright: {bind: files}}]}}";
    let refused = converted(outside, &[]);
    assert_eq!(
        refused.refused(&[]).filter_map(|entry| Some(entry.rule?.id)).collect::<Vec<_>>(),
        ["bind-mount-outside-project"]
    );
}
