//! Names of services. Docker answers for each network, and a cluster has one answer for all clients.

use super::{converted, said};

const RULES: [&str; 9] = [
    "link-alias",
    "external-link",
    "invalid-alias-in-use",
    "alias-of-other-service",
    "ambiguous-name",
    "name-of-more-services",
    "generated-name",
    "generated-name-of-one",
    "ambiguous-host-name",
];

/// Builds services of `a: ...` lines without their image, and the networks `x`, `y` and `edge`. Other projects use
/// `edge` too.
fn project(services: &str) -> String {
    let services = services.lines().map(|line| match line.split_once(": {") {
        Some((name, rest)) if name != "configs" => {
            format!("  {name}: {{image: 'a:1', restart: always, {rest}\n")
        }
        _ => format!("{line}\n"),
    });
    let services: String = services.collect();
    format!(
        "services:\n{services}networks: {{x: {{}}, y: {{internal: true}}, edge: {{external: true}}, again: {{name: edge}}}}\n"
    )
}

/// Returns the entries, the remaining aliases, and whether the operator accepts the Stack.
fn outcome(services: &str, files: &[(&str, &str)], profiles: &[&str]) -> (Vec<String>, Vec<String>) {
    let converted = converted(&project(services), files, profiles);
    let mut names = Vec::new();
    for (service, made) in &converted.stack.spec.services {
        let aliases = made.networks.values().flat_map(|place| &place.aliases);
        let all = aliases.chain(&made.container_name).chain(made.external_links.keys());
        names.extend(all.map(|name| format!("{service}={name}")));
    }
    names.dedup();
    let problems = crate::problems(&converted.stack);
    assert!(problems.is_empty(), "{services}: {problems:?}");
    (said(&converted, &RULES), names)
}

fn check(table: &[(&str, &[&str], &[&str])]) {
    check_with(table, &[]);
}

fn check_with(table: &[(&str, &[&str], &[&str])], profiles: &[&str]) {
    let mut wrong = Vec::new();
    for (services, remarks, names) in table {
        let (said, left) = outcome(services, &[], profiles);
        if said != *remarks || left != *names {
            wrong.push(format!("{services}\nis said {said:?}\nhas {left:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_of_services_without_a_common_network_is_refused() {
    check(&[
        (
            "one: {networks: {x: {aliases: [db]}}}\n\
             two: {networks: {y: {aliases: [db]}}}\n\
             left: {networks: [x]}\n\
             right: {networks: [y]}",
            &["ambiguous-name one/networks/x/aliases/0", "ambiguous-name two/networks/y/aliases/0"],
            &[],
        ),
        // DNS ignores case, and the default network is a network too.
        (
            "one: {networks: {default: {aliases: [DB]}}}\n\
             two: {networks: {y: {aliases: [cache, db]}}}",
            &["ambiguous-name one/networks/default/aliases/0", "ambiguous-name two/networks/y/aliases/1"],
            &["two=cache"],
        ),
        (
            "one: {container_name: api}\n\
             two: {networks: {x: {aliases: [api]}}}",
            &["ambiguous-name one/container_name", "ambiguous-name two/networks/x/aliases/0"],
            &[],
        ),
        // A client on both networks would reach either service.
        (
            "one: {networks: {x: {aliases: [db]}}}\n\
             two: {networks: {y: {aliases: [db]}}}\n\
             both: {networks: [x, y]}",
            &["ambiguous-name one/networks/x/aliases/0", "ambiguous-name two/networks/y/aliases/0"],
            &[],
        ),
        // A client on y alone would reach one.
        (
            "one: {networks: {x: {aliases: [db]}}}\n\
             two: {networks: {x: {aliases: [db]}, y: {aliases: [db]}}}\n\
             right: {networks: [y]}",
            &[
                "ambiguous-name one/networks/x/aliases/0",
                "ambiguous-name two/networks/x/aliases/0",
                "ambiguous-name two/networks/y/aliases/0",
            ],
            &[],
        ),
        // Other projects resolve names on a shared network.
        (
            "one: {networks: {x: {aliases: [db]}}}\n\
             two: {networks: {x: {aliases: [db]}, edge: {aliases: [db]}}}",
            &[
                "ambiguous-name one/networks/x/aliases/0",
                "ambiguous-name two/networks/edge/aliases/0",
                "ambiguous-name two/networks/x/aliases/0",
            ],
            &[],
        ),
        (
            "db: {networks: [x]}\n\
             spare: {networks: {y: {aliases: [db]}}}",
            &["ambiguous-name spare/networks/y/aliases/0"],
            &[],
        ),
        // In Docker, a container on the host network has no resolvable name.
        (
            "db: {network_mode: host}\n\
             spare: {networks: {y: {aliases: [db]}}}",
            &["ambiguous-name spare/networks/y/aliases/0"],
            &[],
        ),
    ]);
}

#[test]
fn a_link_belongs_to_the_linking_service() {
    check(&[
        (
            "blue: {}\ngreen: {}\n\
             one: {links: ['blue:db']}\n\
             two: {links: ['green:db']}",
            &["ambiguous-name one/links/0", "ambiguous-name two/links/0"],
            &[],
        ),
        ("db: {}\nstaging: {}\none: {links: ['staging:db']}", &["ambiguous-name one/links/0"], &[]),
        (
            "blue: {}\none: {links: ['blue:db']}\ntwo: {links: ['blue:db']}",
            &["link-alias one/links/0", "link-alias two/links/0"],
            &["blue=db"],
        ),
        // The linked service has the name on a network too.
        (
            "blue: {networks: {x: {aliases: [db]}}}\none: {networks: [x], links: ['blue:db']}",
            &["link-alias one/links/0"],
            &["blue=db"],
        ),
        (
            "blue: {networks: [x]}\ngreen: {networks: {x: {aliases: [db]}}}\n\
             one: {networks: [x], links: ['blue:db']}",
            &["ambiguous-name green/networks/x/aliases/0", "ambiguous-name one/links/0"],
            &[],
        ),
        (
            "db: {}\none: {external_links: ['db.other.svc.cluster.local:db']}",
            &["ambiguous-name one/external_links/0"],
            &[],
        ),
        (
            "one: {external_links: ['db.blue.svc.cluster.local:db']}\n\
             two: {external_links: ['db.green.svc.cluster.local:db']}\n\
             three: {external_links: ['mail.example.org:mail']}\n\
             four: {external_links: ['mail.example.org:mail']}",
            &[
                "external-link four/external_links/0",
                "ambiguous-name one/external_links/0",
                "external-link three/external_links/0",
                "ambiguous-name two/external_links/0",
            ],
            &["four=mail", "three=mail"],
        ),
    ]);
}

#[test]
fn a_used_host_name_leads_to_its_services_on_the_network() {
    check(&[
        (
            "one: {hostname: node, networks: [x]}\n\
             two: {hostname: node, networks: [y]}\n\
             asker: {networks: [x], environment: {PEER: 'node:80'}}",
            &["ambiguous-name one/hostname", "ambiguous-name two/hostname"],
            &[],
        ),
        (
            "one: {hostname: node, networks: [x]}\ntwo: {hostname: node, networks: [y]}",
            &["ambiguous-host-name one/hostname", "ambiguous-host-name two/hostname"],
            &[],
        ),
        (
            "one: {hostname: node.example.org}\ntwo: {hostname: node}\nasker: {environment: {PEER: 'node:80'}}",
            &[],
            &[],
        ),
        (
            "one: {hostname: two}\ntwo: {environment: {PEER: 'two:80'}}",
            &["alias-of-other-service one/hostname"],
            &[],
        ),
        (
            "one: {hostname: two, networks: [x]}\ntwo: {networks: [y]}\n\
             asker: {networks: [x], command: 'ping two'}",
            &["ambiguous-name one/hostname"],
            &[],
        ),
        // Each replica has its own host name.
        (
            "one: {hostname: node, networks: [x], deploy: {replicas: 2}}\n\
             two: {hostname: node, networks: [y], command: 'ping node'}",
            &[],
            &[],
        ),
    ]);
}

#[test]
fn a_name_that_leads_all_clients_to_the_same_pods_is_kept() {
    check(&[
        (
            "one: {networks: {x: {aliases: [db]}, y: {aliases: [db]}}}\n\
             two: {networks: {y: {aliases: [db]}, x: {aliases: [db]}}}",
            &[],
            &["one=db", "two=db"],
        ),
        (
            "one: {networks: {x: {aliases: [db]}}}\ntwo: {container_name: db, networks: [x]}",
            &[],
            &["one=db", "two=db"],
        ),
        // A single service has its name on its own networks.
        ("one: {networks: {x: {aliases: [db]}, y: {}}}\ntwo: {networks: [y]}", &[], &["one=db"]),
        // Every client on y is also on x.
        (
            "one: {networks: {x: {aliases: [db]}}}\n\
             two: {networks: {x: {aliases: [db]}, y: {aliases: [db]}}}\n\
             asker: {networks: [x, y]}",
            &[
                "name-of-more-services one/networks/x/aliases/0",
                "name-of-more-services two/networks/x/aliases/0",
                "name-of-more-services two/networks/y/aliases/0",
            ],
            &["one=db", "two=db"],
        ),
        // The name of a service leads to this service.
        (
            "db: {networks: [x]}\nspare: {networks: {x: {aliases: [db]}}}",
            &["alias-of-other-service spare/networks/x/aliases/0"],
            &[],
        ),
        // A network can have two names in a project.
        (
            "one: {networks: {edge: {aliases: [db]}}}\ntwo: {networks: {again: {aliases: [db]}}}",
            &[],
            &["one=db", "two=db"],
        ),
        // Both are one Pod.
        (
            "vpn: {networks: {x: {aliases: [web]}}}\nweb: {network_mode: 'service:vpn'}\nasker: {networks: [x]}",
            &[],
            &[],
        ),
        (
            "vpn: {container_name: tunnel, networks: {x: {}}}\n\
             web: {network_mode: 'container:tunnel', depends_on: [vpn]}\n\
             other: {networks: {x: {aliases: [tunnel]}}}",
            &[],
            &["other=tunnel", "vpn=tunnel"],
        ),
    ]);
}

#[test]
fn services_that_never_run_together_can_share_a_name() {
    let exclusive = "one: {profiles: [blue], networks: {x: {aliases: [db]}}}\n\
                     two: {profiles: [green], networks: {y: {aliases: [db]}}}";
    check(&[
        (exclusive, &[], &["one=db", "two=db"]),
        (
            "db: {profiles: [blue]}\nspare: {profiles: [green], networks: {x: {aliases: [db]}}}",
            &[],
            &["spare=db"],
        ),
        // With the profile, both run.
        (
            "one: {profiles: [blue], networks: {x: {aliases: [db]}}}\ntwo: {networks: {y: {aliases: [db]}}}",
            &["ambiguous-name one/networks/x/aliases/0", "ambiguous-name two/networks/y/aliases/0"],
            &[],
        ),
        // Without the profile, no service would answer.
        (
            "db: {profiles: [blue], networks: [x]}\nspare: {networks: {x: {aliases: [db]}}}",
            &["ambiguous-name spare/networks/x/aliases/0"],
            &[],
        ),
    ]);
    let both: &[&str] =
        &["ambiguous-name one/networks/x/aliases/0", "ambiguous-name two/networks/y/aliases/0"];
    check_with(&[(exclusive, both, &[])], &["blue", "green"]);
}

#[test]
fn a_single_container_answers_to_its_generated_name() {
    check(&[
        (
            "api: {}\nweb: {environment: {API: 'http://shop-api-1:8000/v1'}}",
            &["generated-name-of-one web/environment/API"],
            &["api=shop-api-1"],
        ),
        (
            "api: {networks: [x]}\nweb: {networks: [x], command: [wait-for, 'Shop-Api-1:80'], \
             healthcheck: {test: curl -f http://shop-api-1/}}",
            &["generated-name-of-one web/command/1", "generated-name-of-one web/healthcheck/test/1"],
            &["api=shop-api-1"],
        ),
        ("api: {}\nweb: {environment: ['API=shop_api_1']}", &["generated-name web/environment/API"], &[]),
        (
            "api: {deploy: {replicas: 2}}\nweb: {environment: {A: 'shop-api-1:80', B: 'shop-api-2:80'}}",
            &["generated-name web/environment/A", "generated-name web/environment/B"],
            &[],
        ),
        ("api: {scale: 3}\nweb: {entrypoint: run shop-api-1}", &["generated-name web/entrypoint/1"], &[]),
        ("api: {}\nweb: {environment: {A: 'shop-api-2:80'}}", &["generated-name web/environment/A"], &[]),
        (
            "api: {deploy: {mode: global}}\nweb: {environment: {A: 'shop-api-1'}}",
            &["generated-name web/environment/A"],
            &[],
        ),
        // It has another name in Docker, or no name, or a text that is not a host.
        ("api: {container_name: backend}\nweb: {environment: {A: 'shop-api-1'}}", &[], &["api=backend"]),
        ("vpn: {}\napi: {network_mode: 'service:vpn'}\nweb: {environment: {A: 'shop-api-1'}}", &[], &[]),
        (
            "api: {}\nweb: {environment: {A: 'reg.example.org/shop-api-1', B: 'shop-api', C: 'shop-db-1'}}",
            &[],
            &[],
        ),
        // The name belongs to a service.
        (
            "api: {networks: {x: {aliases: [shop-api-1]}}}\nweb: {networks: [x], environment: {A: 'shop-api-1'}}",
            &["generated-name-of-one web/environment/A"],
            &["api=shop-api-1"],
        ),
        (
            "api: {networks: [x]}\nold: {networks: {y: {aliases: [shop-api-1]}}}\n\
             web: {networks: [x], environment: {A: 'shop-api-1'}}",
            &["generated-name web/environment/A"],
            &["old=shop-api-1"],
        ),
    ]);
}

#[test]
fn addresses_in_configs_and_files_of_the_project_count() {
    let services = "api: {}\n\
                    old: {}\n\
                    web: {configs: [inline], volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']}\n\
                    \nconfigs: {inline: {content: 'upstream: shop_api_1:80'}}";
    let file = ("nginx.conf", "http { server { location / { proxy_pass http://shop-old-1:8080; } } }");
    let (said, left) = outcome(services, &[file], &[]);
    assert_eq!(said, ["generated-name /configs/inline/content", "generated-name-of-one old/networks"]);
    assert_eq!(left, ["old=shop-old-1"]);
}
