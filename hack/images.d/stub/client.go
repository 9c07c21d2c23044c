package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// A request is what curl and wget were asked for.
type request struct {
	method  string
	url     string
	body    string
	output  string // "-" is standard output
	timeout time.Duration
	fail    bool // curl: an HTTP error is an error
	quiet   bool
}

// An option reads one flag of curl or wget into a request; value is empty for
// flags that take none.
type option struct {
	takesValue bool
	set        func(r *request, value string) error
}

func flagOf(set func(r *request)) option {
	return option{set: func(r *request, _ string) error { set(r); return nil }}
}

func valueOf(set func(r *request, value string)) option {
	return option{takesValue: true, set: func(r *request, v string) error { set(r, v); return nil }}
}

var ignored = flagOf(func(*request) {})

var setOutput = valueOf(func(r *request, v string) { r.output = v })

var setTimeout = option{takesValue: true, set: func(r *request, v string) error {
	seconds, err := strconv.ParseFloat(v, 64)
	r.timeout = time.Duration(seconds * float64(time.Second))
	return err
}}

var setData = valueOf(func(r *request, v string) {
	r.body = v
	if r.method == http.MethodGet {
		r.method = http.MethodPost
	}
})

var curlOptions = map[string]option{
	"-f": flagOf(func(r *request) { r.fail = true }), "--fail": flagOf(func(r *request) { r.fail = true }),
	"-s": flagOf(func(r *request) { r.quiet = true }), "--silent": flagOf(func(r *request) { r.quiet = true }),
	"-S": flagOf(func(r *request) { r.quiet = false }), "--show-error": flagOf(func(r *request) { r.quiet = false }),
	"-L": ignored, "--location": ignored,
	"-o": setOutput, "--output": setOutput,
	"-m": setTimeout, "--max-time": setTimeout,
	"-d": setData, "--data": setData,
	"-X": valueOf(func(r *request, v string) { r.method = v }), "--request": valueOf(func(r *request, v string) { r.method = v }),
}

var wgetOptions = map[string]option{
	"--spider": flagOf(func(r *request) { r.method = http.MethodHead }),
	"-q":       flagOf(func(r *request) { r.quiet = true }), "--quiet": flagOf(func(r *request) { r.quiet = true }),
	"--no-verbose": ignored, "-nv": ignored,
	"-t": valueOf(func(*request, string) {}), "--tries": valueOf(func(*request, string) {}),
	"-T": setTimeout, "--timeout": setTimeout,
	"-O": setOutput, "--output-document": setOutput,
	"--post-data": setData,
}

// parse reads args as getopt does: --name=value, --name value, -xVALUE, -xyz.
func parse(args []string, options map[string]option) (*request, error) {
	r := &request{method: http.MethodGet, timeout: 30 * time.Second}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if !strings.HasPrefix(arg, "-") {
			if r.url != "" {
				return nil, errors.New("more than one URL")
			}
			r.url = arg
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		if _, whole := options[name]; !whole && !strings.HasPrefix(arg, "--") && len(arg) > 2 {
			name, value, hasValue = arg[:2], arg[2:], true
		}
		o, known := options[name]
		switch {
		case !known:
			return nil, fmt.Errorf("this image's small stand-in does not know %s", arg)
		case o.takesValue && !hasValue:
			if len(args) == 0 {
				return nil, fmt.Errorf("%s needs a value", name)
			}
			value, args = args[0], args[1:]
		case !o.takesValue && hasValue:
			args = append([]string{"-" + value}, args...) // -sf is -s -f
		}
		if err := o.set(r, value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if r.url == "" {
		return nil, errors.New("no URL given")
	}
	if !strings.Contains(r.url, "://") {
		r.url = "http://" + r.url
	}
	return r, nil
}

// send returns the status; the body goes to the request's output on success.
func (r *request) send(stdout io.Writer) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if r.fail && resp.StatusCode >= http.StatusBadRequest {
		return resp, nil
	}
	out := stdout
	if r.output != "" && r.output != "-" {
		file, err := os.Create(r.output)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		out = file
	}
	_, err = io.Copy(out, resp.Body)
	return resp, err
}

// curl ends with the real one's exit codes, which scripts tell apart.
func curl(args []string, stdout, stderr io.Writer) int {
	r, err := parse(args, curlOptions)
	if err != nil {
		fmt.Fprintln(stderr, "curl: (2)", err)
		return 2
	}
	resp, err := r.send(stdout)
	code := 0
	var asURL *url.Error
	var dns *net.DNSError
	switch {
	case err == nil && r.fail && resp.StatusCode >= http.StatusBadRequest:
		code, err = 22, fmt.Errorf("the server answered %s", resp.Status)
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded):
		code = 28
	case errors.As(err, &dns):
		code = 6
	case errors.As(err, &asURL) && asURL.Op == "parse":
		code = 3
	default:
		code = 7
	}
	if err != nil && !r.quiet {
		fmt.Fprintf(stderr, "curl: (%d) %v\n", code, err)
	}
	return code
}

// wget likewise: 2 for its arguments, 4 for the network, 8 for an HTTP error.
func wget(args []string, stdout, stderr io.Writer) int {
	r, err := parse(args, wgetOptions)
	if err != nil {
		fmt.Fprintln(stderr, "wget:", err)
		return 2
	}
	r.fail = true
	if r.output == "" {
		r.output = savedName(r)
	}
	resp, err := r.send(stdout)
	code := 0
	switch {
	case err != nil:
		code = 4
	case resp.StatusCode >= http.StatusBadRequest:
		code, err = 8, fmt.Errorf("server returned error: HTTP %s", resp.Status)
	}
	if err != nil && !r.quiet {
		fmt.Fprintln(stderr, "wget:", err)
	}
	return code
}

// savedName is the file that wget writes when not told: the URL's last part.
func savedName(r *request) string {
	if r.method == http.MethodHead {
		return os.DevNull
	}
	u, err := url.Parse(r.url)
	if err != nil {
		return os.DevNull
	}
	name := u.Path[strings.LastIndex(u.Path, "/")+1:]
	if name == "" {
		return "index.html"
	}
	return name
}
