package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

// Enforcer keeps the rules of one node as the cluster's policies want them.
type Enforcer struct {
	client     kubernetes.Interface
	node, pods string
	podsOf     corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   networkinglisters.NetworkPolicyLister
	// changed holds one signal: events that come while a round runs make one next round.
	changed chan struct{}

	mutex    sync.Mutex
	given    map[types.UID]Sandbox
	arrivals []*arrival
	enforced []string // the addresses that the loaded rules know
}

// Sandbox is what the CNI chain has made for a pod.
type Sandbox struct {
	Container       string // the id of the sandbox
	Namespace, Name string
	UID             types.UID
	Address         string
}

// arrival is a pod whose containers wait for its rules.
type arrival struct {
	Sandbox
	policies []networking.NetworkPolicy // of its namespace, as the API server has them
	loaded   chan struct{}
}

// Watch returns when all that decides has been read once.
func Watch(ctx context.Context, client kubernetes.Interface, node, pods string) (*Enforcer, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	e := &Enforcer{
		client: client, node: node, pods: pods,
		podsOf:     factory.Core().V1().Pods().Lister(),
		namespaces: factory.Core().V1().Namespaces().Lister(),
		policies:   factory.Networking().V1().NetworkPolicies().Lister(),
		changed:    make(chan struct{}, 1),
		given:      map[types.UID]Sandbox{},
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { e.signal() },
		UpdateFunc: func(any, any) { e.signal() },
		DeleteFunc: func(any) { e.signal() },
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Core().V1().Pods().Informer(),
		factory.Core().V1().Namespaces().Informer(),
		factory.Networking().V1().NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	e.signal() // also where there is nothing, all rules must be loaded once
	return e, ctx.Err()
}

func (e *Enforcer) signal() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// Run loads the rules whenever they have changed.
func (e *Enforcer) Run(ctx context.Context, load func(rules string) error) error {
	loaded := ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.changed:
		}
		start := time.Now()
		world, arrived, err := e.world()
		if err != nil {
			return err
		}
		addresses, filters := Evaluate(world, e.node)
		rules := Render(e.pods, addresses, filters)
		if rules == loaded {
			e.finish(addresses, arrived)
			continue
		}
		if err := load(rules); err != nil {
			log.Printf("%v; the rules before it stay in force, trying again in 1 s:\n%s", err, rules)
			time.AfterFunc(time.Second, e.signal)
			continue
		}
		loaded = rules
		e.finish(addresses, arrived)
		log.Printf("%d pods, %d filtered, loaded in %v", len(addresses), len(filters), time.Since(start).Round(time.Millisecond))
		// A burst of events becomes a few rounds and not one for each.
		time.Sleep(20 * time.Millisecond)
	}
}

// world is the cluster as it is known here, and the arrivals that it is complete for.
func (e *Enforcer) world() (world World, arrived []*arrival, err error) {
	// Before the cluster is read: what arrives later is for a later round.
	e.mutex.Lock()
	world.Given = map[types.UID]string{}
	for uid, sandbox := range e.given {
		world.Given[uid] = sandbox.Address
	}
	waiting := slices.Clone(e.arrivals)
	e.mutex.Unlock()

	if world.Pods, err = e.podsOf.List(labels.Everything()); err != nil {
		return world, nil, err
	}
	if world.Namespaces, err = e.namespaces.List(labels.Everything()); err != nil {
		return world, nil, err
	}
	if world.Policies, err = e.policies.List(labels.Everything()); err != nil {
		return world, nil, err
	}
	for _, a := range waiting {
		if a.isIn(world) {
			arrived = append(arrived, a)
		}
	}
	return world, arrived, nil
}

// isIn: whether the pod is known, and each policy that its namespace had when it
// arrived. The watches are independent of each other, so that either may be late.
func (a *arrival) isIn(world World) bool {
	return slices.ContainsFunc(world.Pods, func(p *core.Pod) bool { return p.UID == a.UID }) &&
		!slices.ContainsFunc(a.policies, func(want networking.NetworkPolicy) bool {
			return !slices.ContainsFunc(world.Policies, func(have *networking.NetworkPolicy) bool {
				return have.UID == want.UID && have.Generation >= want.Generation
			})
		})
}

// finish lets those go whose rules are loaded.
func (e *Enforcer) finish(addresses []string, arrived []*arrival) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.enforced = addresses
	for _, a := range arrived {
		close(a.loaded)
	}
	e.arrivals = slices.DeleteFunc(e.arrivals, func(a *arrival) bool { return slices.Contains(arrived, a) })
}

// Arrive returns when the rules of a new pod are loaded, or with an error when ctx ends.
func (e *Enforcer) Arrive(ctx context.Context, sandbox Sandbox) error {
	policies, err := e.client.NetworkingV1().NetworkPolicies(sandbox.Namespace).List(ctx, meta.ListOptions{})
	if err != nil {
		return fmt.Errorf("reading the policies of namespace %s: %w", sandbox.Namespace, err)
	}
	a := &arrival{sandbox, policies.Items, make(chan struct{})}
	e.mutex.Lock()
	e.given[sandbox.UID] = sandbox
	e.arrivals = append(e.arrivals, a)
	e.mutex.Unlock()
	e.signal()
	select {
	case <-a.loaded:
		return nil
	case <-ctx.Done():
		e.Forget(sandbox.Container)
		return fmt.Errorf("no rules for pod %s/%s yet; the log of netpol on %s says why", sandbox.Namespace, sandbox.Name, e.node)
	}
}

// Forget is for a sandbox that is gone.
func (e *Enforcer) Forget(container string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	maps.DeleteFunc(e.given, func(_ types.UID, s Sandbox) bool { return s.Container == container })
	e.arrivals = slices.DeleteFunc(e.arrivals, func(a *arrival) bool { return a.Container == container })
	e.signal()
}

// Knows: whether an address is a pod's in the loaded rules.
func (e *Enforcer) Knows(address string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.Contains(e.enforced, address)
}

// nft replaces all rules in one transaction: there is no moment without them.
func nft(rules string) error {
	command := exec.Command("nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, output)
	}
	return nil
}
