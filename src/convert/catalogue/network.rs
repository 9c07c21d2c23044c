//! Networks, ports and names.

use super::rules;

rules! { NETWORK by Converter:
    DRIVER "SW1201" Mapped []
        "network driver",
        "bridge and overlay tell Docker how to connect containers. On a cluster the network plugin connects Pods";
    OTHER_DRIVER "SW1202" Approximated []
        "driver for the host's network",
        "the network becomes an ordinary network with addresses of the cluster, so the containers do not appear in the host's network",
        "publish ports, or use network_mode: host for a service that must use the network of the node";
    DRIVER_OPTIONS "SW1203" Approximated ["networks.*.driver_opts", "services.*.networks.*.driver_opts"]
        "network driver options",
        "the network plugin of the cluster decides these settings",
        "remove the options";
    ADDRESSES "SW1204" Approximated ["services.*.networks.*.ipv4_address", "services.*.networks.*.ipv6_address",
        "services.*.networks.*.link_local_ips", "services.*.networks.*.mac_address", "services.*.mac_address",
        "services.*.networks.*.interface_name"]
        "fixed address",
        "the cluster assigns the address of each Pod, and a new Pod gets a new address. The name of the service always leads to its Pods",
        "connect to the service by name";
    ADDRESS_RANGE "SW1205" Approximated ["networks.*.ipam"]
        "address range of a network",
        "all Pods get addresses from the range of the cluster",
        "connect to services by name, and allow the Pod range of the cluster where programs check addresses";
    IP_FAMILY "SW1206" Approximated ["networks.*.enable_ipv4", "networks.*.enable_ipv6"]
        "address families of a network",
        "the cluster sets the address families of all networks",
        "use a cluster with the address families that you need";
    PRIORITY "SW1207" Ignored ["services.*.networks.*.gw_priority", "services.*.networks.*.priority"]
        "order of networks",
        "a Pod has one network interface for all networks of the service";
    ATTACHABLE "SW1208" Ignored ["networks.*.attachable"]
        "attachable network",
        "the setting is for containers that a user starts by hand with Docker";
    NETWORK_LABELS "SW1209" Ignored ["networks.*.labels"]
        "network labels",
        "a network is not an object on the cluster, so there is nothing to label";
    BRIDGE_MODE "SW1210" Approximated []
        "Docker's default bridge",
        "the service joins the default network of the Stack, where services find each other by name. Docker's bridge does not resolve names",
        "remove network_mode";
    LINK_ALIAS "SW1211" Approximated []
        "link alias",
        "all services on the networks of the linked service can use the alias, not only the linking service";
    EXTERNAL_LINK "SW1212" Approximated []
        "external link",
        "the alias leads to the Service with the container's name, which must exist in the namespace",
        "create this Service. For a Service of another namespace write NAME.NAMESPACE.svc.cluster.local, which the namespace of the Stack must grant";
    ALIAS_NAME "SW1213" Approximated []
        "alias that no Service can have",
        "the name of a Service has at most 63 lower-case letters, digits and hyphens and starts with a letter. No text in the project uses this alias, so it is left out",
        "write a name that a Service can have";
    USED_ALIAS "SW1214" Refused []
        "alias that no Service can have and that clients use",
        "the name of a Service has at most 63 lower-case letters, digits and hyphens and starts with a letter. Clients that use this alias would not find the service",
        "use the name of the service, or use --allow-refused SW1214 and fix the clients";
    ALIAS_TAKEN "SW1215" Approximated []
        "alias that is the name of another service",
        "on a cluster, the name of a service leads only to that service, and not to another service that uses the name here",
        "rename the alias";
    PORT_NAME "SW1216" Ignored ["services.*.ports.*.name"]
        "port name",
        "clients find ports by number, and no program reads the name";
    PORT_RANGE "SW1217" Approximated []
        "range of host ports",
        "a cluster does not choose a port from a range, so the first port is published",
        "write one port";
    PORT_FREE "SW1218" Approximated []
        "host port that Docker chooses",
        "Docker chooses a free host port. The Stack publishes the port under its own number, or under a number that no other port of the project has",
        "write the host port";
    PORT_PROTOCOL "SW1219" Refused []
        "invalid port",
        "the protocol is not tcp, udp or sctp, or the number is not between 1 and 65535",
        "write tcp, udp or sctp, and a number from 1 to 65535";
    HOST_GATEWAY "SW1220" Refused []
        "host-gateway",
        "a cluster has no single Docker host, so host-gateway has no address, and clients of this name would find nothing",
        "run the target as a service of the project, or write its address";
    HOST_NAME "SW1221" Approximated []
        "host name that no Pod can have",
        "a host name has at most 63 lower-case letters, digits and hyphens. The part before the first dot is used, with hyphens in place of other characters",
        "write a host name of this form";
    EXPOSE_TEXT "SW1222" Refused []
        "invalid expose port",
        "expose takes a number or a range with an optional protocol, such as 8080, 8000-8010 or 53/udp",
        "write a number";
    DNS_SERVERS "SW1223" Approximated []
        "DNS servers",
        "the container asks these servers after the DNS server of the cluster, which resolves service names. At most three are used",
        "let the DNS server of the cluster forward a domain to these servers";
    HOST_ADDRESS "SW1224" Approximated []
        "host address of a published port",
        "a published port has the address of the load balancer or of the nodes, not that of one host",
        "remove the address. Use 127.0.0.1 to keep a port inside the cluster";
    EXTRA_HOST "SW1225" Refused []
        "invalid extra host",
        "the host name or the address is not valid",
        "write a name of letters, digits, hyphens and dots, and an IP address";
    EXTERNAL_LINK_TARGET "SW1226" Refused []
        "external link without a namespace",
        "an external link needs a fully qualified name, and the namespace of the target is unknown",
        "name the namespace with --namespace, or write NAME.NAMESPACE.svc.cluster.local:ALIAS";
    AMBIGUOUS_NAME "SW1227" Refused []
        "name that leads to different services",
        "Docker resolves the name differently on each network, and the DNS of a cluster gives all clients the same answer. Some clients would reach the wrong Pod, or a Pod to which they cannot connect",
        "rename one of the services and use the new name, or put both on the same networks if either can answer. --allow-refused SW1227 removes the name";
    NAME_OF_MORE_SERVICES "SW1228" Approximated []
        "name with fewer services on some networks",
        "on a cluster the name leads to all of these services from every network",
        "give the services the name on the same networks";
    GENERATED_NAME "SW1229" Refused []
        "generated name of one of several containers",
        "on a cluster, no DNS name leads to one of several containers of a service, and a DNS name of a Service cannot contain '_'",
        "write the name of the service, or use --allow-refused SW1229";
    GENERATED_NAME_OF_ONE "SW1230" Mapped []
        "generated name of a single container",
        "the service has one container, so the service gets the name as an alias",
        "write the name of the service, which stays the same if the project is renamed";
    AMBIGUOUS_HOST_NAME "SW1231" Approximated []
        "host name of several services",
        "each container keeps the host name, but the DNS of the cluster does not resolve the name. No text in the project uses the name",
        "give each service its own host name";
}
