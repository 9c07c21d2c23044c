// Command witness runs as a service of a compose project and tells what a process
// experiences there, so that two engines can be held side by side (make parity).
//
//	witness [PORT[/udp]...] [OPTIONS]   say what is experienced, answer on these ports, log every signal
//	witness get HOST:PORT/PATH          ask one, as a health check does; 0 when the answer is 200
//	witness reach HOST:PORT[/udp]...    say who answers at each of these, as JSON
//	witness ping HOST                   send an ICMP echo request as any user may; 0 when it is answered
//	witness load HOST:PORT [--rate=N] [--for=TIME]
//	                                    ask so often a second, each time anew, and say how many failed
//
// Everything it says on standard output is one JSON object a line, with an "event"
// and the time "at" which it happened.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	var code int
	switch arguments := os.Args[1:]; {
	case len(arguments) == 2 && arguments[0] == "get":
		code = get(arguments[1])
	case len(arguments) == 2 && arguments[0] == "ping":
		code = ping(arguments[1])
	case len(arguments) > 1 && arguments[0] == "reach":
		code = reach(arguments[1:])
	case len(arguments) > 1 && arguments[0] == "load":
		code = load(arguments[1:])
	default:
		code = run(arguments)
	}
	os.Exit(code)
}

// say prints an event. A line is written whole, so that two never mix.
func say(event string, more map[string]any) {
	line := map[string]any{"event": event, "at": time.Now().UTC().Format(time.RFC3339Nano)}
	for key, value := range more {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		text = fmt.Appendf(nil, `{"event": "error", "message": %q}`, err)
	}
	os.Stdout.Write(append(text, '\n'))
}

func run(arguments []string) int {
	flags := flag.NewFlagSet("witness", flag.ContinueOnError)
	code := flags.Int("exit", 0, "the code to end with")
	after := flags.Duration("after", 0, "end by itself after this time")
	deaf := flags.Bool("deaf", false, "log signals and go on")
	readyAfter := flags.Duration("ready-after", 0, "how long /healthy answers 503 at first")
	eat := flags.Int("eat", 0, "MiB of memory to fill")
	ports, err := parseMixed(flags, arguments)
	if err != nil {
		return 2
	}

	signals := make(chan os.Signal, 16)
	// Go itself uses SIGURG; these two cannot be caught.
	for number := syscall.Signal(1); number <= 31; number++ {
		if number != syscall.SIGURG && number != syscall.SIGKILL && number != syscall.SIGSTOP && number != syscall.SIGCHLD {
			signal.Notify(signals, number)
		}
	}
	id := identity()
	say("start", map[string]any{"id": id, "experience": experience()})

	var ready atomic.Bool
	time.AfterFunc(*readyAfter, func() {
		say("ready", nil)
		ready.Store(true)
	})
	for _, port := range ports {
		if err := serve(port, id, &ready); err != nil {
			say("error", map[string]any{"message": err.Error()})
			return 1
		}
	}
	if *eat > 0 {
		fill(*eat)
	}
	return wait(signals, *deaf, *after, *code)
}

// wait says which signals come, and returns how the program ends: at once at one that
// asks for it, unless it is deaf; then it shows that it is still alive until it is killed.
func wait(signals <-chan os.Signal, deaf bool, after time.Duration, code int) int {
	var end <-chan time.Time
	if after > 0 {
		end = time.After(after)
	}
	var ticks <-chan time.Time
	for {
		select {
		case got := <-signals:
			number, _ := got.(syscall.Signal)
			say("signal", map[string]any{"signal": int(number)})
			switch {
			case number == syscall.SIGWINCH || number == syscall.SIGCONT || number == syscall.SIGPIPE:
			case !deaf:
				say("end", map[string]any{"code": code})
				return code
			case ticks == nil:
				ticks = time.Tick(100 * time.Millisecond)
			}
		case <-ticks:
			say("alive", nil)
		case <-end:
			say("end", map[string]any{"code": code})
			return code
		}
	}
}

// fill takes memory and touches every page of it.
func fill(mebibytes int) {
	for range mebibytes {
		kept = append(kept, make([]byte, 1<<20))
		block := kept[len(kept)-1]
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
	}
	say("filled", map[string]any{"mebibytes": mebibytes})
}

var kept [][]byte

// parseMixed takes flags and plain arguments in any order.
func parseMixed(flags *flag.FlagSet, arguments []string) ([]string, error) {
	var plain []string
	for len(arguments) > 0 {
		if !strings.HasPrefix(arguments[0], "-") {
			plain, arguments = append(plain, arguments[0]), arguments[1:]
			continue
		}
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		arguments = flags.Args()
	}
	return plain, nil
}
