// netpol enforces the NetworkPolicies of a cluster for the pods of one node, with
// nftables rules in the network namespace that it runs in.
//
//	watch (enforcer.go) -> evaluate (evaluate.go, pure) -> render (render.go, pure) -> nft
//
// It filters what is forwarded to and from pods. What the node itself sends, such
// as the kubelet's probes, is not forwarded and so never filtered, as the API asks.
// kube-proxy rewrites the address of a Service before that point: rules see pods.
// A connection that a policy let through goes on when the policy changes.
//
// The same program is the last plugin of the node's chain of CNI plugins
// (plugin.go): before a pod's containers start, it tells the enforcer the pod's
// address and waits until its rules are loaded. So no pod is ever without them.
//
// Known limit: IPv4 only.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	if os.Getenv("CNI_COMMAND") != "" {
		plugin()
		return
	}
	kubeconfig := flag.String("kubeconfig", "", "who asks the API server")
	node := flag.String("node", "", "the node whose pods are filtered")
	pods := flag.String("pods", "", "the range that the node's pods have their addresses from")
	socket := flag.String("socket", "", "where the plugin finds this process")
	flag.Parse()
	if err := run(context.Background(), *kubeconfig, *node, *pods, *socket); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig, node, pods, socket string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	enforcer, err := Watch(ctx, client, node, pods)
	if err != nil {
		return err
	}
	// It listens only now: until then the plugin waits for the socket.
	if err := serve(ctx, socket, enforcer); err != nil {
		return err
	}
	return enforcer.Run(ctx, nft)
}
