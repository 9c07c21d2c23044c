package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// load asks an address at an even rate, with a new connection each time, whether or not
// the answers keep up, and prints how many requests were sent and how many got no good
// answer, with the first reasons.
func load(arguments []string) int {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	rate := flags.Int("rate", 200, "requests a second")
	duration := flags.Duration("for", 10*time.Second, "how long")
	plain, err := parseMixed(flags, arguments)
	if err != nil || len(plain) != 1 || *rate < 1 {
		fmt.Fprintln(os.Stderr, "usage: witness load HOST:PORT [--rate=N] [--for=TIME]")
		return 2
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var mutex sync.Mutex
	var all sync.WaitGroup
	failed, reasons := 0, []string{}
	sent := 0
	for begin, tick := time.Now(), time.Tick(time.Second/time.Duration(*rate)); time.Since(begin) < *duration; <-tick {
		sent++
		all.Go(func() {
			if err := ask(&client, "http://"+plain[0]+"/"); err != nil {
				mutex.Lock()
				defer mutex.Unlock()
				failed++
				if len(reasons) < 3 {
					reasons = append(reasons, err.Error())
				}
			}
		})
	}
	all.Wait()
	if json.NewEncoder(os.Stdout).Encode(map[string]any{"sent": sent, "failed": failed, "reasons": reasons}) != nil {
		return 1
	}
	return 0
}

func ask(client *http.Client, address string) error {
	answer, err := client.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", answer.Status)
	}
	return nil
}
