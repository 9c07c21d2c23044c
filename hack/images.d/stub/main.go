// Command stub stands in for programs of the examples that cannot be had here: n8n,
// GPT-OSS and Milvus, and, where it must be quick, ScripTeam's API. It listens on the real port,
// answers the real health path, takes a given time to start, and on request
// writes to the real PostgreSQL and Redis. It says on "/" and in its log that
// it is a stub.
//
// It is one static binary for images without a package manager, so it also
// answers to the names curl and wget, as far as health checks need them.
//
//	stub api|n8n|gpt-oss|milvus
//	milvus run standalone
//	curl -f URL
//	wget --spider URL
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "curl":
		os.Exit(curl(os.Args[1:], os.Stdout, os.Stderr))
	case "wget":
		os.Exit(wget(os.Args[1:], os.Stdout, os.Stderr))
	case "milvus":
		os.Args = []string{"stub", "milvus"}
	}
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stub:", err)
		os.Exit(1)
	}
}

// serve runs the stub that the first argument names until SIGTERM or SIGINT.
func serve(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: stub %s", strings.Join(kindNames(), "|"))
	}
	s, err := newServer(args[0], os.Getenv)
	if err != nil {
		return err
	}
	// As process 1 of a container the kernel would ignore a signal that has no
	// handler, and the pod would only end after its whole grace period.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return s.run(ctx)
}
