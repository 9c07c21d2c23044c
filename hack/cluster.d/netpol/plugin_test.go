package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
)

// The container runtime calls the program with its orders in the environment, and so
// do these tests.
func TestMain(m *testing.M) {
	if os.Getenv("CNI_COMMAND") != "" {
		plugin()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const result = `{"cniVersion":"1.0.0","interfaces":[{"name":"eth0"}],"ips":[{"address":"10.0.0.8/24","gateway":"10.0.0.1","interface":0}]}`

// call runs the plugin as the runtime does; what it prints, and whether it succeeds.
func call(command, socket, version string) (string, error) {
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), "CNI_COMMAND="+command, "CNI_CONTAINERID=c1", "CNI_NETNS=/n", "CNI_IFNAME=eth0", "CNI_PATH=/p",
		"CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_UID=u1")
	process.Stdin = strings.NewReader(fmt.Sprintf(`{"cniVersion": %q, "name": "pods", "type": "netpol", "socket": %q, "prevResult": %s}`,
		version, socket, strings.Replace(result, "1.0.0", version, 1)))
	output, err := process.Output()
	return string(output), err
}

// node is an enforcer with a cluster of its own, and the rules that it has loaded.
type node struct {
	client   kubernetes.Interface
	enforcer *Enforcer
	socket   string
	mutex    sync.Mutex
	rules    string
}

func startNode(t *testing.T, policies ...*networking.NetworkPolicy) *node {
	t.Helper()
	n := &node{client: fake.NewClientset(), socket: filepath.Join(t.TempDir(), "socket")}
	for _, p := range policies {
		if _, err := n.client.NetworkingV1().NetworkPolicies(p.Namespace).Create(t.Context(), p, meta.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if n.enforcer, err = Watch(t.Context(), n.client, "here", "10.0.0.0/24"); err != nil {
		t.Fatal(err)
	}
	if err := serve(t.Context(), n.socket, n.enforcer); err != nil {
		t.Fatal(err)
	}
	go n.enforcer.Run(t.Context(), func(rules string) error {
		n.mutex.Lock()
		defer n.mutex.Unlock()
		n.rules = rules
		return nil
	})
	return n
}

func (n *node) loaded() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.rules
}

func (n *node) addPod(t *testing.T) {
	t.Helper()
	pod := &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: "shop", Name: "web", UID: "u1"},
		Spec:       core.PodSpec{NodeName: "here"},
	}
	if _, err := n.client.CoreV1().Pods("shop").Create(t.Context(), pod, meta.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

const closed = "chain egress-0 { # shop/web\n  ip daddr 10.0.0.8 return\n  counter drop\n}"

func TestAPodStartsWhenItsRulesAreLoaded(t *testing.T) {
	n := startNode(t, policy(t, "shop", `{podSelector: {}, policyTypes: [Egress]}`))
	type end struct {
		output, rules string
		err           error
	}
	ended := make(chan end)
	go func() {
		output, err := call("ADD", n.socket, "1.0.0")
		ended <- end{output, n.loaded(), err}
	}()
	select {
	case e := <-ended:
		t.Fatalf("it started while its pod was unknown: %v", e)
	case <-time.After(300 * time.Millisecond):
	}
	n.addPod(t)
	e := <-ended
	if e.err != nil || !strings.Contains(e.rules, closed) {
		t.Errorf("%v, started with\n%s", e.err, e.rules)
	}
	var got, want any
	if json.Unmarshal([]byte(e.output), &got) != nil || json.Unmarshal([]byte(result), &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the result is not the one before it: %s", e.output)
	}
	if output, err := call("CHECK", n.socket, "1.0.0"); err != nil {
		t.Error(err, output)
	}

	// It goes, before its object does.
	if output, err := call("DEL", n.socket, "1.0.0"); err != nil {
		t.Error(err, output)
	}
	for i := 0; strings.Contains(n.loaded(), "10.0.0.8"); i++ {
		if i == 500 {
			t.Fatalf("it is not forgotten:\n%s", n.loaded())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if output, err := call("CHECK", n.socket, "1.0.0"); err == nil {
		t.Errorf("CHECK of a pod that is gone succeeds: %s", output)
	}
}

func TestAPodThatNobodyKnowsIsRefusedAndForgotten(t *testing.T) {
	n := startNode(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := n.enforcer.Arrive(ctx, Sandbox{"c1", "shop", "web", "u1", "10.0.0.8"}); err == nil || !strings.Contains(err.Error(), "shop/web") {
		t.Errorf("got %v", err)
	}
	if len(n.enforcer.given) != 0 || len(n.enforcer.arrivals) != 0 {
		t.Errorf("left: %v %v", n.enforcer.given, n.enforcer.arrivals)
	}
}

func TestThePluginWaitsForAnEnforcerThatIsOnlyJustStarting(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	ended := make(chan error)
	go func() { ended <- ask(socket, time.Minute, "Check", "10.0.0.8") }()
	time.Sleep(100 * time.Millisecond)
	if err := serve(t.Context(), socket, &Enforcer{enforced: []string{"10.0.0.8"}}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWithoutAnEnforcer(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	for command, want := range map[string]struct {
		succeeds bool
		output   string
	}{
		"DEL":     {true, ""},
		"GC":      {true, ""},
		"CHECK":   {false, "does not answer"},
		"STATUS":  {false, `"code": 50`},
		"VERSION": {true, `"1.1.0"`},
	} {
		output, err := call(command, socket, "1.1.0")
		if (err == nil) != want.succeeds || !strings.Contains(output, want.output) {
			t.Errorf("%s: %v %s", command, err, output)
		}
	}
}

// The watches are independent of each other: a pod may be known before a policy that
// is older.
func TestAnArrivalIsCompleteWithItsPodAndItsPolicies(t *testing.T) {
	version := func(uid types.UID, generation int64) networking.NetworkPolicy {
		return networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{UID: uid, Generation: generation}}
	}
	older, newer, other := version("p", 1), version("p", 2), version("q", 1)
	for name, c := range map[string]struct {
		pod  types.UID
		seen []*networking.NetworkPolicy
		want bool
	}{
		"no policy seen yet":    {"u1", nil, false},
		"another policy":        {"u1", []*networking.NetworkPolicy{&other}, false},
		"its former version":    {"u1", []*networking.NetworkPolicy{&older}, false},
		"another pod":           {"u2", []*networking.NetworkPolicy{&newer}, false},
		"the pod, and the same": {"u1", []*networking.NetworkPolicy{&other, &newer}, true},
	} {
		a := arrival{Sandbox: Sandbox{UID: "u1"}, policies: []networking.NetworkPolicy{newer}}
		world := World{Pods: []*core.Pod{{ObjectMeta: meta.ObjectMeta{UID: c.pod}}}, Policies: c.seen}
		if got := a.isIn(world); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What nft refuses lets nobody start.
func TestAPodWaitsWhileItsRulesCannotBeLoaded(t *testing.T) {
	e, err := Watch(t.Context(), fake.NewClientset(&core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: "shop", Name: "web", UID: "u1"}, Spec: core.PodSpec{NodeName: "here"},
	}), "here", "10.0.0.0/24")
	if err != nil {
		t.Fatal(err)
	}
	var tries bytes.Buffer
	go e.Run(t.Context(), func(string) error {
		tries.WriteString("x")
		if tries.Len() == 1 {
			return fmt.Errorf("refused")
		}
		return nil
	})
	if err := e.Arrive(t.Context(), Sandbox{"c1", "shop", "web", "u1", "10.0.0.8"}); err != nil || tries.Len() < 2 {
		t.Errorf("%v after %d tries", err, tries.Len())
	}
}
