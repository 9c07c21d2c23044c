package main

import (
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// World is all that decides: the whole cluster's.
type World struct {
	Pods       []*core.Pod
	Namespaces []*core.Namespace
	Policies   []*networking.NetworkPolicy
	// Given are the addresses that this node has given to pods. They count before
	// those of a pod's status, which come late, and may be of a container gone by.
	Given map[types.UID]string
}

// located is a pod that has an address.
type located struct {
	*core.Pod
	address string
}

// Filter is what one pod may receive and send. A direction that no policy speaks
// of is nil, and open; one that has no Allow lets nothing through.
type Filter struct {
	Pod     string // namespace/name
	Address string
	Ingress *[]Allow
	Egress  *[]Allow
}

// Allow lets through what matches its peers and its ports.
type Allow struct {
	Peers  []string // addresses and CIDRs; nil is anyone
	Except []string // CIDRs within them
	Ports  []Port   // nil is any
}

// Port is a range of one protocol's ports; from 0 to 0 is all of them.
type Port struct {
	Protocol string // tcp, udp, sctp
	From, To int32
}

// Evaluate gives the addresses of a node's pods, and the filters of those that
// policies speak of; always in the same order, so that what has not changed is not
// loaded again.
func Evaluate(w World, node string) (addresses []string, filters []Filter) {
	slices.SortFunc(w.Pods, byName[*core.Pod])
	slices.SortFunc(w.Policies, byName[*networking.NetworkPolicy])
	pods := w.located()
	for _, pod := range pods {
		if pod.Spec.NodeName != node {
			continue
		}
		addresses = append(addresses, pod.address)
		f := Filter{Pod: pod.Namespace + "/" + pod.Name, Address: pod.address}
		for _, policy := range w.Policies {
			if policy.Namespace != pod.Namespace || !selects(&policy.Spec.PodSelector, pod.Labels) {
				continue
			}
			ingress, egress := directions(policy)
			if ingress {
				f.Ingress = orEmpty(f.Ingress)
				for _, rule := range policy.Spec.Ingress {
					*f.Ingress = append(*f.Ingress, w.ingress(policy.Namespace, rule, pods, pod)...)
				}
			}
			if egress {
				f.Egress = orEmpty(f.Egress)
				for _, rule := range policy.Spec.Egress {
					*f.Egress = append(*f.Egress, w.egress(policy.Namespace, rule, pods)...)
				}
			}
		}
		if f.Ingress != nil || f.Egress != nil {
			filters = append(filters, f)
		}
	}
	return addresses, filters
}

func byName[T meta.Object](a, b T) int {
	return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
}

// located: the pods that have an address, one for each. A pod that is being deleted
// may still show the address that a newer one has been given.
func (w World) located() []located {
	owner := map[string]*core.Pod{}
	for _, pod := range w.Pods {
		address := w.address(pod)
		if address == "" {
			continue
		}
		if other := owner[address]; other == nil || w.newer(pod, other) {
			owner[address] = pod
		}
	}
	var pods []located
	for _, pod := range w.Pods {
		if address := w.address(pod); owner[address] == pod {
			pods = append(pods, located{pod, address})
		}
	}
	return pods
}

// newer: of two pods with one address, whether it is now the first one's.
func (w World) newer(a, b *core.Pod) bool {
	if w.Given[a.UID] != w.Given[b.UID] {
		return w.Given[a.UID] != ""
	}
	return b.CreationTimestamp.Before(&a.CreationTimestamp)
}

// address: "" for a pod that has none of its own: it has not yet been given one, it
// has ended and given it back, or it is on the host's network.
func (w World) address(p *core.Pod) string {
	if p.Spec.HostNetwork || p.Status.Phase == core.PodSucceeded || p.Status.Phase == core.PodFailed {
		return ""
	}
	if given := w.Given[p.UID]; given != "" {
		return given
	}
	if !isIPv4(p.Status.PodIP) {
		return ""
	}
	return p.Status.PodIP
}

func orEmpty(allows *[]Allow) *[]Allow {
	if allows == nil {
		return &[]Allow{}
	}
	return allows
}

// directions: the API server fills policyTypes in; without it the same rule holds.
func directions(p *networking.NetworkPolicy) (ingress, egress bool) {
	if len(p.Spec.PolicyTypes) == 0 {
		return true, len(p.Spec.Egress) > 0
	}
	return slices.Contains(p.Spec.PolicyTypes, networking.PolicyTypeIngress),
		slices.Contains(p.Spec.PolicyTypes, networking.PolicyTypeEgress)
}

// ingress: a named port is the receiving pod's own.
func (w World) ingress(namespace string, rule networking.NetworkPolicyIngressRule, pods []located, to located) []Allow {
	ports, possible := numberPorts(rule.Ports, to.Pod)
	if !possible {
		return nil
	}
	return w.allows(namespace, rule.From, pods, ports)
}

// egress: a named port is a different number on each receiving pod, so a rule with
// names becomes one Allow for each pod that has them; elsewhere only numbers count.
func (w World) egress(namespace string, rule networking.NetworkPolicyEgressRule, pods []located) []Allow {
	var numbered, named []networking.NetworkPolicyPort
	for _, p := range rule.Ports {
		if p.Port != nil && p.Port.Type == intstr.String {
			named = append(named, p)
		} else {
			numbered = append(numbered, p)
		}
	}
	var allows []Allow
	if len(rule.Ports) == 0 || len(numbered) > 0 {
		ports, _ := numberPorts(numbered, nil)
		allows = w.allows(namespace, rule.To, pods, ports)
	}
	if len(named) == 0 {
		return allows
	}
	for _, pod := range pods {
		if !w.isPeer(namespace, rule.To, pod) {
			continue
		}
		if ports, possible := numberPorts(named, pod.Pod); possible {
			allows = append(allows, Allow{Peers: []string{pod.address}, Ports: ports})
		}
	}
	return allows
}

// allows: all pods that are peers in one Allow, each ipBlock in one of its own.
func (w World) allows(namespace string, peers []networking.NetworkPolicyPeer, pods []located, ports []Port) []Allow {
	if len(peers) == 0 {
		return []Allow{{Ports: ports}}
	}
	var allows []Allow
	var addresses []string
	for _, pod := range pods {
		if slices.ContainsFunc(peers, func(p networking.NetworkPolicyPeer) bool {
			return p.IPBlock == nil && w.selectsPeer(namespace, p, pod.Pod)
		}) {
			addresses = append(addresses, pod.address)
		}
	}
	if len(addresses) > 0 {
		slices.Sort(addresses)
		allows = append(allows, Allow{Peers: addresses, Ports: ports})
	}
	for _, p := range peers {
		if p.IPBlock != nil && isIPv4(p.IPBlock.CIDR) {
			allows = append(allows, Allow{Peers: []string{p.IPBlock.CIDR}, Except: p.IPBlock.Except, Ports: ports})
		}
	}
	return allows
}

// isPeer: whether a pod is one of the peers, by selector or by address.
func (w World) isPeer(namespace string, peers []networking.NetworkPolicyPeer, pod located) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(p networking.NetworkPolicyPeer) bool {
		if p.IPBlock == nil {
			return w.selectsPeer(namespace, p, pod.Pod)
		}
		return contains(p.IPBlock.CIDR, pod.address) &&
			!slices.ContainsFunc(p.IPBlock.Except, func(e string) bool { return contains(e, pod.address) })
	})
}

// selectsPeer: without a namespaceSelector the policy's own namespace is meant,
// without a podSelector all pods of the namespaces; with both, both must match.
func (w World) selectsPeer(namespace string, p networking.NetworkPolicyPeer, pod *core.Pod) bool {
	if p.PodSelector != nil && !selects(p.PodSelector, pod.Labels) {
		return false
	}
	if p.NamespaceSelector == nil {
		return pod.Namespace == namespace
	}
	return slices.ContainsFunc(w.Namespaces, func(n *core.Namespace) bool {
		return n.Name == pod.Namespace && selects(p.NamespaceSelector, n.Labels)
	})
}

// numberPorts resolves names on a pod. When ports are asked for and none of them
// exists there, nothing is possible: an empty list would mean all ports.
func numberPorts(ports []networking.NetworkPolicyPort, pod *core.Pod) (numbers []Port, possible bool) {
	for _, p := range ports {
		protocol := core.ProtocolTCP
		if p.Protocol != nil {
			protocol = *p.Protocol
		}
		n := Port{Protocol: strings.ToLower(string(protocol))}
		switch {
		case p.Port == nil: // all of the protocol
		case p.Port.Type == intstr.Int:
			n.From, n.To = p.Port.IntVal, p.Port.IntVal
			if p.EndPort != nil {
				n.To = *p.EndPort
			}
		default:
			number := namedPort(pod, p.Port.StrVal, protocol)
			if number == 0 {
				continue
			}
			n.From, n.To = number, number
		}
		numbers = append(numbers, n)
	}
	return numbers, len(ports) == 0 || len(numbers) > 0
}

func namedPort(pod *core.Pod, name string, protocol core.Protocol) int32 {
	// Init containers count: those that restart always run beside the others.
	for _, c := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
		for _, p := range c.Ports {
			if p.Name == name && (p.Protocol == protocol || p.Protocol == "" && protocol == core.ProtocolTCP) {
				return p.ContainerPort
			}
		}
	}
	return 0
}

func selects(s *meta.LabelSelector, l map[string]string) bool {
	selector, err := meta.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(l)) // the API server refuses others
}

func isIPv4(s string) bool {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr().Is4()
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func contains(cidr, address string) bool {
	p, err := netip.ParsePrefix(cidr)
	a, err2 := netip.ParseAddr(address)
	return err == nil && err2 == nil && p.Contains(a)
}
