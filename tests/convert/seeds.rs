//! The example projects. Each becomes the Stack that is committed in `examples/PROJECT/stack`. `UPDATE_GOLDEN=1`
//! rewrites it.

use std::collections::BTreeMap;
use std::fs;

use compose_loader::{Environment, MemoryFiles, Origin, discover::Options as Find, disk::Disk};
use stackwright::api::{DependencyCondition, FileTree, Service, StackSpec};
use stackwright::convert::output::{Secrets, kustomization, manifests};
use stackwright::convert::{Converted, Folders};
use stackwright::rules::{self, Verdict};
use stackwright::translate::{Kind, translate};

use super::coverage::without_verdict;
use super::examples::{COMMITTED, Deployed, OTHERS, Seed, folder};
use super::{problems, projects};

/// Converts a project, and checks that each value has a verdict.
fn converted(seed: &Seed) -> Converted {
    let (project, _, converted) = projects::converted(&seed.find(), &Deployed, None)
        .unwrap_or_else(|errors| panic!("{}: {errors}", seed.project));
    let missing = without_verdict(&project, &converted);
    assert!(missing.is_empty(), "{}: {missing:?}", seed.project);
    converted
}

/// Converts a project of one text with these variables.
fn of_text(text: &str, variables: &[(&str, &str)]) -> Converted {
    let mut memory = MemoryFiles::default();
    memory.add("/p/compose.yaml", text);
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.set(*name, *value, Origin::Process);
    }
    let find = Find { folder: "/p".to_owned(), environment, ..Find::default() };
    projects::converted(&find, &memory, None).unwrap().2
}

fn committed(project: &str) -> Converted {
    converted(COMMITTED.iter().find(|seed| seed.project == project).unwrap())
}

fn other(project: &str) -> Converted {
    converted(OTHERS.iter().find(|seed| seed.project == project).unwrap())
}

#[test]
fn each_example_becomes_its_committed_stack() {
    let mut wrong = Vec::new();
    for seed in COMMITTED {
        let mut files = manifests(&converted(&seed), Secrets::Skip).unwrap();
        files.push(("kustomization.yaml".to_owned(), kustomization(&files, None)));
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let folder = folder(seed.project).join("stack");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            files.iter().for_each(|(name, text)| fs::write(folder.join(name), text).unwrap());
        }
        let names =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeMap<String, String> =
            names.map(|name| (name.clone(), fs::read_to_string(folder.join(name)).unwrap())).collect();
        if there != files {
            wrong.push(seed.project);
        }
    }
    assert!(wrong.is_empty(), "run with UPDATE_GOLDEN=1 if this is meant, and read what changed: {wrong:?}");
}

#[test]
fn each_way_of_starting_an_example_converts_without_a_refusal_and_can_be_translated() {
    for seed in COMMITTED.iter().chain(&OTHERS) {
        let converted = converted(seed);
        let refused: Vec<_> = converted.refused(&[]).map(|entry| (&entry.pointer, entry.reason())).collect();
        assert!(refused.is_empty(), "{} {:?}: {refused:?}", seed.project, seed.files);
        let problems = problems(&converted.stack);
        assert!(problems.is_empty(), "{} {:?}: {problems:?}", seed.project, seed.files);
    }
}

fn service<'a>(converted: &'a Converted, name: &str) -> &'a Service {
    &converted.stack.spec.services[name]
}

fn tree<'a>(service: &'a Service, target: &str) -> &'a FileTree {
    service.files.iter().find(|tree| tree.target == target).unwrap()
}

fn spec(converted: &Converted) -> &StackSpec {
    &converted.stack.spec
}

/// Returns the pointers of a rule's entries.
fn said(converted: &Converted, id: &str) -> Vec<String> {
    let entries = converted.entries.iter().filter(|entry| entry.rule.is_some_and(|rule| rule.id == id));
    entries.map(|entry| entry.pointer.clone()).collect()
}

#[test]
fn item_1_six_services_become_one_stack_with_six_volumes_of_their_own() {
    let converted = committed("scripteam");
    assert_eq!(spec(&converted).services.len(), 6);
    let named = spec(&converted).volumes.keys().filter(|name| !name.starts_with("data-"));
    assert_eq!(named.count(), 6);
}

#[test]
fn item_2_two_layers_in_two_files_become_one_stack() {
    let converted = committed("infinite-scribe");
    let gateway = service(&converted, "api-gateway");
    let condition = gateway.depends_on["postgres"].condition;
    assert_eq!(condition, Some(DependencyCondition::ServiceHealthy));
    assert!(spec(&converted).services.contains_key("postgres"));
}

#[test]
fn item_3_json_in_an_environment_stays_as_it_is() {
    let converted = committed("infinite-scribe");
    let plugins = &service(&converted, "neo4j").environment["NEO4J_PLUGINS"].0;
    assert_eq!(plugins, r#"["apoc", "graph-data-science"]"#);
}

#[test]
fn item_4_optional_services_keep_their_profiles_and_none_is_active() {
    let converted = committed("infinite-scribe");
    assert_eq!(spec(&converted).profiles, ["*"; 0]);
    assert_eq!(service(&converted, "milvus").profiles, ["vector"]);
    assert_eq!(service(&converted, "agent-outliner").depends_on["kafka"].required, Some(false));
}

#[test]
fn item_5_agents_share_one_image_and_differ_in_their_type() {
    let converted = committed("infinite-scribe");
    for agent in ["agent-worldsmith", "agent-plotmaster", "agent-outliner"] {
        let service = service(&converted, agent);
        assert_eq!(service.image, "infinite-scribe-backend:1.4.0");
        assert_eq!(service.environment["SERVICE_TYPE"].0, agent);
    }
}

#[test]
fn item_8_container_names_become_aliases() {
    let converted = committed("scripteam");
    assert_eq!(service(&converted, "api").container_name.as_deref(), Some("scripteam-api"));
}

#[test]
fn item_9_a_second_file_in_its_own_folder_is_its_own_stack() {
    let seed = &OTHERS[5];
    assert_eq!(converted(seed).stack.metadata.name.as_deref(), Some("backend"));
}

#[test]
fn item_10_a_development_file_adds_a_mock_and_leaves_other_services_alone() {
    let (production, development) = (committed("scripteam"), other("scripteam"));
    assert!(spec(&development).services.contains_key("gpt-oss-mock"));
    for name in ["n8n", "postgres", "redis", "nginx"] {
        let (a, b) = (service(&production, name), service(&development, name));
        assert_eq!(serde_json::to_value(a).unwrap(), serde_json::to_value(b).unwrap(), "{name}");
    }
}

#[test]
fn item_11_a_folder_of_workflows_is_mounted_read_only_with_all_its_files() {
    let converted = committed("scripteam");
    let import = tree(service(&converted, "n8n"), "/import");
    let mut listed = Disk.list(folder("scripteam/n8n-workflows").to_str().unwrap()).unwrap();
    listed.sort();
    let paths: Vec<_> = import.files.iter().map(|file| file.path.clone().unwrap()).collect();
    assert_eq!(paths, listed);
    assert_eq!(import.read_only, None);
}

#[test]
fn item_12_a_model_server_keeps_its_limits_and_reservations() {
    let converted = committed("scripteam");
    let resources = service(&converted, "gpt-oss").deploy.clone().unwrap().resources.unwrap();
    let (limits, reservations) = (resources.limits.unwrap(), resources.reservations.unwrap());
    assert_eq!(limits.memory.unwrap().0, "16Gi");
    assert_eq!(reservations.memory.unwrap().0, "8Gi");
}

#[test]
fn item_13_a_volume_of_two_services_is_one_volume_and_is_reported() {
    let converted = committed("scripteam");
    let has = |name: &str| {
        service(&converted, name).volumes.iter().any(|mount| mount.source.as_deref() == Some("upload_data"))
    };
    assert!(has("api") && has("nginx"));
    assert_eq!(said(&converted, "shared-volume"), ["/services/nginx/volumes/2/source"]);
    assert_eq!(said(&converted, "several-writers"), Vec::<String>::new());
}

#[test]
fn item_15_one_project_takes_its_values_from_three_environments() {
    let of = |variables: &'static str| {
        let converted = converted(&Seed { variables, ..COMMITTED[1] });
        service(&converted, "api-gateway").environment["NODE_ENV"].0.clone()
    };
    let values = [of(".env.local"), of(".env.dev"), of(".env.test")];
    let expected = [".env.local", ".env.dev", ".env.test"].map(|name| {
        let text = fs::read_to_string(folder("infinite-scribe").join(name)).unwrap();
        text.lines().find_map(|line| line.strip_prefix("NODE_ENV=")).unwrap_or("development").to_owned()
    });
    assert_eq!(values, expected);
}

#[test]
fn item_19_keys_and_passwords_are_read_from_secrets() {
    let converted = committed("code-checker");
    let from = &service(&converted, "code-checker").environment_from;
    assert!(from.contains_key("OPENAI_API_KEY"), "{from:?}");
    assert_eq!(service(&converted, "postgres").secrets[0].source, "db_password");
    let file = &service(&converted, "postgres").environment["POSTGRES_PASSWORD_FILE"].0;
    assert_eq!(file, "/run/secrets/db_password");
}

#[test]
fn item_21_localhost_in_a_frontend_is_reported() {
    let frontend = "/services/frontend/environment/VITE_API_BASE_URL".to_owned();
    assert!(said(&other("loc8"), "browser-localhost").contains(&frontend));
    assert_eq!(
        said(&other("finity"), "browser-localhost"),
        [
            "/services/finity-frontend/environment/VITE_API_URL",
            "/services/finity-frontend/environment/VITE_SUBSCRIPTION_API_URL"
        ]
    );
}

#[test]
fn item_22_plain_settings_stay_and_one_variable_sets_the_public_host() {
    let converted = committed("finity");
    let backend = service(&converted, "finity-backend");
    assert_eq!(backend.environment["CORS_ORIGINS"].0, "http://localhost:3000");
    assert_eq!(backend.environment["BACKEND_CORS_ORIGINS"].0, r#"["http://localhost:3000"]"#);
    let text = "services:
  web:
    image: a:1
    ports: ['80:80']
    environment: {CORS_ORIGINS: 'https://${PUBLIC_HOST}', FRONTEND_URL: 'https://${PUBLIC_HOST}/', ENABLE_X: 'true'}
    x-stackwright: {ingress: [{host: '${PUBLIC_HOST}'}]}";
    let converted = of_text(text, &[("PUBLIC_HOST", "shop.example.com")]);
    let web = service(&converted, "web");
    assert_eq!(web.ingress[0].host.as_deref(), Some("shop.example.com"));
    assert_eq!(web.environment["CORS_ORIGINS"].0, "https://shop.example.com");
    assert_eq!(web.environment["FRONTEND_URL"].0, "https://shop.example.com/");
    assert_eq!(web.environment["ENABLE_X"].0, "true");
    assert_eq!([said(&converted, "public-localhost"), said(&converted, "missing-ingress")].concat(), [""; 0]);
}

#[test]
fn item_23_configuration_files_become_keys_with_their_text() {
    let converted = committed("scripteam");
    let file = tree(service(&converted, "nginx"), "/etc/nginx/nginx.conf").files[0].clone();
    let reference = file.config_map_key_ref.unwrap();
    let kept = &converted.objects.config_maps[&reference.name][&reference.key];
    assert_eq!(*kept, fs::read(folder("scripteam/infrastructure/nginx/nginx.conf")).unwrap());
}

#[test]
fn item_24_scripts_that_initialise_a_database_stay_executable() {
    let converted = committed("finity");
    let script = tree(service(&converted, "finity-db"), "/docker-entrypoint-initdb.d/docker-init-db.sh");
    assert_eq!(script.files[0].mode.as_deref(), Some("0755"));
}

#[test]
fn item_25_certificates_are_keys_of_a_secret() {
    for (project, target) in [("scripteam", "/etc/nginx/ssl"), ("loc8", "/etc/nginx/ssl")] {
        let converted = committed(project);
        let files = &tree(service(&converted, "nginx"), target).files;
        assert_eq!(files.len(), 2);
        assert!(files.iter().all(|file| file.secret_key_ref.is_some() && file.config_map_key_ref.is_none()));
    }
}

#[test]
fn item_33_one_shots_stay_one_shots() {
    let converted = committed("infinite-scribe");
    assert_eq!(service(&converted, "minio-init").restart.as_deref(), Some("no"));
    let api = &service(&converted, "prefect-api").depends_on["prefect-migrate"];
    assert_eq!(api.condition, Some(DependencyCondition::ServiceCompletedSuccessfully));
}

#[test]
fn item_37_only_services_on_a_network_reach_each_other() {
    for (project, network) in [
        ("infinite-scribe", "infinite-scribe-network"),
        ("loc8", "loc8-network"),
        ("finity", "finity-network"),
    ] {
        let converted = committed(project);
        let on_it = |service: &Service| service.networks.contains_key(network);
        assert!(spec(&converted).services.values().all(on_it), "{project}");
        let desired = translate(&converted.stack, &projects::facts(&converted)).unwrap();
        let policies = desired.shared.iter().filter(|object| object.kind == Kind::NetworkPolicy);
        let specs: Vec<_> = policies.map(|policy| &policy.body["spec"]).collect();
        let [policy] = specs[..] else { panic!("{project}: {specs:?}") };
        // A policy selects its clients by label in its own namespace, and has no other selector.
        let peers = serde_json::json!([{"from": [{"podSelector": policy["podSelector"]}]}]);
        assert_eq!(policy["ingress"], peers, "{project}");
        assert_eq!(policy["policyTypes"], serde_json::json!(["Ingress"]), "{project}");
    }
}

#[test]
fn item_38_only_published_ports_are_reachable_from_outside() {
    let converted = committed("code-checker");
    let published = spec(&converted).services.iter().filter(|(_, service)| !service.ports.is_empty());
    assert_eq!(published.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code-checker"]);
    assert_eq!(service(&converted, "code-checker").ports[0].target, 3000);
}

#[test]
fn item_43_a_public_address_without_an_ingress_rule_is_reported() {
    assert_eq!(said(&committed("scripteam"), "missing-ingress"), ["/services/n8n/environment/WEBHOOK_URL"]);
}

#[test]
fn item_46_folders_of_logs_become_volumes_with_a_warning() {
    let converted = committed("scripteam");
    let logs = service(&converted, "api").volumes.iter().find(|mount| mount.target == "/app/logs").unwrap();
    assert!(spec(&converted).volumes.contains_key(logs.source.as_ref().unwrap()));
    assert!(said(&converted, "data-folder").contains(&"/services/api/volumes/1/source".to_owned()));
}

#[test]
fn item_47_a_volume_over_files_of_the_image_is_seeded() {
    let converted = committed("finity");
    let volumes = &service(&converted, "finity-backend-node").volumes;
    let modules = volumes.iter().find(|mount| mount.target == "/app/node_modules").unwrap();
    assert_eq!((modules.source.as_deref(), modules.nocopy), (Some("backend_node_modules"), None));
}

#[test]
fn item_55_amounts_are_powers_of_1024() {
    let converted = committed("code-checker");
    let resources = service(&converted, "postgres").deploy.clone().unwrap().resources.unwrap();
    let (limits, reservations) = (resources.limits.unwrap(), resources.reservations.unwrap());
    assert_eq!((limits.memory.unwrap().0, limits.cpus.map(|it| it.0)), ("200Mi".to_owned(), None));
    assert_eq!(reservations.memory.unwrap().0, "100Mi");
}

#[test]
fn item_61_replicas_that_write_one_volume_are_reported() {
    let text = "services: {web: {image: 'a:1', scale: 3, volumes: ['data:/data']}}\nvolumes: {data: {}}";
    let converted = of_text(text, &[]);
    assert_eq!(said(&converted, "shared-volume"), ["/services/web/volumes/0/source"]);
    assert_eq!(said(&converted, "several-writers"), ["/services/web/volumes/0/source"]);
}

#[test]
fn item_63_log_rotation_is_ignored_without_an_error() {
    let converted = committed("infinite-scribe");
    let logging = converted.entries.iter().filter(|entry| entry.pointer.ends_with("/logging"));
    let kinds: Vec<_> = logging.map(|entry| entry.kind).collect();
    assert!(
        kinds.len() > 5 && kinds.iter().all(|kind| *kind == rules::Kind::Verdict(Verdict::Ignored)),
        "{kinds:?}"
    );
}

#[test]
fn item_78_source_mounts_are_left_out_and_other_files_of_the_image_stay() {
    for (project, name) in [("loc8", "frontend"), ("scripteam", "api"), ("finity", "finity-frontend")] {
        let converted = other(project);
        let service = service(&converted, name);
        assert!(service.files.iter().all(|tree| tree.target != "/app"), "{project}");
        let modules = service.volumes.iter().find(|mount| mount.target == "/app/node_modules").unwrap();
        assert_eq!((modules.source.as_deref(), modules.nocopy), (None, None), "{project}");
        let dropped = said(&converted, "source-tree");
        assert!(
            dropped.iter().any(|at| at.starts_with(&format!("/services/{name}/volumes/"))),
            "{dropped:?}"
        );
    }
}
