//! Advice about behavior of Compose that is surprising on a cluster.

use super::{converted, said};

/// Builds services from lines in flow style: `name: {...}`.
fn check(rules: &[&str], table: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (services, expected) in table {
        let lines = services.lines().map(|line| format!("  {}\n", line.trim()));
        let compose = format!("services:\n{}volumes: {{data: {{}}}}\n", lines.collect::<String>());
        let found = said(&converted(&compose, &[], &[]), rules);
        if found != *expected {
            wrong.push(format!("{services}\nis said {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the details of a rule's entries.
fn details(services: &str, rule: &str) -> Vec<String> {
    let converted = converted(&format!("services:\n{services}"), &[], &[]);
    let entries = converted.entries.iter().filter(|entry| entry.rule.is_some_and(|it| it.id == rule));
    entries.map(|entry| entry.detail.clone()).collect()
}

#[test]
fn a_service_that_is_a_job_only_for_lack_of_restart_is_reported() {
    check(
        &["job-by-default"],
        &[
            ("worker: {image: a:1}", &["job-by-default worker/restart"]),
            ("worker: {image: a:1, deploy: {replicas: 2}}", &["job-by-default worker/restart"]),
            (
                "worker: {image: a:1, command: celery worker, environment: {BROKER: 'redis:6379'}}",
                &["job-by-default worker/restart"],
            ),
            ("worker: {image: a:1, depends_on: [db]}\ndb: {image: b:1}", &["job-by-default worker/restart"]),
            ("worker: {image: a:1, profiles: [jobs]}", &["job-by-default worker/restart"]),
            ("worker: {image: a:1, healthcheck: {disable: true}}", &["job-by-default worker/restart"]),
            ("worker: {image: a:1, restart: unless-stopped}", &[]),
            ("worker: {image: a:1, restart: 'no'}", &[]),
            ("worker: {image: a:1, deploy: {restart_policy: {condition: any}}}", &[]),
            ("worker: {image: a:1, deploy: {mode: replicated-job}}", &[]),
            ("worker: {image: a:1, deploy: {mode: global}}", &[]),
            ("web: {image: a:1, ports: ['80:80']}", &[]),
            ("web: {image: a:1, expose: [80]}", &[]),
            ("web: {image: a:1, healthcheck: {test: 'true'}}", &[]),
            // Another service names it, waits for its end, or shares its Pod.
            ("db: {image: a:1}\nweb: {image: b:1, ports: ['80:80'], environment: {DB: 'db:5432'}}", &[]),
            (
                "init: {image: a:1}\nweb: {image: b:1, ports: ['80:80'], depends_on: {init: {condition: service_completed_successfully}}}",
                &[],
            ),
            ("vpn: {image: a:1, ports: ['80:80']}\nclient: {image: b:1, network_mode: 'service:vpn'}", &[]),
        ],
    );
    assert_eq!(details("  a: {image: a:1, scale: 2}\n", "job-by-default"), ["2 replicas"]);
}

#[test]
fn a_server_whose_restart_makes_it_a_job_is_reported() {
    check(
        &["server-as-job"],
        &[
            ("web: {image: a:1, ports: ['80:80'], restart: on-failure}", &["server-as-job web/restart"]),
            ("web: {image: a:1, ports: ['80:80'], restart: 'on-failure:3'}", &["server-as-job web/restart"]),
            ("web: {image: a:1, ports: ['80:80'], restart: 'no'}", &["server-as-job web/restart"]),
            (
                "web: {image: a:1, ports: ['80:80'], deploy: {restart_policy: {condition: on-failure}}}",
                &["server-as-job web/deploy/restart_policy"],
            ),
            ("web: {image: a:1, ports: ['80:80'], restart: always}", &[]),
            ("web: {image: a:1, ports: ['80:80']}", &[]),
            ("job: {image: a:1, restart: on-failure}", &[]),
            (
                "job: {image: a:1, restart: 'no', ports: ['80:80']}\nb: {image: a:1, restart: always, depends_on: {job: {condition: service_completed_successfully}}}",
                &[],
            ),
        ],
    );
}

#[test]
fn the_restart_delay_of_a_short_program_is_reported() {
    check(
        &["restart-loop"],
        &[
            (
                "a: {image: a:1, command: [sh, -c, '/job/once.sh; sleep 60'], restart: always}",
                &["restart-loop a/restart"],
            ),
            (
                "a: {image: a:1, command: sh -c \"/job/once.sh && sleep 5m\", restart: unless-stopped}",
                &["restart-loop a/restart"],
            ),
            (
                "a: {image: a:1, entrypoint: [/bin/sh, -c], command: ['once; sleep 60'], restart: always}",
                &["restart-loop a/restart"],
            ),
            (
                "a: {image: a:1, command: certbot renew, deploy: {restart_policy: {condition: any}}}",
                &["restart-loop a/deploy/restart_policy"],
            ),
            (
                "a: {image: a:1, command: [sh, -c, 'run; sleep $${EVERY}'], restart: always}",
                &["restart-loop a/restart"],
            ),
            ("a: {image: a:1, command: [sh, -c, 'while :; do run; sleep 60; done'], restart: always}", &[]),
            ("a: {image: a:1, command: [sh, -c, 'run; sleep 3600'], restart: always}", &[]),
            ("a: {image: a:1, command: [sh, -c, 'serve; echo ended'], restart: always}", &[]),
            ("a: {image: a:1, command: [sh, -c, 'serve; sleep 5'], restart: always}", &[]),
            ("a: {image: a:1, command: docker logs -f web, restart: always}", &[]),
            ("a: {image: a:1, command: curl -f http://b/cron, restart: always}", &["restart-loop a/restart"]),
            ("a: {image: a:1, command: [sh, -c, 'run; sleep 60'], restart: on-failure}", &[]),
            ("a: {image: a:1, command: [sh, -c, 'run; sleep 60']}", &[]),
            ("a: {image: a:1, command: gunicorn app, restart: always}", &[]),
            ("a: {image: a:1, restart: always}", &[]),
        ],
    );
    // The script of the project is read.
    for (text, command, expected) in [
        ("#!/bin/sh\n/bin/once\n# again\nsleep 60\n", "[/job/run.sh]", 1),
        ("/bin/once\nsleep 60\n", "[sh, /job/run.sh]", 1),
        ("#!/usr/bin/env bash\nwhile true\ndo once\nsleep 60\ndone\n", "[/job/run.sh]", 0),
        ("#!/usr/bin/env python3\nsleep 60\n", "[/job/run.sh]", 0),
        ("#!/bin/sh\nsleep 60\n", "[/other/run.sh]", 0),
    ] {
        let service =
            format!("a: {{image: a:1, restart: always, command: {command}, volumes: ['./job:/job:ro']}}");
        let converted = converted(&format!("services:\n  {service}\n"), &[("job/run.sh", text)], &[]);
        assert_eq!(said(&converted, &["restart-loop"]).len(), expected, "{text}");
    }
    let once = "  a: {image: a:1, restart: always, command: [sh, -c, '/job/once.sh; sleep 60']}\n";
    assert_eq!(
        details(once, "restart-loop"),
        ["a program that ends after 60 s soon starts only every 360 s"]
    );
}

#[test]
fn a_gpu_that_is_reserved_twice_is_reported_at_the_second_service() {
    let reserve = |name: &str, what: &str| {
        format!(
            "{name}: {{image: a:1, restart: always, deploy: {{resources: {{reservations: {{devices: \
             [{{driver: nvidia, capabilities: [gpu], {what}}}]}}}}}}}}"
        )
    };
    let both = |a: &str, b: &str| format!("{}\n{}", reserve("a", a), reserve("b", b));
    let reported: &[&str] = &["shared-gpu b/deploy/resources/reservations/devices/0"];
    check(
        &["shared-gpu"],
        &[
            (&both("count: 1", "count: 1"), reported),
            (&both("device_ids: ['0']", "device_ids: ['0', '1']"), reported),
            (&both("device_ids: ['0']", "count: all"), reported),
            (&both("device_ids: ['0']", "device_ids: ['1']"), &[]),
            (&reserve("a", "count: 2"), &[]),
            (
                "a: {image: a:1, restart: always, gpus: all}\nb: {image: a:1, restart: always, gpus: all}",
                &["shared-gpu b/gpus/0"],
            ),
            (&both("count: 1", "count: 1").replacen("driver: nvidia", "driver: amd", 1), &[]),
            ("a: {image: a:1, gpus: all, profiles: [x]}\nb: {image: a:1, gpus: all, profiles: [y]}", &[]),
            ("a: {image: a:1, scale: 2, gpus: [{driver: nvidia, count: 1}]}", &["shared-gpu a/gpus/0"]),
            ("a: {image: a:1, gpus: [{driver: nvidia, count: 1}]}", &[]),
        ],
    );
}

#[test]
fn a_swarm_template_is_reported() {
    check(
        &["swarm-template"],
        &[
            ("a: {image: a:1, environment: {ID: '{{.Task.Slot}}'}}", &["swarm-template a/environment/ID"]),
            (
                "a: {image: a:1, environment: ['ID=worker-{{ .Task.Slot }}']}",
                &["swarm-template a/environment/ID"],
            ),
            (
                "a: {image: a:1, hostname: '{{.Node.Hostname}}-{{.Service.Name}}'}",
                &["swarm-template a/hostname"],
            ),
            (
                "a: {image: a:1, volumes: ['data:/data/{{.Task.Slot}}']}",
                &["swarm-template a/volumes/0/target"],
            ),
            ("a: {image: a:1, labels: {node: '{{.Node.ID}}'}}", &["swarm-template a/labels/node"]),
            (
                "a: {image: a:1, deploy: {labels: {node: '{{index .Node.Labels \"x\"}}'}}}",
                &["swarm-template a/deploy/labels/node"],
            ),
            ("a: {image: a:1, environment: {T: '{{.Name}}', U: '{{ range .Values }}', V: 'Task.Slot'}}", &[]),
        ],
    );
    let slot = "  a: {image: a:1, environment: {ID: '{{.Task.Slot}}'}}\n";
    assert!(details(slot, "swarm-template")[0].contains("${HOSTNAME##*-}"));
}

#[test]
fn localhost_on_the_host_network_is_reported_if_another_service_is_meant() {
    let rules =
        ["localhost-of-other-service", "docker-host-name", "host-network-localhost", "host-network-peers"];
    let broker = "broker: {image: b:1, ports: ['1883:1884']}";
    let with_broker = |hub: &str| format!("hub: {{image: a:1, network_mode: host, {hub}}}\n{broker}");
    check(
        &rules,
        &[
            (
                &with_broker("environment: {MQTT: 'mqtt://localhost:1883'}"),
                &["host-network-localhost hub/environment/MQTT"],
            ),
            (
                &with_broker("environment: ['MQTT=127.0.0.1:1883']"),
                &["host-network-localhost hub/environment/MQTT"],
            ),
            (
                &with_broker("command: [run, '--broker=0.0.0.0:1883']"),
                &["host-network-localhost hub/command/1"],
            ),
            (
                &with_broker("environment: {MQTT_HOST: localhost, MQTT_PORT: 1883}"),
                &["host-network-localhost hub/environment/MQTT_HOST"],
            ),
            (
                &with_broker("environment: {MQTT_HOST: 127.0.0.1}"),
                &["host-network-localhost hub/environment/MQTT_HOST"],
            ),
            (
                &with_broker("environment: {BIND_ADDRESS: 127.0.0.1, HTTP_HOST: 0.0.0.0, HOST: localhost}"),
                &[],
            ),
            (
                &with_broker("environment: {MQTT: 'host.docker.internal:1883'}"),
                &["docker-host-name hub/environment/MQTT"],
            ),
            // Its own port, no port of another service, or a port that exists only on the container network.
            (&with_broker("environment: {SELF: 'localhost:8123'}"), &[]),
            (&with_broker("environment: {MQTT: 'localhost:1884'}"), &[]),
            (&with_broker("environment: {MQTT: 'broker:1884'}"), &[]),
            (&with_broker("environment: {MQTT_HOST: localhost, MQTT_PORT: 9999}"), &[]),
            (
                "web: {image: a:1, environment: {API: 'http://172.17.0.1:8080'}}\napi: {image: b:1, ports: ['8080:80']}",
                &["docker-host-name web/environment/API"],
            ),
            // Both are on the host network, or bound to a node.
            (
                "hub: {image: a:1, network_mode: host, environment: {Z: 'tcp://localhost:8888'}}\n\
                 zigbee: {image: b:1, network_mode: host, command: 'serve --port 8888'}",
                &["host-network-peers hub/environment/Z"],
            ),
            (
                "hub: {image: a:1, network_mode: host, environment: {Z: 'localhost:80'}}\n\
                 web: {image: b:1, ports: [{target: 80, published: 80, mode: host}]}",
                &["host-network-peers hub/environment/Z"],
            ),
            (
                "hub: {image: a:1, network_mode: host, profiles: [x], environment: {Z: 'localhost:80'}}\nweb: {image: b:1, profiles: [y], ports: ['80:80']}",
                &[],
            ),
            (
                "web: {image: a:1, environment: {API: 'localhost:8080'}}\napi: {image: b:1, ports: ['8080:80']}",
                &["localhost-of-other-service web/environment/API"],
            ),
            (
                "vpn: {image: a:1, ports: ['80:80']}\nc: {image: b:1, network_mode: 'service:vpn', environment: {A: 'localhost:80'}}",
                &[],
            ),
        ],
    );
    let hub = "  hub: {image: a:1, network_mode: host, environment: {MQTT: 'localhost:1883'}}\n";
    let said = details(&format!("{hub}  {broker}\n"), "host-network-localhost");
    assert_eq!(said, ["port 1883 belongs to 'broker': write broker:1884"]);
}

#[test]
fn a_fixed_address_as_name_server_or_extra_host_is_reported() {
    let dns = "dns: {image: d:1, networks: {default: {ipv4_address: 10.1.0.2}}}";
    check(
        &["fixed-address-use"],
        &[
            (
                &format!("{dns}\nweb: {{image: a:1, dns: [10.1.0.2, 1.1.1.1]}}"),
                &["fixed-address-use web/dns/0"],
            ),
            (&format!("{dns}\nweb: {{image: a:1, dns: 10.1.0.2}}"), &["fixed-address-use web/dns/0"]),
            (
                &format!("{dns}\nweb: {{image: a:1, extra_hosts: ['ns.lan:10.1.0.2']}}"),
                &["fixed-address-use web/extra_hosts/0"],
            ),
            (&format!("{dns}\nweb: {{image: a:1, dns: [10.1.0.9]}}"), &[]),
        ],
    );
}

#[test]
fn volume_advice_counts_containers() {
    check(
        &["shared-volume", "several-writers"],
        &[
            ("a: {image: a:1, volumes: ['data:/one', 'data:/two']}", &[]),
            ("a: {image: a:1, volumes: ['data:/one', 'data:/two:ro']}", &[]),
            (
                "a: {image: a:1, scale: 2, volumes: ['data:/one', 'data:/two']}",
                &["shared-volume a/volumes/0/source", "several-writers a/volumes/0/source"],
            ),
            (
                "a: {image: a:1, volumes: ['data:/one']}\nb: {image: a:1, volumes: ['data:/one:ro', 'data:/two:ro']}",
                &["shared-volume b/volumes/0/source"],
            ),
            (
                "a: {image: a:1, volumes: ['data:/one']}\nb: {image: a:1, volumes: ['data:/one:ro', 'data:/two']}",
                &["shared-volume b/volumes/0/source", "several-writers b/volumes/0/source"],
            ),
        ],
    );
}
