//! Addresses that have another meaning on a cluster, and labels and settings by which Docker programs route to services.

use super::list;

list! { ADDRESSES_IN_USE by Converter:
    LOCALHOST_OF_OTHER_SERVICE "localhost-of-other-service" "SW1702" Advice []
        "localhost for another service",
        "localhost is the container itself, but the port belongs to another service",
        "write the name of the other service and the port on which it listens" => "
        services:
          web:
            image: nginx:1.29
            environment: {API: 'http://localhost:8080'}
          api:
            image: httpd:2.4
            ports: ['8080:80']
        ";
    BROWSER_LOCALHOST "browser-localhost" "SW1703" Advice []
        "localhost in a value for browsers",
        "browsers of users read the value, and for a browser localhost is the user's machine. Most build tools write the value into the built files",
        "build with the address that users type, or with a path such as /api if one entry point serves both" => "
        services:
          web:
            image: example/web:1
            environment: {VITE_API: 'http://localhost:8080'}
        ";
    PUBLIC_LOCALHOST "public-localhost" "SW1704" Advice []
        "localhost as a public address",
        "clients outside the cluster use this value as the address of the service, or the service admits only this origin. For such a client, localhost is its own machine",
        "write the host of the ingress rule, or the name that leads to the published port" => "
        services:
          web:
            image: example/web:1
            environment: {CORS_ORIGIN: 'http://localhost:3000'}
        ";
    BROWSER_SERVICE_NAME "browser-service-name" "SW1705" Advice []
        "service name in a value for browsers",
        "browsers of users read the value, and a browser cannot resolve the names of services",
        "build with the address that users type, or with a path such as /api if one entry point serves both" => "
        services:
          web:
            image: example/web:1
            environment: {VITE_API: 'http://api:8080'}
          api:
            image: example/api:1
            expose: [8080]
        ";
    MISSING_INGRESS "missing-ingress" "SW1706" Advice []
        "public address without an ingress rule",
        "clients outside the cluster use this host, but no ingress rule of the Stack serves the host",
        "write x-stackwright: {ingress: [{host: HOST}]} on the service that answers, or let the name lead to the published port" => "
        services:
          web:
            image: example/web:1
            environment: {WEBHOOK_URL: 'https://hooks.example.com'}
        ";
    LOOPBACK_PORT "loopback-port" "SW1707" Advice []
        "port published on a loopback address",
        "a loopback address of a node is not reachable from your machine, so the port stays inside the cluster",
        "use kubectl port-forward, or remove the address to publish the port for all" => "
        services:
          web:
            image: nginx:1.29
            ports: ['127.0.0.1:8080:80']
        ";
    PORT_CLASH "port-clash" "SW1708" Advice []
        "port that two services publish",
        "only one service can publish a port of an address, so the two services cannot run at the same time",
        "publish one of the ports under another number, or give the services different profiles" => "
        services:
          web:
            image: nginx:1.29
            ports: ['80:80']
          api:
            image: httpd:2.4
            ports: ['80:80']
            profiles: [api]
        ";
    PROXY_ROUTING "proxy-routing" "SW1713" Advice []
        "routing of a proxy that watches Docker",
        "on a cluster no proxy watches Docker, so this setting routes nothing",
        "write x-stackwright: {ingress: [{host: HOST}]} on the service" => "
        services:
          web:
            image: nginx:1.29
            labels: {traefik.http.routers.web.rule: Host(`example.com`)}
        ";
    DOCKER_WATCHER_LABELS "docker-watcher-labels" "SW1714" Advice []
        "labels for a program that watches Docker",
        "on a cluster no program watches Docker, so no program reads these labels",
        "use the tools of the cluster: GitOps for updates, a CronJob for scheduled tasks, a volume snapshot for backups" => "
        services:
          web:
            image: nginx:1.29
            labels: {com.centurylinklabs.watchtower.enable: 'true'}
        ";
    FIXED_ADDRESS_USE "fixed-address-use" "SW1715" Approximated []
        "use of a fixed address",
        "containers on a cluster have no fixed addresses, so nothing answers at this address",
        "write the name of the service in place of the address" => "
        services:
          web:
            image: nginx:1.29
            environment: {DB: '10.1.0.2:5432'}
          db:
            image: postgres:17
            networks:
              default: {ipv4_address: 10.1.0.2}
        ";
    DOCKER_HOST_NAME "docker-host-name" "SW1716" Approximated []
        "name of the Docker host",
        "the name stands for the machine that runs Docker, and a cluster does not resolve it",
        "write the name of the service or server that is meant" => "
        services:
          web:
            image: nginx:1.29
            environment: {API: 'http://host.docker.internal:8080'}
        ";
    HOST_NETWORK_LOCALHOST "host-network-localhost" "SW1724" Approximated []
        "localhost of the host network for a published port",
        "on a cluster a published port belongs to a Service and not to the node, so nothing listens on this address",
        "write the name of the other service and the port on which it listens, or publish that port with mode: host and keep both services on one node" => "
        services:
          hub:
            image: example/hub:1
            network_mode: host
            environment: {MQTT: 'mqtt://localhost:1883'}
          broker:
            image: eclipse-mosquitto:2
            ports: ['1883:1883']
        ";
    HOST_NETWORK_PEERS "host-network-peers" "SW1725" Advice []
        "localhost between services on the host network",
        "on a cluster the two services can run on different nodes, and each node has its own localhost",
        "keep both services on one node with deploy.placement.constraints, or write the name of the other service" => "
        services:
          hub:
            image: example/hub:1
            network_mode: host
            environment: {ZIGBEE: 'tcp://localhost:8888'}
          zigbee:
            image: example/zigbee:1
            network_mode: host
            command: serve --port 8888
        ";
}
