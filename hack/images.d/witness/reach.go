package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// patience is how long an answer may take: a policy drops what it does not allow, so
// that nothing ever comes back.
const patience = 1500 * time.Millisecond

// identity tells this process from every other.
func identity() string {
	var bytes [8]byte
	rand.Read(bytes[:])
	return hex.EncodeToString(bytes[:])
}

// serve answers on PORT or PORT/udp with the identity: TCP speaks HTTP, where /healthy
// says whether it is ready.
func serve(port, id string, ready *atomic.Bool) error {
	number, protocol, _ := strings.Cut(port, "/")
	if protocol == "udp" {
		socket, err := net.ListenPacket("udp", ":"+number)
		if err != nil {
			return err
		}
		go echo(socket, id)
		return nil
	}
	listener, err := net.Listen("tcp", ":"+number)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, id) })
	routes.HandleFunc("/healthy", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	go http.Serve(listener, routes)
	return nil
}

func echo(socket net.PacketConn, id string) {
	buffer := make([]byte, 512)
	for {
		_, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		socket.WriteTo([]byte(id), from)
	}
}

func get(address string) int {
	client := http.Client{Timeout: patience}
	answer, err := client.Get("http://" + address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, answer.Status)
		return 1
	}
	return 0
}

// reach prints, for each HOST:PORT[/udp], the identity of who answers or why nobody does.
func reach(targets []string) int {
	answers := make(map[string]string, len(targets))
	var mutex sync.Mutex
	var all sync.WaitGroup
	for _, target := range targets {
		all.Go(func() {
			answer := whoAnswers(target)
			mutex.Lock()
			defer mutex.Unlock()
			answers[target] = answer
		})
	}
	all.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		return 1
	}
	return 0
}

func whoAnswers(target string) string {
	address, protocol, _ := strings.Cut(target, "/")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return "no such name"
	}
	if protocol == "udp" {
		return askUDP(net.JoinHostPort(found[0], port))
	}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + net.JoinHostPort(found[0], port) + "/")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case err != nil:
		return "no answer"
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err != nil {
		return "no answer"
	}
	return string(body)
}

// askUDP tries three times: a datagram may be lost, and the first one after a policy or
// a Service was made often is.
func askUDP(address string) string {
	for range 3 {
		connection, err := net.Dial("udp", address)
		if err != nil {
			return "no answer"
		}
		connection.SetDeadline(time.Now().Add(patience / 3))
		buffer := make([]byte, 64)
		connection.Write([]byte("who are you?"))
		n, err := connection.Read(buffer)
		connection.Close()
		if err == nil {
			return string(buffer[:n])
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return "refused"
		}
	}
	return "no answer"
}
