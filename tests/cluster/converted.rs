//! Objects of converted Compose projects: the API server accepts each under strict validation.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, future,
    path::Path,
};

use compose_loader::{discover::Options as Find, disk::Disk};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, ValidationDirective};
use serde_json::Value;
use stackwright::{
    convert::{
        Converted, Folders,
        output::{self, Secrets, manifests},
    },
    translate::{Desired, Facts, Invalid, Privilege, Privileges, translate},
};

use crate::{
    examples::{COMMITTED, Deployed, OTHERS, Seed},
    projects, public,
    support::{Scenario, Setup},
};

#[test]
fn all_converted_projects_pass_a_dry_run_of_the_api_server() {
    Setup::without_operator().run(async |s| {
        let seeds = COMMITTED.iter().chain(&OTHERS).map(Seed::find);
        let mut projects: Vec<_> = seeds.map(|find| project(find, &Deployed).expect("in order")).collect();
        let has_project = |find: &Find| Path::new(&find.folder).join("compose.yaml").exists();
        let cases = in_folder("tests/convert/cases").chain(in_folder("tests/golden").filter(has_project));
        projects.extend(cases.map(|find| project(find, &Disk).expect("in order")));
        // Some of these projects are refused by the loader, and others cannot run on any engine.
        let loaded =
            in_folder("crates/compose-loader/tests/projects").filter_map(|find| project(find, &Disk).ok());
        projects.extend(loaded.filter(|(_, converted)| rendered(converted).is_ok()));
        assert!(projects.len() >= 80, "{} projects", projects.len());
        dry_run(s, &projects).await;
    });
}

#[test]
fn a_relay_of_1024_ports_passes_a_dry_run_of_the_api_server() {
    Setup::without_operator().run(async |s| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut projects = Vec::new();
        for publish in ["LoadBalancer", "NodePort", "HostPort", "ClusterIP"] {
            let folder = folder.path().join(publish.to_lowercase());
            fs::create_dir(&folder).expect("a folder");
            let text = format!(
                "name: relay\nx-stackwright: {{publish: {publish}}}\nservices:\n  turn:\n    image: a:1\n    ports:\n    - '3478:3478'\n    \
                 - '3478:3478/udp'\n    - '49160-50181:49160-50181/udp'\n"
            );
            fs::write(folder.join("compose.yaml"), text).expect("a file");
            let find = Find { folder: folder.to_str().expect("UTF-8").to_owned(), ..Find::default() };
            let project = project(find, &Disk).expect("in order");
            assert_eq!(project.1.stack.spec.services["turn"].ports.len(), 1024);
            projects.push(project);
        }
        dry_run(s, &projects).await;
    });
}

#[test]
#[ignore = "needs a corpus: make corpus"]
fn all_converted_public_compose_files_pass_a_dry_run_of_the_api_server() {
    Setup::without_operator().run(async |s| {
        let projects = public::projects().into_iter().map(|find| project(find, &Disk).expect("in order"));
        dry_run(s, &projects.collect::<Vec<_>>()).await;
    });
}

/// Returns the projects in a folder of the repository.
fn in_folder(folder: &str) -> impl Iterator<Item = Find> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder").map(|it| it.expect("an entry").path());
    let paths: BTreeSet<_> = entries.collect();
    paths.into_iter().map(|path| Find { folder: path.to_str().expect("UTF-8").to_owned(), ..Find::default() })
}

/// A project's path and its objects.
type Project = (String, Converted);

fn project(find: Find, files: &dyn Folders) -> Result<Project, String> {
    let (_, _, converted) = projects::converted(&find, files, None)?;
    Ok((if find.files.is_empty() { find.folder } else { find.files.join(" ") }, converted))
}

/// Asserts that the API server accepts all objects of the projects.
async fn dry_run(s: &Scenario<'_>, projects: &[Project]) {
    let (mut objects, mut refused) = (Vec::new(), Vec::new());
    for (name, converted) in projects {
        match rendered(converted) {
            Ok(rendered) => objects.extend(rendered.into_iter().map(|object| (name, object))),
            Err(problems) => refused.push(format!("{name}: {problems}")),
        }
    }
    let mut kinds = BTreeMap::<&str, usize>::new();
    for (_, object) in &objects {
        *kinds.entry(object["kind"].as_str().expect("an object has a kind")).or_default() += 1;
    }
    println!("{} projects become {} objects: {kinds:?}", projects.len(), objects.len());
    let answers = stream::iter(&objects).map(|(name, object)| async move {
        let error = ask(s, object).await.err()?;
        Some(format!("{name}: {} {}: {error}", object["kind"], object["metadata"]["name"]))
    });
    refused.extend(answers.buffered(32).filter_map(future::ready).collect::<Vec<_>>().await);
    assert!(refused.is_empty(), "{} are refused:\n{}", refused.len(), refused.join("\n"));
}

/// Returns the Stack with its ConfigMaps and Secrets, and the objects that the operator creates in a namespace with every
/// privilege, or the problems of the Stack.
fn rendered(converted: &Converted) -> Result<Vec<Value>, Invalid> {
    let written = output::stream(&manifests(converted, Secrets::Plain).expect("it can be written"));
    let mut objects: Vec<Value> = serde_saphyr::from_multiple(&written).expect("it can be read again");
    let facts = Facts {
        privileges: Privileges(Privilege::ALL.into()),
        helper_image: Some("stackwright:1".to_owned()),
        ..projects::facts(converted)
    };
    let bodies = |desired: Desired| desired.objects().into_iter().map(|object| object.body);
    objects.extend(bodies(translate(&converted.stack, &facts)?));
    // Includes services of inactive profiles, unless they conflict with others.
    let mut whole = converted.stack.clone();
    whole.spec.profiles = vec!["*".to_owned()];
    for body in translate(&whole, &facts).map(bodies).into_iter().flatten() {
        if !objects.contains(&body) {
            objects.push(body);
        }
    }
    Ok(objects)
}

/// Returns the API server's answer to an object.
async fn ask(s: &Scenario<'_>, object: &Value) -> kube::Result<DynamicObject> {
    let params = PatchParams {
        dry_run: true,
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply("stackwright").force()
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    let api = if kind == "PersistentVolume" {
        // The only cluster-scoped kind that `convert` writes.
        Api::all_with(s.admin(), &ApiResource::erase::<PersistentVolume>(&()))
    } else {
        s.api(&kind)
    };
    api.patch(&name, &params, &Patch::Apply(object)).await
}
