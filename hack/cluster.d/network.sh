# shellcheck shell=bash
# One bridge for each cluster of real nodes; nodes hang on it with network
# namespaces of their own. Nothing else of the machine's network is touched: the
# routes go with the bridge, the nodes' rules with their namespace.
# Sourced after slots.sh.

bridge() { echo "swbr$SLOT"; }
machine_address() { echo "$(network 0).1"; }
node_address() { echo "$(network 0).$((10 + $1))"; }
pod_range() { echo "$(network $((64 + $1))).0/24"; }
services_range() { echo "$(network 128).0/18"; }
# A Service's load balancer address is its cluster address, 64 further on in the
# third number (stages/service-load-balancer.yaml): no two share one.
balancer_range() { echo "$(network 192).0/18"; }
dns_address() { echo "$(network 128).10"; }

add_bridge() {
  local bridge
  bridge=$(bridge)
  ip link add "$bridge" type bridge
  ip addr add "$(machine_address)/24" dev "$bridge"
  ip link set "$bridge" up
  # The first node's kube-proxy answers for Services: to the API server, which
  # calls webhooks by them, and to whoever opens a published port.
  ip route add "$(services_range)" via "$(node_address 1)"
  ip route add "$(balancer_range)" via "$(node_address 1)"
}

# remove_links: the bridge, and the machine's ends of the nodes' interfaces. These
# would also go with the nodes' namespaces, but a busy kernel takes its time for that.
remove_links() {
  local link
  ip link del "$(bridge)" 2>/dev/null || true
  for link in $(ip -brief link show type veth | grep -o "^swv$SLOT-[0-9]*"); do
    ip link del "$link" 2>/dev/null || true # it may go meanwhile
  done
}

# connect_node I NODES PID: an interface for the node, whose process has already
# left the machine's network namespace.
connect_node() {
  local i=$1 j
  ip route replace "$(pod_range "$i")" via "$(node_address "$i")"
  ip link add "swv$SLOT-$i" type veth peer name eth0 netns "$3"
  ip link set "swv$SLOT-$i" master "$(bridge)" up
  {
    echo "link set lo up"
    echo "addr add $(node_address "$i")/24 dev eth0"
    echo "link set eth0 up"
    for ((j = 1; j <= $2; j++)); do
      ((i == j)) || echo "route add $(pod_range "$j") via $(node_address "$j")"
    done
    # Last, as the node waits for it. It makes addresses of Services routable,
    # which kube-proxy turns into those of pods only after that.
    echo "route add default via $(machine_address)"
  } | nsenter --target "$3" --net -- ip -batch -
}
