// netpol enforces the NetworkPolicies of a cluster for the pods of one node, with
// nftables rules in the network namespace that it runs in.
//
//	watch (main.go) -> evaluate (evaluate.go, pure) -> render (render.go, pure) -> nft
//
// It filters what is forwarded to and from pods. What the node itself sends, such
// as the kubelet's probes, is not forwarded and so never filtered, as the API asks.
// kube-proxy rewrites the address of a Service before that point: rules see pods.
// A connection that a policy let through goes on when the policy changes.
//
// Known limits: IPv4 only; a new pod is unfiltered until its status shows its
// address, which is some 100 ms after its containers start.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os/exec"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "who asks the API server")
	node := flag.String("node", "", "the node whose pods are filtered")
	flag.Parse()
	if err := run(context.Background(), *kubeconfig, *node); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig, node string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	namespaces := factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()

	// Holds one signal: events that come while a round runs make one next round.
	changed := make(chan struct{}, 1)
	signal := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { signal() },
		UpdateFunc: func(any, any) { signal() },
		DeleteFunc: func(any) { signal() },
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	loaded := ""
	for range changed {
		start := time.Now()
		var world World
		if world.Pods, err = pods.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if world.Namespaces, err = namespaces.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if world.Policies, err = policies.Lister().List(labels.Everything()); err != nil {
			return err
		}
		filters := Evaluate(world, node)
		rules := Render(filters)
		if rules == loaded {
			continue
		}
		if err := load(rules); err != nil {
			log.Printf("%v; the rules before it stay in force, trying again in 1 s:\n%s", err, rules)
			time.AfterFunc(time.Second, signal)
			continue
		}
		loaded = rules
		log.Printf("%d pods filtered, loaded in %v", len(filters), time.Since(start).Round(time.Millisecond))
		// A burst of events becomes a few rounds and not one for each.
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// load replaces all rules in one transaction: there is no moment without them.
func load(rules string) error {
	command := exec.Command("nft", "-f", "-")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, output)
	}
	return nil
}
