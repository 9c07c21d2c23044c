package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestClientsEndAsTheRealOnesDo(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			body, _ := io.ReadAll(r.Body)
			io.WriteString(w, r.Method+" "+string(body))
		case "/slow":
			time.Sleep(time.Second)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer web.Close()
	closed := "http://127.0.0.1:1/"
	saved := filepath.Join(t.TempDir(), "saved")

	for _, c := range []struct {
		args string
		code int
		out  string
	}{
		{"curl -f URL/ok", 0, "GET "},
		{"curl -sf URL/bad", 22, ""},
		{"curl URL/bad", 0, ""},
		{"curl -f " + closed, 7, ""},
		{"curl -m 0.1 URL/slow", 28, ""},
		{"curl --max-time=0.1 URL/slow", 28, ""},
		{"curl -d hello URL/ok", 0, "POST hello"},
		{"curl -XPUT -d hello URL/ok", 0, "PUT hello"},
		{"curl --compressed URL/ok", 2, ""},
		{"curl", 2, ""},
		{"wget --no-verbose --tries=1 --spider URL/ok", 0, ""},
		{"wget --no-verbose --tries=1 --spider URL/bad", 8, ""},
		{"wget -q --spider " + closed, 4, ""},
		{"wget -qO- URL/ok", 0, "GET "},
		{"wget -T 5 -O - URL/ok", 0, "GET "},
		{"wget -q -O " + saved + " URL/ok", 0, ""},
	} {
		words := strings.Fields(strings.ReplaceAll(c.args, "URL", web.URL))
		run := map[string]func([]string, io.Writer, io.Writer) int{"curl": curl, "wget": wget}[words[0]]
		var out, log strings.Builder
		if code := run(words[1:], &out, &log); code != c.code || out.String() != c.out {
			t.Errorf("%s: ended with %d and %q, wanted %d and %q (%s)", c.args, code, out.String(), c.code, c.out, log.String())
		}
	}
	if text, _ := os.ReadFile(saved); string(text) != "GET " {
		t.Errorf("wget -O saved %q", text)
	}
}

// environment makes a getenv out of NAME=VALUE words.
func environment(words ...string) func(string) string {
	return func(name string) string {
		for _, word := range words {
			if value, found := strings.CutPrefix(word, name+"="); found {
				return value
			}
		}
		return ""
	}
}

func TestHealthFollowsTheStart(t *testing.T) {
	s, err := newServer("gpt-oss", environment("STUB_START_DELAY=200ms"))
	if err != nil {
		t.Fatal(err)
	}
	get := func() int {
		answer := httptest.NewRecorder()
		s.routes().ServeHTTP(answer, httptest.NewRequest("GET", "/health", nil))
		return answer.Code
	}
	if code := get(); code != http.StatusServiceUnavailable {
		t.Errorf("while it starts: %d", code)
	}
	s.started = s.started.Add(-200 * time.Millisecond)
	if code := get(); code != http.StatusOK {
		t.Errorf("after its start: %d", code)
	}
}

func TestBadSettingsNameTheRemedy(t *testing.T) {
	for setting, remedy := range map[string]string{
		"STUB_START_DELAY=soon":    "give a duration",
		"REDIS_URL=redis:6379":     "write redis://",
		"DATABASE_URL=postgres/db": "write postgresql://",
	} {
		if _, err := newServer("api", environment(setting)); err == nil || !strings.Contains(err.Error(), remedy) {
			t.Errorf("%s: %v, wanted %q", setting, err, remedy)
		}
	}
	if _, err := newServer("nginx", environment()); err == nil {
		t.Error("a stub of nginx")
	}
}

// answerOnce is a Redis that reads what it is sent and gives fixed answers.
func answerOnce(t *testing.T, answers string) (address string, heard chan string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	heard = make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, answers)
		all, _ := io.ReadAll(conn)
		heard <- string(all)
	}()
	return listener.Addr().String(), heard
}

func TestRedisSpeaksItsProtocol(t *testing.T) {
	address, heard := answerOnce(t, "+OK\r\n+OK\r\n:7\r\n")
	r, err := openRedis("redis://:secret@" + address + "/2")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.integer(t.Context(), "INCR", "visits"); n != 7 || err != nil {
		t.Errorf("INCR: %d, %v", n, err)
	}
	want := "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*2\r\n$4\r\nINCR\r\n$6\r\nvisits\r\n"
	if got := <-heard; got != want {
		t.Errorf("it was sent %q", got)
	}
}

func TestRedisAnswers(t *testing.T) {
	for answer, want := range map[string]string{
		"+PONG\r\n":           "PONG",
		":12\r\n":             "12",
		"$5\r\nhello\r\n":     "hello",
		"$-1\r\n":             "",
		"-NOAUTH say who\r\n": "error: NOAUTH say who",
		"*1\r\n":              "error: unknown kind of answer \"*1\"",
		"\r\n":                "error: an empty answer",
		"$5\r\nhe":            "error: unexpected EOF",
	} {
		got, err := decode(bufio.NewReader(strings.NewReader(answer)))
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, wanted %q", answer, got, want)
		}
	}
}
