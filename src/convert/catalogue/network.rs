//! Networks, ports and names.

use super::rules;

rules! { NETWORK:
    DRIVER "SW1201" Mapped []
        "how the engine builds a network",
        "bridge and overlay only tell the engine how to connect containers; on a cluster the network plugin does that",
        "nothing needs to be done";
    OTHER_DRIVER "SW1202" Approximated []
        "a network of the host's own kind",
        "the network is one of the cluster's, with its addresses: containers do not appear in the host's own network",
        "publish ports, or use network_mode: host where a service must be in the node's network";
    DRIVER_OPTIONS "SW1203" Approximated ["networks.*.driver_opts", "services.*.networks.*.driver_opts"]
        "options of a network driver",
        "the cluster's network plugin decides on them",
        "take them out";
    ADDRESSES "SW1204" Approximated ["services.*.networks.*.ipv4_address", "services.*.networks.*.ipv6_address",
        "services.*.networks.*.link_local_ips", "services.*.networks.*.mac_address", "services.*.mac_address",
        "services.*.networks.*.interface_name"]
        "a fixed address",
        "the cluster gives each pod an address; a name always finds it, a number does not",
        "dial the service by its name";
    ADDRESS_RANGE "SW1205" Approximated ["networks.*.ipam"]
        "the addresses of a network",
        "the cluster has its own range of addresses for all pods",
        "dial services by their names, and allow the cluster's pod range where addresses are checked";
    IP_FAMILY "SW1206" Approximated ["networks.*.enable_ipv4", "networks.*.enable_ipv6"]
        "the address families of a network",
        "they are the cluster's, for all networks",
        "use a cluster with the families that you need";
    PRIORITY "SW1207" Ignored ["services.*.networks.*.gw_priority", "services.*.networks.*.priority"]
        "the order of a container's networks",
        "a pod has one network interface, whatever networks the service is on",
        "nothing needs to be done";
    ATTACHABLE "SW1208" Ignored ["networks.*.attachable"]
        "who may join a network by hand",
        "it is about containers that someone starts by hand with the engine",
        "nothing needs to be done";
    NETWORK_LABELS "SW1209" Ignored ["networks.*.labels"]
        "labels of a network",
        "a network is no object of its own on the cluster, so there is nothing to label",
        "nothing needs to be done";
    BRIDGE_MODE "SW1210" Approximated []
        "the engine's default bridge",
        "the service is on the Stack's own network default, where it finds the others by name, which the engine's bridge does not offer",
        "take network_mode out";
    LINK_ALIAS "SW1211" Approximated []
        "a name that only the linking service knows",
        "the name becomes one of the service's own, which every service of its networks can dial",
        "nothing needs to be done";
    EXTERNAL_LINK "SW1212" Approximated []
        "a container outside of the project",
        "the name stands for a Service of the namespace with the container's name, which has to be there",
        "create that Service, or write another target: a Service of another namespace, which the Stack's namespace has to allow, as NAME.NAMESPACE.svc.cluster.local";
    ALIAS_NAME "SW1213" Approximated []
        "a further name that no Service may bear",
        "a Service's name has at most 63 lower-case letters, digits and hyphens and begins with a letter; nothing in the project dials this one, so it is left out",
        "write a name of that form";
    ALIAS_DIALED "SW1214" Refused []
        "a further name that no Service may bear and that is dialed",
        "a Service's name has at most 63 lower-case letters, digits and hyphens and begins with a letter, so texts that dial this one would not find it",
        "dial the service's own name, or accept it with --allow-refused SW1214 and mend the texts";
    ALIAS_TAKEN "SW1215" Approximated []
        "a further name that another service bears",
        "a name of a service stands for that service alone",
        "give the alias another name";
    PORT_NAME "SW1216" Ignored ["services.*.ports.*.name"]
        "the name of a port",
        "ports are found by number; nothing reads the name",
        "nothing needs to be done";
    PORT_RANGE "SW1217" Approximated []
        "a range of which the engine chooses a port",
        "a cluster does not choose from a range: the first port of it is published",
        "write the one port that you want";
    PORT_FREE "SW1218" Approximated []
        "a port that the engine chooses",
        "the port is published under its own number, or under one that no other port of the project has, and not under one that is free by chance",
        "write the number under which it is to be published";
    PORT_PROTOCOL "SW1219" Refused []
        "a port that cannot be published",
        "the protocol is none of tcp, udp and sctp, or the number is not between 1 and 65535",
        "write tcp, udp or sctp, and a number from 1 to 65535";
    HOST_GATEWAY "SW1220" Refused []
        "the address of the Docker host",
        "there is no one host on a cluster, so host-gateway has no address; a program that dials it would find nothing",
        "run what it dials as a service of the project, or write its address";
    HOST_NAME "SW1221" Approximated []
        "a host name that no pod may bear",
        "a host name has at most 63 lower-case letters, digits and hyphens; the part before the first dot is used, with hyphens for other characters",
        "write a host name of that form";
    EXPOSE_TEXT "SW1222" Refused []
        "a port that is no number",
        "expose takes numbers, ranges and a protocol, such as 8080, 8000-8010 or 53/udp",
        "write a number";
    DNS_SERVERS "SW1223" Approximated []
        "name servers of a container",
        "they are asked after the cluster's own, since names of services live there; at most three",
        "let the cluster's DNS forward a domain to them";
    HOST_ADDRESS "SW1224" Approximated []
        "the host address of a published port",
        "a published port has the address of the load balancer or of the nodes, not one of a host",
        "take the address out; 127.0.0.1 keeps a port inside the cluster";
    EXTRA_HOST "SW1225" Refused []
        "a line of /etc/hosts that no pod may have",
        "a host name or address of it is not valid",
        "write a name of letters, digits, hyphens and dots, and an IP address";
    EXTERNAL_LINK_TARGET "SW1226" Refused []
        "a container outside of the project without a whole name",
        "a further name on a cluster stands for a whole name, and in which namespace the other one runs is not said",
        "name the namespace with --namespace, or write NAME.NAMESPACE.svc.cluster.local:ALIAS";
    NAME_ASTRAY "SW1227" Refused []
        "a name that stands for one service here and for another there",
        "Docker answers by the network that is asked, and the DNS of a cluster has one answer for all: some who dial the name would be led to a pod that they do not mean or cannot reach",
        "give one of the services another name and dial that, or put both on the same networks where either may answer; --allow-refused SW1227 leaves the name out";
    NAME_OF_MORE "SW1228" Approximated []
        "a name that some networks know for fewer services",
        "on a cluster the name leads to all of the services, whatever network is asked; whoever asks reaches all of them",
        "give the services the name on the same networks";
    CONTAINER_DIALED "SW1229" Refused []
        "a text that dials a container by the name that Compose makes",
        "a cluster knows no name of a single container of several, and none with '_'",
        "write the service's name here, or accept it with --allow-refused SW1229";
    CONTAINER_ANSWERS "SW1230" Mapped []
        "a text that dials a container by the name that Compose makes",
        "the service has one container, so it gets the name as an alias",
        "write the service's name, which stays when the project has another name";
    HOST_NAME_ASTRAY "SW1231" Approximated []
        "a host name that stands for one service here and for another there",
        "nothing in the project dials it, so the service has it for itself and no name on the cluster leads to it",
        "give the services host names of their own";
}
