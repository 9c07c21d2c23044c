//! Secrets are only in Secrets.

use std::path::Path;

use compose_loader::{
    Environment, FileKind, Files, Node, Origin, Value,
    discover::{Options as Find, discover},
    disk::Disk,
    load_with, variables,
};
use stackwright::convert::output::{Secrets, manifests, stream};
use stackwright::convert::secrecy::looks_secret;
use stackwright::convert::secrecy::quiet::Quiet;
use stackwright::convert::verdict::report;
use stackwright::convert::{Folders, Options, convert};

use super::examples::{COMMITTED, OTHERS};
use super::{cases, public};

const CANARY: &str = "canary7in7the7mine";

/// Files in which every variable and every secret is the canary.
struct Planted;

impl Files for Planted {
    fn kind(&self, path: &str) -> Option<FileKind> {
        Disk.kind(&on_disk(path)).or_else(|| is_secret_file(path).then_some(FileKind::File))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if is_secret_file(path) {
            return Ok(CANARY.into());
        }
        let bytes = Disk.read(&on_disk(path))?;
        if !is_env_file(path) {
            return Ok(bytes);
        }
        let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
        let dot_env = path.ends_with("/.env");
        let planted = text.lines().map(|line| match line.split_once('=') {
            // In `.env`, only variables with a secret name are secret.
            Some((name, _)) if !line.starts_with('#') && (!dot_env || looks_secret(name)) => {
                format!("{name}={CANARY}\n")
            }
            _ => format!("{line}\n"),
        });
        Ok(planted.collect::<String>().into_bytes())
    }
}

impl Folders for Planted {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        Disk.list(path)
    }

    fn mode(&self, path: &str) -> u32 {
        Disk.mode(path)
    }
}

/// The examples have no `.env`, only a template.
fn on_disk(path: &str) -> String {
    let example = format!("{path}.example");
    if Disk.kind(path).is_none() && path.ends_with("/.env") { example } else { path.to_owned() }
}

fn is_env_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains("env") && !name.ends_with(".yaml"))
}

fn is_secret_file(path: &str) -> bool {
    path.ends_with("password.txt")
}

/// Replaces every value of a secret name by the canary: in variables, labels, options, build arguments and
/// extensions.
fn plant(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            for (name, child) in map.iter_mut() {
                let is_long = child.as_str().is_some_and(|text| text.len() > 5);
                if &**name != "x-stackwright" && looks_secret(name) && is_long {
                    *child = Node { value: Value::Str(CANARY.into()), place: child.place, trace: None };
                } else {
                    plant(child);
                }
            }
        }
        Value::List(items) => items.iter_mut().for_each(plant),
        _ => {}
    }
}

/// Returns the output besides Secrets, the report and the quoted lines, and whether a Secret has the canary.
fn planted(folder: &Path, files: &[String]) -> (String, bool) {
    let mut environment = Environment::default();
    let mut texts = files.to_vec();
    texts.push(folder.join("compose.yaml").to_str().unwrap().to_owned());
    for text in texts.iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
        for (name, _) in variables(&text).into_iter().filter(|(name, _)| looks_secret(name)) {
            environment.set(name, CANARY, Origin::Process);
        }
    }
    let folder_text = folder.to_str().unwrap().to_owned();
    let find = Find { files: files.to_vec(), folder: folder_text.clone(), environment, ..Find::default() };
    let mut found = discover(&find, &Planted).unwrap();
    found.request.profiles = vec!["*".to_owned()];
    let loaded = load_with(&found.request, &Planted, found.sources);
    let mut project = loaded.project.unwrap();
    plant(&mut project.tree);
    let converted = convert(&project, &Planted, &Options::default());
    let open = stream(&manifests(&converted, Secrets::Skip).unwrap());
    let lines = serde_json::to_string(&report(&converted.entries, &loaded.sources, &folder_text)).unwrap();
    let stored = converted.objects.secrets.values().flat_map(|data| data.values());
    let stored = stored.into_iter().any(|value| String::from_utf8_lossy(value).contains(CANARY));
    assert!(!stored || Quiet::default().and(&converted).said(CANARY) == "********");
    (open + &lines, stored)
}

#[test]
fn every_secret_appears_only_in_secrets() {
    let mut stored = 0;
    for case in cases() {
        let (open, found) = planted(&case, &[]);
        assert!(!open.contains(CANARY), "{}:\n{open}", case.display());
        stored += usize::from(found);
    }
    assert!(stored > 3, "the canary was planted {stored} times");
}

#[test]
fn secrets_of_the_examples_appear_only_in_secrets() {
    for seed in COMMITTED.iter().chain(&OTHERS) {
        let files = seed.find().files;
        let (open, found) = planted(Path::new(&files[0]).parent().unwrap(), &files);
        assert!(found, "{}: no secret is there", files[0]);
        assert!(!open.contains(CANARY), "{}:\n{open}", files[0]);
    }
}

#[test]
#[ignore = "needs a corpus: make corpus"]
fn secrets_of_public_compose_files_appear_only_in_secrets() {
    let mut stored = 0;
    for Find { files, .. } in public::projects() {
        let (open, found) = planted(Path::new(&files[0]).parent().unwrap(), &files);
        assert!(!open.contains(CANARY), "{}:\n{open}", files[0]);
        stored += usize::from(found);
    }
    assert!(stored >= 40, "the canary was planted {stored} times");
}
