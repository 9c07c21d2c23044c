//! The Stacks that are measured: the most of each kind that the definition takes.

use serde_json::{Map, Value, json};

/// What becomes of a Stack.
pub enum Expected {
    /// Its objects.
    Made,
    /// It is refused for the limit that this flag raises.
    TooLarge(&'static str),
    /// It has mistakes.
    Invalid,
}

pub struct Row {
    pub name: &'static str,
    pub stack: Value,
    /// The metadata of the image of each service.
    pub image: Value,
    pub expected: Expected,
}

const OBJECTS: Expected = Expected::TooLarge("--max-objects-per-stack");
const CLAIMS: Expected = Expected::TooLarge("--max-claims-per-stack");
const NAMES: Expected = Expected::TooLarge("--max-names-per-service");
const PORTS: Expected = Expected::TooLarge("--max-ports-per-service");
const MEMORY: Expected = Expected::TooLarge("--max-memory-per-stack");

/// Entries with the numbers below `count`.
fn map(count: usize, entry: impl Fn(usize) -> (String, Value)) -> Map<String, Value> {
    (0..count).map(entry).collect()
}

fn list(count: usize, item: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(item).collect()
}

/// A Stack of so many services.
fn services(count: usize, service: impl Fn(usize) -> Value) -> Value {
    with(count, service, json!({}))
}

/// The same with more in its spec.
fn with(count: usize, service: impl Fn(usize) -> Value, more: Value) -> Value {
    let mut spec = more;
    let named = |it: usize| {
        let mut service = service(it);
        service["image"] = json!("i");
        (format!("s{it}"), service)
    };
    spec["services"] = map(count, named).into();
    json!({
        "apiVersion": "stackwright.dev/v1alpha1", "kind": "Stack",
        "metadata": {"name": "s", "namespace": "n", "uid": "0123"}, "spec": spec,
    })
}

fn networks(count: usize) -> Value {
    json!({"networks": map(count, |it| (format!("n{it}"), json!({})))})
}

fn variables(count: usize, value: &str) -> Map<String, Value> {
    map(count, |it| (format!("V{it}"), json!(value)))
}

/// Texts that dial each of so many ports of a host.
fn dials(host: &str, ports: usize) -> Map<String, Value> {
    let text = |part: usize| {
        let ports = (1..=ports).skip(part * 6_000).take(6_000);
        ports.map(|port| format!("{host}:{port}")).collect::<Vec<_>>().join(" ")
    };
    map(ports.div_ceil(6_000), |part| (format!("D{part}"), json!(text(part))))
}

/// Places on the networks 0 to `networks`, with so many aliases each.
fn aliases(networks: usize, each: usize, alias: impl Fn(usize, usize) -> String) -> Map<String, Value> {
    map(networks, |network| {
        let aliases = list(each, |it| json!(alias(network, it)));
        (format!("n{network}"), json!({"aliases": aliases}))
    })
}

/// Every row.
pub fn rows() -> Vec<Row> {
    [large(), names(), ports(), volumes(), images(), entries(), mistakes()].into_iter().flatten().collect()
}

fn row(name: &'static str, expected: Expected, stack: Value) -> Row {
    Row { name, stack, image: json!({}), expected }
}

/// Stacks that are large and honest.
fn large() -> Vec<Row> {
    let ordinary = |variables: usize| {
        move |it: usize| {
            json!({
                "restart": "always",
                "environment": map(variables, |it| (format!("SETTING_{it}"), json!("a value of some length"))),
                "ports": [{"target": 80, "published": 1000 + it}],
                "healthcheck": {"test": ["CMD", "curl", "http://localhost:80"]},
                "networks": {"n0": {"aliases": [format!("also-{it}")]}, "n1": {}},
                "volumes": [{"source": format!("v{it}"), "target": "/data"}],
                "labels": {"com.example.team": "a", "com.example.tier": "b"},
                "dependsOn": if it > 0 { json!({format!("s{}", it - 1): {"condition": "service_healthy"}}) } else { json!({}) },
            })
        }
    };
    let volumes = |count: usize| {
        let mut more = networks(2);
        more["volumes"] = map(count, |it| (format!("v{it}"), json!({}))).into();
        more
    };
    vec![
        row(
            "256 services of 60 variables each",
            Expected::Made,
            services(256, |_| json!({"environment": variables(60, "a value of some length")})),
        ),
        row(
            "256 services of every usual kind of setting",
            Expected::Made,
            with(256, ordinary(30), volumes(256)),
        ),
        row(
            "256 services that each depend on all before them",
            Expected::Made,
            services(
                256,
                |it| json!({"dependsOn": map(it.min(60), |on| (format!("s{}", it - on - 1), json!({"restart": true})))}),
            ),
        ),
        row(
            "256 services on 8 internal networks each",
            Expected::Made,
            with(
                256,
                |it| json!({"networks": map(8, |on| (format!("n{}", (it + on) % 64), json!({})))}),
                json!({"networks": map(64, |it| (format!("n{it}"), json!({"internal": true})))}),
            ),
        ),
        row(
            "a service of 1,000 published ports",
            Expected::Made,
            services(
                1,
                |_| json!({"ports": list(1_000, |it| json!({"target": 10_000 + it, "protocol": "UDP"}))}),
            ),
        ),
        row(
            "one pod of 100 services",
            Expected::Made,
            services(100, |it| {
                let mode = if it > 0 { json!("service:s0") } else { Value::Null };
                json!({"networkMode": mode, "environment": variables(20, "v"), "volumes": list(5, |at| json!({"emptyDir": true, "target": format!("/{at}")}))})
            }),
        ),
    ]
}

/// Names that become Services.
fn names() -> Vec<Row> {
    let on_all = |it: usize, each: usize| json!({"expose": [{"port": 80}], "networks": aliases(64, each, |network, alias| format!("a-{it}-{network}-{alias}"))});
    vec![
        row(
            "16 services with 64 aliases on each of 64 networks",
            NAMES,
            with(16, |it| on_all(it, 64), networks(64)),
        ),
        row(
            "256 services of 64 aliases",
            OBJECTS,
            with(
                256,
                |it| json!({"networks": {"n0": {"aliases": list(63, |alias| json!(format!("a-{it}-{alias}")))}}}),
                networks(1),
            ),
        ),
        row(
            "aliases that all services share on all networks",
            MEMORY,
            with(
                50,
                |_| json!({"networks": aliases(64, 63, |_, alias| format!("{alias:02}a"))}),
                networks(64),
            ),
        ),
        row(
            "64 further names of each service outside",
            OBJECTS,
            services(
                256,
                |it| json!({"externalLinks": map(64, |link| (format!("l{it}-{link}"), json!("a.example.com")))}),
            ),
        ),
        row(
            "32 routes to each service",
            OBJECTS,
            services(
                100,
                |it| json!({"ingress": list(32, |route| json!({"host": format!("h{it}-{route}.example.com"), "port": 80}))}),
            ),
        ),
    ]
}

/// Ports, and texts that dial them.
fn ports() -> Vec<Row> {
    vec![
        row(
            "60,000 ports of one service that another one dials",
            PORTS,
            services(2, |_| json!({"environment": dials("s0", 60_000)})),
        ),
        row(
            "60,000 ports of a host name that 256 services bear",
            PORTS,
            services(256, |it| {
                let texts = if it == 0 { dials("w", 60_000) } else { Map::new() };
                json!({"hostname": "w", "environment": texts})
            }),
        ),
        row(
            "1,000 ports of each of 64 names that 256 services bear",
            MEMORY,
            with(
                256,
                |it| {
                    let texts = if it < 64 { dials(&format!("{it:02}a"), 1_000) } else { Map::new() };
                    json!({"networks": aliases(1, 64, |_, alias| format!("{alias:02}a")), "environment": texts})
                },
                networks(1),
            ),
        ),
        row(
            "4,000 ports of each of 64 names that 256 services bear",
            PORTS,
            with(
                256,
                |it| {
                    let texts = if it < 24 { dials(&format!("{it:02}a"), 4_000 + it) } else { Map::new() };
                    json!({"networks": aliases(1, 64, |_, alias| format!("{alias:02}a")), "environment": texts})
                },
                networks(1),
            ),
        ),
        row(
            "a name of 256 services that is dialled 200,000 times",
            Expected::Made,
            services(256, |it| {
                let text = "w:1 ".repeat(16_000);
                json!({"hostname": "w", "environment": if it < 20 { variables(1, &text) } else { Map::new() }})
            }),
        ),
        row(
            "1,024 ports of the nodes on an address each",
            Expected::Invalid,
            services(12, |it| {
                json!({"ports": list(1_024, |port| {
                    json!({"target": 1, "published": 1, "mode": "host", "hostIp": format!("10.{it}.{}.{}", port / 256, port % 256)})
                })})
            }),
        ),
    ]
}

/// Volumes, and what lies in them.
fn volumes() -> Vec<Row> {
    let files = |count: usize| {
        list(count, |it| json!({"path": format!("{it}"), "configMapKeyRef": {"name": "c", "key": "k"}}))
    };
    let mounted = |count: usize| list(count, |it| json!({"target": format!("/{it}")}));
    vec![
        row(
            "128 anonymous volumes of each of 256 services",
            MEMORY,
            services(256, |_| json!({"restart": "always", "volumes": mounted(128)})),
        ),
        row(
            "600 anonymous volumes",
            CLAIMS,
            services(20, |_| json!({"restart": "always", "volumes": mounted(30)})),
        ),
        row(
            "128 empty folders of each of 256 services",
            MEMORY,
            services(256, |_| json!({"tmpfs": list(64, |it| json!({"target": format!("/{it}")}))})),
        ),
        row(
            "1,024 files of a volume that 256 services mount",
            MEMORY,
            with(
                256,
                |_| json!({"volumes": [{"source": "v", "target": "/v"}]}),
                json!({"volumes": {"v": {"files": files(1_024)}}}),
            ),
        ),
        row(
            "1,024 folders of a volume that 256 services mount",
            MEMORY,
            with(
                256,
                |_| json!({"volumes": [{"source": "v", "target": "/v"}]}),
                json!({"volumes": {"v": {"folders": list(1_024, |it| json!(format!("{it}")))}}}),
            ),
        ),
        row(
            "1 MiB of configs that 256 services mount",
            MEMORY,
            with(
                256,
                |_| json!({"configs": list(16, |it| json!({"source": format!("c{it}")}))}),
                json!({"configs": map(16, |it| (format!("c{it}"), json!({"content": "x".repeat(65_000)})))}),
            ),
        ),
        row(
            "trees of files in each other, with mounts below all of them",
            MEMORY,
            services(8, |_| {
                let place = |depth: usize| "/a".repeat(depth + 1);
                json!({
                    "files": list(128, |it| json!({"target": place(it), "files": files(1)})),
                    "tmpfs": list(64, |it| json!({"target": format!("{}/{it}", place(128))})),
                    "volumes": list(128, |it| json!({"emptyDir": true, "target": format!("{}/v{it}", place(128))})),
                })
            }),
        ),
    ]
}

/// Volumes and ports of images, which the author of a Stack may have built.
fn images() -> Vec<Row> {
    let folders = |count: usize| json!({"volumes": list(count, |it| json!(format!("/{it}")))});
    let ports = |count: usize| json!({"ports": list(count, |it| json!({"port": it + 1}))});
    vec![
        Row {
            image: folders(64),
            ..row("64 volumes of the image of each of 16 services", CLAIMS, services(16, |_| json!({})))
        },
        Row {
            image: folders(64),
            ..row("64 volumes of the image of each of 256 services", MEMORY, services(256, |_| json!({})))
        },
        Row { image: ports(1_025), ..row("1,025 ports of an image", PORTS, services(1, |_| json!({}))) },
    ]
}

/// Many entries of one kind, and what is copied of them.
fn entries() -> Vec<Row> {
    vec![
        row(
            "1,024 variables of each of 90 services",
            MEMORY,
            services(90, |_| json!({"environment": variables(1_024, "")})),
        ),
        row(
            "variables and mounts beside 16 programs that run before a service",
            MEMORY,
            services(16, |_| {
                json!({
                    "environment": variables(1_024, "value"),
                    "postStart": list(16, |_| json!({"command": ["a"], "user": "7"})),
                    "preStart": list(16, |_| json!({"command": ["a"]})),
                    "tmpfs": list(64, |it| json!({"target": format!("/{it}")})),
                })
            }),
        ),
        row(
            "64 KiB of variables beside 16 programs that run before each service",
            MEMORY,
            services(
                20,
                |_| json!({"environment": variables(1, &"x".repeat(65_000)), "postStart": list(16, |_| json!({"command": ["a"], "user": "7"}))}),
            ),
        ),
        row(
            "256 labels and annotations of each of 100 services",
            Expected::Made,
            services(100, |_| {
                let labels = map(256, |it| (format!("l{it}"), json!("")));
                json!({"labels": labels, "annotations": labels})
            }),
        ),
        row(
            "1,024 hosts of each of 60 services",
            Expected::Made,
            services(60, |_| json!({"extraHosts": map(1_024, |it| (format!("h{it}"), json!(["10.0.0.1"])))})),
        ),
        row(
            "2,048 empty words of each of 200 services",
            MEMORY,
            services(
                200,
                |_| json!({"entrypoint": list(1_024, |_| json!("")), "command": list(1_024, |_| json!(""))}),
            ),
        ),
        row(
            "one text of 64 KiB in each of 22 services",
            Expected::Made,
            services(22, |_| json!({"environment": variables(1, &"x".repeat(65_000))})),
        ),
        row(
            "256 services that read 20 keys of others in one pod",
            Expected::Made,
            services(256, |it| {
                let from = map(20, |key| {
                    (
                        format!("V{key}"),
                        json!({"secretKeyRef": {"name": format!("s{it}"), "key": format!("{key}")}}),
                    )
                });
                json!({"networkMode": if it > 0 { json!("service:s0") } else { Value::Null }, "environmentFrom": from})
            }),
        ),
    ]
}

/// Stacks that nobody can run, as large as they can be.
fn mistakes() -> Vec<Row> {
    vec![
        row(
            "64 unknown dependencies of each of 100 services",
            Expected::Invalid,
            services(
                100,
                |it| json!({"dependsOn": map(64, |on| (format!("unknown-dependency-{it:->40}-{on}"), json!({})))}),
            ),
        ),
        row(
            "1,024 variables that expand in a circle",
            Expected::Invalid,
            services(
                15,
                |_| json!({"environment": map(1_024, |it| (format!("V{it}"), json!(format!("$(V{})", (it + 1) % 1_024))))}),
            ),
        ),
        row(
            "256 services that wait for each other",
            Expected::Invalid,
            services(
                256,
                |it| json!({"dependsOn": map(30, |on| (format!("s{}", (it + on + 1) % 256), json!({})))}),
            ),
        ),
    ]
}
