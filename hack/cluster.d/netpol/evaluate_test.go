package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// The cluster of the table: two namespaces, whose pods are told apart by labels.
//
//	shop/web 10.0.0.1 (port http = 80)   shop/api 10.0.0.2 (http = 3000, dns = 53/udp)
//	shop/db  10.0.0.3 on another node    ops/agent 10.0.0.4
//	shop/host on the host's network, shop/done ended, shop/new without address
func cluster() World {
	pod := func(namespace, name, address string, ports ...core.ContainerPort) *core.Pod {
		return &core.Pod{
			ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(name), Labels: map[string]string{"app": name}},
			Spec:       core.PodSpec{NodeName: "here", Containers: []core.Container{{Ports: ports}}},
			Status:     core.PodStatus{PodIP: address, Phase: core.PodRunning},
		}
	}
	db := pod("shop", "db", "10.0.0.3")
	db.Spec.NodeName = "elsewhere"
	host := pod("shop", "host", "192.168.0.1")
	host.Spec.HostNetwork = true
	done := pod("shop", "done", "10.0.0.9")
	done.Status.Phase = core.PodSucceeded
	namespace := func(name string) *core.Namespace {
		return &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name, Labels: map[string]string{"team": name}}}
	}
	return World{
		Pods: []*core.Pod{
			pod("shop", "web", "10.0.0.1", core.ContainerPort{Name: "http", ContainerPort: 80}),
			pod("shop", "api", "10.0.0.2",
				core.ContainerPort{Name: "http", ContainerPort: 3000, Protocol: core.ProtocolTCP},
				core.ContainerPort{Name: "dns", ContainerPort: 53, Protocol: core.ProtocolUDP}),
			db, pod("ops", "agent", "10.0.0.4"), host, done, pod("shop", "new", ""),
		},
		Namespaces: []*core.Namespace{namespace("shop"), namespace("ops")},
	}
}

func policy(t *testing.T, namespace, spec string) *networking.NetworkPolicy {
	t.Helper()
	p := &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: namespace}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatalf("%v in %s", err, spec)
	}
	return p
}

func TestEvaluate(t *testing.T) {
	api := func(ingress, egress *[]Allow) []Filter { return []Filter{{"shop/api", "10.0.0.2", ingress, egress}} }
	allow := func(a ...Allow) *[]Allow { return &a }
	none := &[]Allow{}
	const onAPI = "podSelector: {matchLabels: {app: api}}\n"

	for name, c := range map[string]struct {
		policies []string
		want     []Filter
	}{
		"no policy, no filter":         {nil, nil},
		"nobody is selected":           {[]string{`podSelector: {matchLabels: {app: nobody}}`}, nil},
		"a bare policy denies ingress": {[]string{onAPI}, api(none, nil)},
		"egress alone":                 {[]string{onAPI + `policyTypes: [Egress]`}, api(nil, none)},
		"egress rules without types close both": {
			[]string{onAPI + `egress: [{}]`}, api(none, allow(Allow{}))},
		"an empty rule allows all": {[]string{onAPI + `ingress: [{}]`}, api(allow(Allow{}), nil)},
		"every pod of the namespace, on this node, that has an address": {
			[]string{`podSelector: {}`},
			[]Filter{{"shop/api", "10.0.0.2", none, nil}, {"shop/web", "10.0.0.1", none, nil}}},
		"peers by podSelector, also of other nodes": {
			[]string{onAPI + `ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}}]}]`},
			api(allow(Allow{Peers: []string{"10.0.0.1", "10.0.0.3"}}), nil)},
		"a podSelector stays in its namespace": {
			[]string{onAPI + `ingress: [{from: [{podSelector: {matchLabels: {app: agent}}}]}]`}, api(none, nil)},
		"peers by namespaceSelector": {
			[]string{onAPI + `ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]`},
			api(allow(Allow{Peers: []string{"10.0.0.4"}}), nil)},
		"both selectors of one peer must match": {
			[]string{onAPI + `ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]`},
			api(allow(Allow{Peers: []string{"10.0.0.1"}}), nil)},
		"one of two peers is enough": {
			[]string{onAPI + `ingress: [{from: [{namespaceSelector: {matchLabels: {team: ops}}}, {podSelector: {matchLabels: {app: web}}}]}]`},
			api(allow(Allow{Peers: []string{"10.0.0.1", "10.0.0.4"}}), nil)},
		"ipBlock with except": {
			[]string{onAPI + `ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16, except: [10.1.2.0/24]}}]}]`},
			api(allow(Allow{Peers: []string{"10.1.0.0/16"}, Except: []string{"10.1.2.0/24"}}), nil)},
		"an ipBlock of IPv6 is nobody": {
			[]string{onAPI + `ingress: [{from: [{ipBlock: {cidr: "fd00::/8"}}]}]`}, api(none, nil)},
		"ports by number and range, TCP unless said": {
			[]string{onAPI + `ingress: [{ports: [{port: 80}, {port: 8000, endPort: 8010}, {port: 53, protocol: UDP}, {protocol: SCTP}]}]`},
			api(allow(Allow{Ports: []Port{{"tcp", 80, 80}, {"tcp", 8000, 8010}, {"udp", 53, 53}, {"sctp", 0, 0}}}), nil)},
		"a named port is the receiver's": {
			[]string{onAPI + `ingress: [{ports: [{port: http}]}]`},
			api(allow(Allow{Ports: []Port{{"tcp", 3000, 3000}}}), nil)},
		"a named port needs its protocol": {
			[]string{onAPI + `ingress: [{ports: [{port: dns}]}]`}, api(none, nil)},
		"an unknown name opens nothing": {
			[]string{onAPI + `ingress: [{ports: [{port: nosuch}]}]`}, api(none, nil)},
		"egress to a named port, different on each pod": {
			[]string{onAPI + "policyTypes: [Egress]\negress: [{to: [{podSelector: {}}], ports: [{port: http}]}]"},
			api(nil, allow(
				Allow{Peers: []string{"10.0.0.2"}, Ports: []Port{{"tcp", 3000, 3000}}},
				Allow{Peers: []string{"10.0.0.1"}, Ports: []Port{{"tcp", 80, 80}}}))},
		"egress to a named port within an ipBlock": {
			[]string{onAPI + "policyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.2/32]}}], ports: [{port: http}]}]"},
			api(nil, allow(Allow{Peers: []string{"10.0.0.1"}, Ports: []Port{{"tcp", 80, 80}}}))},
		"several policies add up": {
			[]string{
				onAPI + `ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]`,
				onAPI + `ingress: [{ports: [{port: 9}]}]`,
				onAPI + `policyTypes: [Egress]`},
			api(allow(Allow{Peers: []string{"10.0.0.1"}}, Allow{Ports: []Port{{"tcp", 9, 9}}}), none)},
	} {
		t.Run(name, func(t *testing.T) {
			w := cluster()
			for _, spec := range c.policies {
				w.Policies = append(w.Policies, policy(t, "shop", spec))
			}
			addresses, got := Evaluate(w, "here")
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got:\n%swant:\n%s", Render("", nil, got), Render("", nil, c.want))
			}
			if !slices.Equal(addresses, []string{"10.0.0.4", "10.0.0.2", "10.0.0.1"}) {
				t.Errorf("addresses: %v", addresses)
			}
		})
	}
}

// Two rules for one address would be refused by nft, all rules with them; and who
// might reach what the older pod may would be more than is allowed.
func TestNewerPodOwnsTheAddress(t *testing.T) {
	w := cluster()
	newer := w.Pods[1].DeepCopy()
	newer.Name, newer.UID, newer.CreationTimestamp = "newer", "newer", meta.NewTime(time.Now())
	newer.Labels["app"] = "newer"
	w.Pods = append(w.Pods, newer)
	w.Policies = []*networking.NetworkPolicy{policy(t, "shop",
		`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}`)}
	_, got := Evaluate(w, "here")
	none := &[]Allow{}
	if want := []Filter{{"shop/newer", "10.0.0.2", none, nil}, {"shop/web", "10.0.0.1", none, nil}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheAddressThatTheNodeGaveCounts(t *testing.T) {
	none := &[]Allow{}
	for name, c := range map[string]struct {
		given map[types.UID]string
		want  []Filter
	}{
		"before the status has one": {
			map[types.UID]string{"new": "10.0.0.8"},
			[]Filter{{"shop/api", "10.0.0.2", none, nil}, {"shop/new", "10.0.0.8", none, nil}, {"shop/web", "10.0.0.1", none, nil}}},
		"against the status, which is of an earlier sandbox": {
			map[types.UID]string{"api": "10.0.0.8"},
			[]Filter{{"shop/api", "10.0.0.8", none, nil}, {"shop/web", "10.0.0.1", none, nil}}},
		"against an older pod that still shows it": {
			map[types.UID]string{"new": "10.0.0.2"},
			[]Filter{{"shop/new", "10.0.0.2", none, nil}, {"shop/web", "10.0.0.1", none, nil}}},
		"not for a pod that has ended, or is not known": {
			map[types.UID]string{"done": "10.0.0.8", "nobody": "10.0.0.7"},
			[]Filter{{"shop/api", "10.0.0.2", none, nil}, {"shop/web", "10.0.0.1", none, nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := cluster()
			w.Given = c.given
			w.Policies = []*networking.NetworkPolicy{policy(t, "shop", `podSelector: {}`)}
			if _, got := Evaluate(w, "here"); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
