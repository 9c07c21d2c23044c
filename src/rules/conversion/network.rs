//! Networks and ports.

use super::list;

list! { NETWORK by Converter:
    NETWORK_DRIVER "network-driver" "SW1201" Mapped []
        "network driver",
        "bridge and overlay tell Docker how to connect containers. On a cluster the network plugin connects Pods" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default: {driver: bridge}
        ";
    HOST_NETWORK_DRIVER "host-network-driver" "SW1202" Approximated []
        "driver for the host's network",
        "the network becomes an ordinary network with addresses of the cluster, so the containers do not appear in the host's network",
        "publish ports, or use network_mode: host for a service that must use the network of the node" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default: {driver: macvlan}
        ";
    NETWORK_DRIVER_OPTIONS "network-driver-options" "SW1203" Approximated
        ["networks.*.driver_opts", "services.*.networks.*.driver_opts"]
        "network driver options",
        "the network plugin of the cluster decides these settings",
        "remove the options" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default:
            driver_opts: {com.docker.network.driver.mtu: '1400'}
        ";
    FIXED_ADDRESS "fixed-address" "SW1204" Approximated
        ["services.*.networks.*.ipv4_address", "services.*.networks.*.ipv6_address",
        "services.*.networks.*.link_local_ips", "services.*.networks.*.mac_address", "services.*.mac_address",
        "services.*.networks.*.interface_name"]
        "fixed address",
        "the cluster assigns the address of each Pod, and a new Pod gets a new address. The name of the service always leads to its Pods",
        "connect to the service by name" => "
        services:
          web:
            image: nginx:1.29
            networks:
              default: {ipv4_address: 10.1.0.2}
        ";
    ADDRESS_RANGE "address-range" "SW1205" Approximated ["networks.*.ipam"]
        "address range of a network",
        "all Pods get addresses from the range of the cluster",
        "connect to services by name, and allow the Pod range of the cluster where programs check addresses" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default:
            ipam:
              config: [{subnet: 10.1.0.0/24}]
        ";
    ADDRESS_FAMILY "address-family" "SW1206" Approximated ["networks.*.enable_ipv4", "networks.*.enable_ipv6"]
        "address families of a network",
        "the cluster sets the address families of all networks",
        "use a cluster with the address families that you need" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default: {enable_ipv6: true}
        ";
    NETWORK_PRIORITY "network-priority" "SW1207" Ignored
        ["services.*.networks.*.gw_priority", "services.*.networks.*.priority"]
        "order of networks",
        "a Pod has one network interface for all networks of the service" => "
        services:
          web:
            image: nginx:1.29
            networks:
              default: {priority: 100}
        ";
    ATTACHABLE_NETWORK "attachable-network" "SW1208" Ignored ["networks.*.attachable"]
        "attachable network",
        "the setting is for containers that a user starts by hand with Docker" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default: {attachable: true}
        ";
    NETWORK_LABELS "network-labels" "SW1209" Ignored ["networks.*.labels"]
        "network labels",
        "a network is not an object on the cluster, so there is nothing to label" => "
        services:
          web:
            image: nginx:1.29
        networks:
          default:
            labels: {team: shop}
        ";
    DEFAULT_BRIDGE "default-bridge" "SW1210" Approximated []
        "Docker's default bridge",
        "the service joins the default network of the Stack, where services find each other by name. Docker's bridge does not resolve names",
        "remove network_mode" => "
        services:
          web:
            image: nginx:1.29
            network_mode: bridge
        ";
    PORT_NAME "port-name" "SW1216" Ignored ["services.*.ports.*.name"]
        "port name",
        "clients find ports by number, and no program reads the name" => "
        services:
          web:
            image: nginx:1.29
            ports: [{name: http, target: 80, published: '80'}]
        ";
    HOST_PORT_RANGE "host-port-range" "SW1217" Approximated []
        "range of host ports",
        "a cluster does not choose a port from a range, so the first port is published",
        "write one port" => "
        services:
          web:
            image: nginx:1.29
            ports: ['8000-8010:80']
        ";
    FREE_HOST_PORT "free-host-port" "SW1218" Approximated []
        "host port that Docker chooses",
        "Docker chooses a free host port. The Stack publishes the port under its own number, or under a number that no other port of the project has",
        "write the host port" => "
        services:
          web:
            image: nginx:1.29
            ports: ['80']
        ";
    UNSUPPORTED_PORT "unsupported-port" "SW1219" Refused []
        "invalid port",
        "the protocol is not tcp, udp or sctp, or the number is not between 1 and 65535",
        "write tcp, udp or sctp, and a number from 1 to 65535" => "
        services:
          web:
            image: nginx:1.29
            ports: [{target: 80, protocol: quic}]
        ";
    INVALID_EXPOSE "invalid-expose" "SW1222" Refused []
        "invalid expose port",
        "expose takes a number or a range with an optional protocol, such as 8080, 8000-8010 or 53/udp",
        "write a number" => "
        services:
          web:
            image: nginx:1.29
            expose: [http]
        ";
    HOST_ADDRESS "host-address" "SW1224" Approximated []
        "host address of a published port",
        "a published port has the address of the load balancer or of the nodes, not that of one host",
        "remove the address. Use 127.0.0.1 to keep a port inside the cluster" => "
        services:
          web:
            image: nginx:1.29
            ports: ['192.0.2.1:80:80']
        ";
}
