//! Names of services.

use crate::{on_real_nodes, shell, until_answer};

#[test]
fn a_service_answers_to_its_name_its_aliases_and_its_container_name() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                "
                services:
                  web:
                    image: stackwright/testbox:1
                    command: [httpd, -f, -p, '8080', -h, /etc]
                    containerName: the-web
                    networks: {default: {aliases: [www]}}
                    healthcheck: {test: [CMD, curl, -f, 'http://localhost:8080/hostname'], interval: 1s}
                  client:
                    image: stackwright/testbox:1
                    restart: 'no'
                    command:
                    - sh
                    - -ec
                    - for name in web www the-web; do curl -f -m 10 http://$name:8080/hostname; done
                    dependsOn: {web: {condition: service_healthy}}
                ",
            )
            .await;
        // The client exits with 0 only if every name answers.
        shop.until("web=Healthy client=Completed").await;
        let log = s.kubectl(&["logs", "--selector", "stackwright.dev/service=client"]);
        assert_eq!(
            log.lines().collect::<Vec<_>>(),
            ["web", "web", "web"],
            "each name leads to the host 'web'"
        );
    });
}

#[test]
fn a_service_without_declared_ports_answers_on_all_ports() {
    on_real_nodes(async |s| {
        let shop = s
            .apply(
                "shop",
                "
                services:
                  worker:
                    image: stackwright/testbox:1
                    command: [httpd, -f, -p, '9999', -h, /etc]
                    restart: always
                  client: {image: 'stackwright/testbox:1', command: [sleep, '3600'], restart: always}
                ",
            )
            .await;
        let view = shop.until("worker=Running client=Running").await;
        assert_eq!(view.get("Service", "worker").expect("a name")["spec"]["clusterIP"], "None");
        until_answer(
            "the name leads to the container",
            || shell(s, "deploy/shop-client", "curl -f -m 5 http://worker:9999/hostname"),
            |answer| answer.as_deref() == Ok("worker"),
        )
        .expect("it was just seen");
    });
}
