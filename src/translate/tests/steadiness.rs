//! What rolls the pods of a service, and what does not.

use serde_json::{Value, json};

use crate::api::{
    Stack, TemplateHash,
    labels::{IMAGES, NETWORK_PREFIX, READS, TEMPLATE},
};
use crate::text::{long_hash, short_hash};
use crate::translate::{
    Facts, HashKey, Image, LiveWorkload, ObjectKind, ServerVersion, Unit, content_digest, helper_image,
    recalled, translate,
};

fn stack(volumes: &Value, secrets: &Value) -> Stack {
    serde_json::from_value(json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "uid": "u"},
        "spec": {
            "services": {"db": {
                "image": "db:1", "restart": "always", "volumes": volumes, "secrets": secrets,
                "environmentFrom": {"PASSWORD": {"secretKeyRef": {"name": "db", "key": "password"}}},
            }},
            "volumes": {"data": {}},
            "secrets": {"token": {"secret": {"name": "db", "key": "token"}}},
        },
    }))
    .unwrap()
}

fn with_volume() -> Stack {
    stack(&json!([{"source": "data", "target": "/data"}]), &json!([]))
}

/// Facts in which the Secret `db` has these keys, each with the digest of its value.
fn secret(keys: &[(&str, &str)]) -> Facts {
    let keys = keys.iter().map(|(key, digest)| ((*key).to_owned(), (*digest).to_owned())).collect();
    Facts {
        objects: [((ObjectKind::Secret, "db".to_owned()), keys)].into(),
        hash_keys: [("db".to_owned(), HashKey::of("its UID"))].into(),
        ..Facts::default()
    }
}

fn db(stack: &Stack, facts: &Facts) -> Unit {
    translate(stack, facts).unwrap().units["db"].clone()
}

/// The facts once the unit is on the cluster.
fn with_live(facts: &Facts, unit: &Unit) -> Facts {
    let body = unit.workload.as_ref().unwrap().object().body;
    let template = &body["spec"]["template"];
    let reads = template["metadata"]["annotations"][READS].as_str();
    let live = LiveWorkload {
        template: Some(unit.template.clone()),
        reads: reads.map(str::to_owned),
        helper_image: helper(unit),
    };
    Facts { live_workloads: [("db".to_owned(), live)].into(), ..facts.clone() }
}

fn helper(unit: &Unit) -> Option<String> {
    helper_image(&unit.workload.as_ref().unwrap().object().body["spec"]["template"])
}

#[test]
fn only_a_change_of_a_read_key_replaces_pods() {
    let variable = with_volume();
    let first = db(&variable, &secret(&[("password", "1"), ("other", "1")]));
    assert_eq!(first.template, db(&variable, &secret(&[("password", "1"), ("other", "2")])).template);
    assert_ne!(first.template, db(&variable, &secret(&[("password", "2"), ("other", "1")])).template);
    let files = stack(&json!([]), &json!([{"source": "token"}]));
    let token = |digest| db(&files, &secret(&[("password", "1"), ("token", digest)])).template;
    assert_ne!(token("1"), token("2"), "files count like variables");
}

#[test]
fn a_secret_that_disappears_and_comes_back_replaces_no_pods() {
    let stack = with_volume();
    let facts = secret(&[("password", "1")]);
    let before = db(&stack, &facts);
    let gone = Facts { objects: Default::default(), ..with_live(&facts, &before) };
    let meanwhile = db(&stack, &gone);
    assert_eq!(meanwhile.template, before.template);
    assert_eq!(meanwhile.missing.len(), 1, "it is missed all the same");
    let back = with_live(&facts, &meanwhile);
    assert_eq!(db(&stack, &back).template, before.template);
    let other = Facts { objects: secret(&[("password", "2")]).objects, ..back };
    assert_ne!(db(&stack, &other).template, before.template);
}

fn reads(unit: &Unit) -> String {
    let body = unit.workload.as_ref().unwrap().object().body;
    body["spec"]["template"]["metadata"]["annotations"][READS].as_str().unwrap().to_owned()
}

#[test]
fn a_guessed_password_cannot_be_confirmed_by_the_hashes_on_pods() {
    let stack = with_volume();
    let password = content_digest(b"hunter2");
    let of_secret = |uid: &str| {
        let hash_keys = [("db".to_owned(), HashKey::of(uid))].into();
        reads(&db(&stack, &Facts { hash_keys, ..secret(&[("password", &password)]) }))
    };
    let told = of_secret("5d0c7d0e-6d5a-4a77-9f0e-0b6f3d1d7c11");
    assert_eq!(told.len(), 32, "no two values look alike");
    // All that whoever sees pods and the Stack knows, with the right guess, in each form that it ever had.
    let guesses = [
        json!(["u", [["Secret", "db", "password", password]]]),
        json!(["u", [["Secret", "db", "password", "", password]]]),
        json!(["u", [["Secret", "db", "password", HashKey::of("").text(), password]]]),
        json!(["u", [["Secret", "db", "password", HashKey::of("u").text(), password]]]),
    ];
    for guess in guesses {
        assert!(!long_hash(&guess.to_string()).starts_with(&told[..6]), "{guess}");
    }
    assert_ne!(told[..6], of_secret("another")[..6], "it depends on the UID alone");

    // Without a UID, as `render` has none, nothing is told of the value.
    let unkeyed = |digest: &str| {
        reads(&db(&stack, &Facts { hash_keys: Default::default(), ..secret(&[("password", digest)]) }))
    };
    assert_eq!(unkeyed("1"), unkeyed("2"));
}

#[test]
fn a_recreated_secret_replaces_the_pods_of_its_readers() {
    let stack = with_volume();
    let facts = secret(&[("password", "1")]);
    let before = db(&stack, &facts);
    let anew =
        Facts { hash_keys: [("db".to_owned(), HashKey::of("new"))].into(), ..with_live(&facts, &before) };
    assert_ne!(db(&stack, &anew).template, before.template);
}

#[test]
fn an_upgrade_keeps_the_hash_of_read_keys_and_a_change_uses_the_hash_with_a_key() {
    let stack = with_volume();
    let facts = secret(&[("password", "1")]);
    let new = db(&stack, &facts);
    let mut template = new.workload.as_ref().unwrap().object().body["spec"]["template"].take();
    in_second_edition(&mut template);
    let second = TemplateHash::from(short_hash(&template.to_string()));
    let mut live = with_live(&facts, &new);
    let workload = live.live_workloads.get_mut("db").unwrap();
    workload.template = Some(second.clone());
    workload.reads = template["metadata"]["annotations"][READS].as_str().map(str::to_owned);
    let kept = db(&stack, &live);
    assert_eq!((&kept.template, reads(&kept).len()), (&second, 6));
    let gone = Facts { objects: Default::default(), ..live.clone() };
    assert_eq!(db(&stack, &gone).template, second, "also while the Secret is gone");
    let changed = db(&stack, &Facts { objects: secret(&[("password", "2")]).objects, ..live });
    assert!(changed.template != second && reads(&changed).len() == 32);
}

#[test]
fn the_same_password_has_different_hashes_in_two_stacks() {
    let (one, mut other) = (with_volume(), with_volume());
    other.metadata.uid = Some("another".to_owned());
    let facts = secret(&[("password", "1")]);
    assert_ne!(db(&one, &facts).template, db(&other, &facts).template);
}

#[test]
fn another_version_of_the_helper_replaces_no_pods() {
    let stack = with_volume();
    let with_image = |facts: Facts, image: &str| Facts { helper_image: Some(image.to_owned()), ..facts };
    let facts = with_image(secret(&[("password", "1")]), "stackwright:1");
    let before = db(&stack, &facts);
    assert_eq!(helper(&before).as_deref(), Some("stackwright:1"));

    let later = with_image(with_live(&facts, &before), "stackwright:2");
    assert_eq!(db(&stack, &later).workload, before.workload);
    let gone = Facts { helper_image: None, ..with_live(&facts, &before) };
    assert_eq!(db(&stack, &gone).workload, before.workload);

    let changed = Facts { objects: secret(&[("password", "2")]).objects, ..later };
    assert_eq!(helper(&db(&stack, &changed)).as_deref(), Some("stackwright:2"));
}

#[test]
fn a_first_helper_replaces_only_pods_whose_files_change() {
    let helped = |facts: &Facts| Facts { helper_image: Some("stackwright:1".to_owned()), ..facts.clone() };
    let facts = secret(&[("password", "1"), ("token", "1")]);
    let volume = with_volume();
    let before = db(&volume, &facts);
    assert_eq!(db(&volume, &helped(&with_live(&facts, &before))).workload, before.workload);

    let owned = stack(&json!([]), &json!([{"source": "token", "uid": 1000}]));
    let before = db(&owned, &facts);
    assert_ne!(db(&owned, &helped(&with_live(&facts, &before))).template, before.template);
}

#[test]
fn the_stored_image_metadata_reproduces_the_template() {
    let stack = with_volume();
    let image: Image = serde_json::from_value(json!({
        "image": "db:1", "digest": "sha256:1", "ports": [{"port": 53, "protocol": "UDP"}], "volumes": ["/more"],
        "user": "db", "command": ["serve"], "shell": ["/bin/bash", "-c"],
        "healthcheck": {"test": ["CMD-SHELL", "check"], "interval": "1500ms", "startPeriod": "2m", "retries": 7},
    }))
    .unwrap();
    let knowing = |image: &Image| Facts {
        images: [("db".to_owned(), image.clone())].into(),
        ..secret(&[("password", "1")])
    };
    let before = db(&stack, &knowing(&image));
    let workload = before.workload.as_ref().unwrap().object().body;
    let text = workload["metadata"]["annotations"][IMAGES].as_str().unwrap();
    assert_eq!(recalled(text), [("db".to_owned(), image.clone())].into());
    let moved = Image { digest: Some("sha256:2".to_owned()), ..image };
    assert_eq!(db(&stack, &knowing(&moved)).template, before.template, "the digest alone rolls nobody");
}

/// The hash of what the first edition of the operator made: today's template without what came later.
fn of_first_edition(unit: &Unit) -> TemplateHash {
    of_first_edition_with(unit, ("", ""))
}

/// The same, with a text in place of another one.
fn of_first_edition_with(unit: &Unit, (from, to): (&str, &str)) -> TemplateHash {
    let mut template = unit.workload.as_ref().unwrap().object().body["spec"]["template"].take();
    in_second_edition(&mut template);
    let sysctls = template["spec"]["securityContext"]["sysctls"].as_array_mut().unwrap();
    sysctls.retain(|sysctl| sysctl["name"] != PING);
    for volume in template["spec"]["volumes"].as_array_mut().unwrap() {
        if let Some(Value::Array(sources)) = volume.pointer_mut("/projected/sources") {
            sources.retain(|source| source["downwardAPI"].is_null());
        }
    }
    // What stands for the helper's image while a template is hashed.
    let template = template.to_string().replace("\"stackwright:1\"", "\"(helper)\"");
    short_hash(&if from.is_empty() { template } else { template.replace(from, to) }).into()
}

/// A template as the second edition had it: with short labels, and a hash of what is read that had no key. The password
/// is the one of the digest `1`.
fn in_second_edition(template: &mut Value) {
    let annotations = template["metadata"]["annotations"].as_object_mut().unwrap();
    annotations.remove(TEMPLATE);
    let read = json!(["u", [["Secret", "db", "password", "1"]]]).to_string();
    annotations[READS] = json!(short_hash(&read)[..6]);
    let labels = template["metadata"]["labels"].as_object_mut().unwrap();
    labels.retain(|label, _| !label.starts_with(NETWORK_PREFIX));
    labels.insert(format!("{NETWORK_PREFIX}{}", short_hash("shop/default")), json!(""));
}

const PING: &str = "net.ipv4.ping_group_range";

#[test]
fn an_upgrade_keeps_templates_and_a_change_uses_the_newest_edition() {
    let stack = with_volume();
    let may_ping = |unit: &Unit| unit.workload.as_ref().unwrap().object().body.to_string().contains(PING);
    let other = secret(&[("password", "2")]);
    for helper_image in [None, Some("stackwright:1".to_owned())] {
        let facts = Facts { helper_image, ..secret(&[("password", "1")]) };
        let new = db(&stack, &facts);
        assert!(may_ping(&new));
        let mut live = with_live(&facts, &new);
        let first = of_first_edition(&new);
        live.live_workloads.get_mut("db").unwrap().template = Some(first.clone());
        live.helper_image = Some("stackwright:2".to_owned());
        let kept = db(&stack, &live);
        assert_eq!((&kept.template, may_ping(&kept), helper(&kept)), (&first, false, helper(&new)));
        let changed = db(&stack, &Facts { objects: other.objects.clone(), ..live });
        assert!(changed.template != first && may_ping(&changed));

        let gone = Facts { released_templates: [("db".to_owned(), first.clone())].into(), ..facts };
        assert_eq!(db(&stack, &gone).template, first, "also where only the status remembers it");
    }
}

/// A service of user 1000 with a tree of one file, of these permission bits, below which a volume is mounted.
fn with_tree(mode: &str, nocopy: bool) -> Stack {
    let mut stack =
        stack(&json!([{"source": "data", "target": "/etc/db/data", "nocopy": nocopy}]), &json!([]));
    let db = stack.spec.services.get_mut("db").unwrap();
    db.user = Some("1000:1000".to_owned());
    let file = json!({"path": "key", "mode": mode, "secretKeyRef": {"name": "db", "key": "password"}});
    db.files = serde_json::from_value(json!([{"target": "/etc/db", "files": [file]}])).unwrap();
    stack
}

#[test]
fn an_upgrade_keeps_trees_with_private_files_and_with_mounts_below_them() {
    const PLACES: &str = "downwardAPI";
    let text = |unit: &Unit| unit.workload.as_ref().unwrap().object().body.to_string();
    for (helper_image, nocopy, in_first_edition) in [
        (None, false, true),
        (Some("stackwright:1"), false, true),
        (None, true, true),
        (Some("stackwright:1"), true, false),
    ] {
        let row = format!("{helper_image:?} {nocopy}");
        let helped = Some("stackwright:1".to_owned());
        let facts = Facts { helper_image: helper_image.map(str::to_owned), ..secret(&[("password", "1")]) };
        let stack = with_tree("0600", nocopy);
        let new = db(&stack, &facts);
        assert!(text(&new).contains(PLACES), "{row}");
        assert_eq!(text(&new).contains("--copy"), helper_image.is_some(), "{row}");
        assert_eq!(text(&new).contains("--lay"), helper_image.is_some() && nocopy, "{row}");

        // The first edition made no copy of a file that others may not read, as today's makes none of one that they may,
        // and did nothing for a volume that begins empty.
        let without = if in_first_edition { facts.clone() } else { secret(&[("password", "1")]) };
        let public = db(&with_tree("0604", nocopy), &without);
        let first = of_first_edition_with(&public, ("\"mode\":388", "\"mode\":384"));
        let mut live = with_live(&without, &public);
        live.live_workloads.get_mut("db").unwrap().template = Some(first.clone());
        live.helper_image = helped;
        let kept = db(&stack, &live);
        assert_eq!(kept.template, first, "{row}");
        assert!(!text(&kept).contains(PLACES) && !text(&kept).contains("--copy"), "{row}");
        let changed = db(&stack, &Facts { objects: secret(&[("password", "2")]).objects, ..live });
        assert!(text(&changed).contains(PLACES) && text(&changed).contains("--copy"), "{row}");
    }
}

/// A task of the helper as the second edition wrote it: without a record of the files, and a folder alone where the Stack has
/// no files.
fn without_record(task: &str) -> String {
    let Some(task) = task.strip_prefix("--lay=") else { return task.to_owned() };
    match task.split(':').collect::<Vec<_>>()[..] {
        ["", root, user, group, _, _, folder] => format!("--folder={root}:{user}:{group}:{folder}"),
        [from, root, user, group, _, _, folder] => format!("--lay={from}:{root}:{user}:{group}:{folder}"),
        _ => panic!("{task}"),
    }
}

#[test]
fn an_upgrade_keeps_templates_of_volumes_into_which_the_helper_writes_files() {
    let mounts = json!([
        {"source": "data", "target": "/data", "nocopy": true}, {"source": "conf", "target": "/conf"},
    ]);
    let mut stack = stack(&mounts, &json!([]));
    let file = json!({"path": "key", "secretKeyRef": {"name": "db", "key": "password"}});
    let conf = json!({"files": [file], "folders": ["empty"]});
    stack.spec.volumes.insert("conf".to_owned(), serde_json::from_value(conf).unwrap());
    let facts = Facts { helper_image: Some("stackwright:1".to_owned()), ..secret(&[("password", "1")]) };
    let new = db(&stack, &facts);
    let mut template = new.workload.as_ref().unwrap().object().body["spec"]["template"].take();
    in_second_edition(&mut template);
    let tasks = template["spec"]["initContainers"][0]["args"].as_array_mut().unwrap();
    let recorded = tasks.iter().filter(|task| task.as_str().unwrap().starts_with("--lay=")).count();
    assert_eq!(recorded, 2, "{tasks:?}");
    // The tasks of folders come last.
    let (files, folders): (Vec<_>, Vec<_>) = tasks
        .iter()
        .map(|task| without_record(task.as_str().unwrap()))
        .partition(|task| !task.starts_with("--folder=") || task.ends_with("empty"));
    *tasks = files.into_iter().chain(folders).map(Value::from).collect();
    let second =
        TemplateHash::from(short_hash(&template.to_string().replace("\"stackwright:1\"", "\"(helper)\"")));
    let mut live = with_live(&facts, &new);
    live.live_workloads.get_mut("db").unwrap().template = Some(second.clone());
    assert_eq!(db(&stack, &live).template, second);
    let changed = db(&stack, &Facts { objects: secret(&[("password", "2")]).objects, ..live });
    assert_eq!(
        changed.template,
        db(&stack, &Facts { objects: secret(&[("password", "2")]).objects, ..facts }).template
    );
}

#[test]
fn an_upgrade_of_kubernetes_keeps_templates_and_a_change_uses_the_new_fields() {
    let at = |facts: Facts, minor: u32| Facts { version: ServerVersion { minor }, ..facts };
    let stack = with_volume();
    let hostname =
        |unit: &Unit| unit.workload.as_ref().unwrap().pod_spec().unwrap().hostname_override.clone();
    let facts = at(secret(&[("password", "1")]), 34);
    let before = db(&stack, &facts);
    assert_eq!(hostname(&before), None);
    for minor in 35..=37 {
        let upgraded = at(with_live(&facts, &before), minor);
        assert_eq!(db(&stack, &upgraded).workload, before.workload);
        let gone = Facts {
            released_templates: [("db".to_owned(), before.template.clone())].into(),
            ..at(facts.clone(), minor)
        };
        assert_eq!(db(&stack, &gone).template, before.template, "also where only the status remembers it");
        let changed = db(&stack, &Facts { objects: secret(&[("password", "2")]).objects, ..upgraded });
        assert_eq!(hostname(&changed).as_deref(), Some("db"));
        let older = at(with_live(&facts, &changed), 34);
        let older = Facts { objects: secret(&[("password", "2")]).objects, ..older };
        assert_eq!(
            db(&stack, &older).workload,
            changed.workload,
            "an older node that joins changes nothing either"
        );
    }
}

#[test]
fn a_service_that_mounts_an_image_continues_when_an_older_node_joins() {
    let stack = stack(&json!([{"image": "files:1", "target": "/files"}]), &json!([]));
    let facts = secret(&[("password", "1")]);
    let before = db(&stack, &facts);
    let old = Facts { version: ServerVersion { minor: 34 }, ..facts.clone() };
    assert!(translate(&stack, &old).is_err(), "a new one would not start there");
    let joined = Facts { version: old.version, ..with_live(&facts, &before) };
    assert_eq!(db(&stack, &joined).workload, before.workload);
}

#[test]
fn a_host_name_that_no_longer_resolves_replaces_no_pods() {
    let stack = |other: &str| -> Stack {
        let service = |hostname: &str, network: &str| json!({"image": "db:1", "restart": "always", "hostname": hostname, "networks": {network: {}}});
        serde_json::from_value(json!({
            "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "shop", "uid": "u"},
            "spec": {
                "services": {"db": service("primary", "one"), "other": service(other, "two")},
                "networks": {"one": {}, "two": {}},
            },
        }))
        .unwrap()
    };
    let facts = Facts::default();
    let frontends =
        |unit: &Unit| unit.frontends.iter().map(|frontend| frontend.name.clone()).collect::<Vec<_>>();
    let (alone, astray) = (db(&stack("replica"), &facts), db(&stack("primary"), &facts));
    assert_eq!(alone.template, astray.template);
    assert_eq!(
        (frontends(&alone), frontends(&astray)),
        (vec!["db".to_owned(), "primary".to_owned()], vec!["db".to_owned()])
    );
}
