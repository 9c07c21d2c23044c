//! Names by which services are reached.

use super::list;

list! { NAMES by Converter:
    LINK_ALIAS "link-alias" "SW1211" Approximated []
        "link alias",
        "all services on the networks of the linked service can use the alias, not only the linking service" => "
        services:
          web:
            image: nginx:1.29
            links: ['api:backend']
          api:
            image: httpd:2.4
        ";
    EXTERNAL_LINK "external-link" "SW1212" Approximated []
        "external link",
        "the alias leads to the Service with the container's name, which must exist in the namespace",
        "create this Service. For a Service of another namespace write NAME.NAMESPACE.svc.cluster.local, which the namespace of the Stack must grant" => "
        services:
          web:
            image: nginx:1.29
            external_links: ['db.data.svc.cluster.local:db']
        ";
    INVALID_ALIAS "invalid-alias" "SW1213" Approximated []
        "alias that no Service can have",
        "the name of a Service has at most 63 lower-case letters, digits and hyphens and starts with a letter. No text in the project uses this alias, so it is left out",
        "write a name that a Service can have" => "
        services:
          web:
            image: nginx:1.29
            networks:
              default: {aliases: [my_web]}
        ";
    INVALID_ALIAS_IN_USE "invalid-alias-in-use" "SW1214" Refused []
        "alias that no Service can have and that clients use",
        "the name of a Service has at most 63 lower-case letters, digits and hyphens and starts with a letter. Clients that use this alias would not find the service",
        "use the name of the service, or use --allow-refused invalid-alias-in-use and fix the clients" => "
        services:
          api:
            image: httpd:2.4
            networks:
              default: {aliases: [my_api]}
          web:
            image: nginx:1.29
            environment: {API: 'http://my_api:80'}
        ";
    ALIAS_OF_OTHER_SERVICE "alias-of-other-service" "SW1215" Approximated []
        "alias that is the name of another service",
        "on a cluster, the name of a service leads only to that service, and not to another service that uses the name here",
        "rename the alias" => "
        services:
          web:
            image: nginx:1.29
            networks:
              default: {aliases: [api]}
          api:
            image: httpd:2.4
        ";
    HOST_GATEWAY "host-gateway" "SW1220" Refused []
        "host-gateway",
        "a cluster has no single Docker host, so host-gateway has no address, and clients of this name would find nothing",
        "run the target as a service of the project, or write its address" => "
        services:
          web:
            image: nginx:1.29
            extra_hosts: ['host.docker.internal:host-gateway']
        ";
    INVALID_HOST_NAME "invalid-host-name" "SW1221" Approximated []
        "host name that no Pod can have",
        "a host name has at most 63 lower-case letters, digits and hyphens. The part before the first dot is used, with hyphens in place of other characters",
        "write a host name of this form" => "
        services:
          web:
            image: nginx:1.29
            hostname: My_Web
        ";
    DNS_SERVERS "dns-servers" "SW1223" Approximated []
        "DNS servers",
        "the container asks these servers after the DNS server of the cluster, which resolves service names. At most three are used",
        "let the DNS server of the cluster forward a domain to these servers" => "
        services:
          web:
            image: nginx:1.29
            dns: 1.1.1.1
        ";
    UNSUPPORTED_EXTRA_HOST "unsupported-extra-host" "SW1225" Refused []
        "invalid extra host",
        "the host name or the address is not valid",
        "write a name of letters, digits, hyphens and dots, and an IP address" => "
        services:
          web:
            image: nginx:1.29
            extra_hosts: ['db:none']
        ";
    EXTERNAL_LINK_WITHOUT_NAMESPACE "external-link-without-namespace" "SW1226" Refused []
        "external link without a namespace",
        "an external link needs a fully qualified name, and the namespace of the target is unknown",
        "name the namespace with --namespace, or write NAME.NAMESPACE.svc.cluster.local:ALIAS" => "
        services:
          web:
            image: nginx:1.29
            external_links: ['shop-db:db']
        ";
    AMBIGUOUS_NAME "ambiguous-name" "SW1227" Refused []
        "name that leads to different services",
        "Docker resolves the name differently on each network, and the DNS of a cluster gives all clients the same answer. Some clients would reach the wrong Pod, or a Pod to which they cannot connect",
        "rename one of the services and use the new name, or put both on the same networks if either can answer. --allow-refused ambiguous-name removes the name" => "
        services:
          one:
            image: nginx:1.29
            networks:
              x: {aliases: [db]}
          two:
            image: nginx:1.29
            networks:
              y: {aliases: [db]}
        networks:
          x: {}
          y: {}
        ";
    NAME_OF_MORE_SERVICES "name-of-more-services" "SW1228" Approximated []
        "name with fewer services on some networks",
        "on a cluster the name leads to all of these services from every network",
        "give the services the name on the same networks" => "
        services:
          one:
            image: nginx:1.29
            networks:
              x: {aliases: [db]}
              y: {}
          two:
            image: nginx:1.29
            networks:
              x: {aliases: [db]}
              y: {aliases: [db]}
        networks:
          x: {}
          y: {}
        ";
    GENERATED_NAME "generated-name" "SW1229" Refused []
        "generated name of one of several containers",
        "on a cluster, no DNS name leads to one of several containers of a service, and a DNS name of a Service cannot contain '_'",
        "write the name of the service, or use --allow-refused generated-name" => "
        services:
          web:
            image: nginx:1.29
            environment: {API: 'http://example_api_1:80'}
          api:
            image: httpd:2.4
        ";
    GENERATED_NAME_OF_ONE "generated-name-of-one" "SW1230" Mapped []
        "generated name of a single container",
        "the service has one container, so the service gets the name as an alias",
        "write the name of the service, which stays the same if the project is renamed" => "
        services:
          web:
            image: nginx:1.29
            environment: {API: 'http://example-api-1:80'}
          api:
            image: httpd:2.4
        ";
    AMBIGUOUS_HOST_NAME "ambiguous-host-name" "SW1231" Approximated []
        "host name of several services",
        "each container keeps the host name, but the DNS of the cluster does not resolve the name. No text in the project uses the name",
        "give each service its own host name" => "
        services:
          one:
            image: nginx:1.29
            hostname: node
            networks: [x]
          two:
            image: nginx:1.29
            hostname: node
            networks: [y]
        networks:
          x: {}
          y: {}
        ";
}
