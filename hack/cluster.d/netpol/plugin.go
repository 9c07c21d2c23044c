package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	cni "github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
	"k8s.io/apimachinery/pkg/types"
)

// patience is how long a pod waits for its rules before the kubelet is told to try
// again; and before that for an enforcer that is only just starting. The kubelet
// itself waits for two minutes.
const patience = 30 * time.Second

// configuration is the plugin's entry in the conflist.
type configuration struct {
	cni.PluginConf
	Socket string `json:"socket"`
}

// arguments are those of CNI_ARGS, as the container runtime fills them in.
type arguments struct {
	cni.CommonArgs
	K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID cni.UnmarshallableString
}

func plugin() {
	skel.PluginMainFuncs(skel.CNIFuncs{
		Add: add, Del: del, Check: check, Status: status,
		GC: func(*skel.CmdArgs) error { return nil }, // the enforcer knows the pods that there are
	}, version.PluginSupports("0.4.0", "1.0.0", "1.1.0"), "netpol: the rules of a pod, before it starts")
}

// add gives on what the plugins before it have made, once the pod's rules are loaded.
func add(args *skel.CmdArgs) error {
	conf, address, err := parse(args)
	if err != nil {
		return err
	}
	pod := arguments{}
	pod.IgnoreUnknown = true
	if err := cni.LoadArgs(args.Args, &pod); err != nil {
		return err
	}
	sandbox := Sandbox{args.ContainerID, string(pod.K8S_POD_NAMESPACE), string(pod.K8S_POD_NAME), types.UID(pod.K8S_POD_UID), address}
	if sandbox.UID == "" {
		return errors.New("netpol: CNI_ARGS has no K8S_POD_UID: whose address is it?")
	}
	if err := ask(conf.Socket, patience, "Arrive", sandbox); err != nil {
		return err
	}
	return cni.PrintResult(conf.PrevResult, conf.CNIVersion)
}

// del must succeed also without an enforcer, which then has nothing to forget.
func del(args *skel.CmdArgs) error {
	conf := configuration{}
	if err := json.Unmarshal(args.StdinData, &conf); err != nil {
		return err
	}
	if err := ask(conf.Socket, 0, "Forget", args.ContainerID); err != nil {
		log.Print(err)
	}
	return nil
}

func check(args *skel.CmdArgs) error {
	conf, address, err := parse(args)
	if err != nil {
		return err
	}
	return ask(conf.Socket, 0, "Check", address)
}

// status: error 50 is CNI's "not now".
func status(args *skel.CmdArgs) error {
	conf := configuration{}
	if err := json.Unmarshal(args.StdinData, &conf); err != nil {
		return err
	}
	connection, err := net.Dial("unix", conf.Socket)
	if err != nil {
		return cni.NewError(50, "netpol is not running", err.Error())
	}
	return connection.Close()
}

func parse(args *skel.CmdArgs) (configuration, string, error) {
	conf := configuration{}
	if err := json.Unmarshal(args.StdinData, &conf); err != nil {
		return conf, "", err
	}
	if err := version.ParsePrevResult(&conf.PluginConf); err != nil {
		return conf, "", err
	}
	if conf.PrevResult == nil {
		return conf, "", errors.New("netpol comes after the plugin that gives the pod its address")
	}
	result, err := current.NewResultFromResult(conf.PrevResult)
	if err != nil {
		return conf, "", err
	}
	for _, ip := range result.IPs {
		if ip.Address.IP.To4() != nil {
			return conf, ip.Address.IP.String(), nil
		}
	}
	return conf, "", errors.New("netpol: the pod has no IPv4 address")
}

// ask calls the enforcer, and waits for one that is not there; one that ends
// meanwhile is asked again when it is back.
func ask(socket string, wait time.Duration, method string, argument any) error {
	until := time.Now().Add(wait)
	for {
		client, err := jsonrpc.Dial("unix", socket)
		if err == nil {
			err = client.Call("Door."+method, argument, &struct{}{})
			client.Close()
			if said := rpc.ServerError(""); err == nil || errors.As(err, &said) {
				return err
			}
		}
		if time.Now().After(until) {
			return fmt.Errorf("netpol does not answer at %s: %w", socket, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Door is what the plugin may ask of the enforcer.
type Door struct {
	enforcer *Enforcer
	patience time.Duration
}

// serve answers at a socket from now on.
func serve(ctx context.Context, socket string, enforcer *Enforcer) error {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // else it is what an earlier process left
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	server := rpc.NewServer()
	if err := server.Register(&Door{enforcer, patience}); err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			} else if err != nil {
				log.Fatal(err) // to be started again is better than to be deaf
			}
			go server.ServeCodec(jsonrpc.NewServerCodec(connection))
		}
	}()
	return nil
}

// Arrive returns when the pod's rules are loaded.
func (d *Door) Arrive(sandbox Sandbox, _ *struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), d.patience)
	defer cancel()
	return d.enforcer.Arrive(ctx, sandbox)
}

// Forget is for a sandbox that is gone.
func (d *Door) Forget(container string, _ *struct{}) error {
	d.enforcer.Forget(container)
	return nil
}

// Check fails for an address without rules.
func (d *Door) Check(address string, _ *struct{}) error {
	if !d.enforcer.Knows(address) {
		return fmt.Errorf("netpol has no rules for %s", address)
	}
	return nil
}
