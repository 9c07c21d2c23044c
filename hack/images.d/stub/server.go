package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// A kind is one program that the stub stands in for.
type kind struct {
	of      string   // what the real program is
	port    string   // where it listens
	portEnv string   // the variable by which the real program moves its port
	health  string   // its health path
	further string   // another port where it listens, and says nothing
	needs   []string // variables that each name the address of a backend
}

var kinds = map[string]kind{
	"api":     {of: "ScripTeam's API gateway (Node.js)", port: "3000", portEnv: "PORT", health: "/health"},
	"n8n":     {of: "the n8n workflow engine", port: "5678", portEnv: "N8N_PORT", health: "/healthz"},
	"gpt-oss": {of: "the GPT-OSS inference server", port: "8080", portEnv: "PORT", health: "/health"},
	"milvus": {of: "the Milvus vector database", port: "9091", portEnv: "METRICS_PORT", health: "/healthz",
		further: "19530", needs: []string{"ETCD_ENDPOINTS", "MINIO_ADDRESS"}},
}

func kindNames() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// importDir is where the compose file mounts n8n's workflows.
const importDir = "/import"

// backendTimeout bounds one look at a backend; the example's shortest health
// check waits three seconds, and a stub must answer before it.
const backendTimeout = 2 * time.Second

type server struct {
	kind
	name    string
	addr    string
	delay   time.Duration
	started time.Time
	db      *postgres // nil where the real program has none
	cache   *redis    // likewise
	needed  []string  // addresses that must take a connection

	mu      sync.Mutex
	verdict string // the last health verdict, so that the log shows changes only
}

// newServer reads the settings that the real program would read.
func newServer(name string, env func(string) string) (*server, error) {
	k, known := kinds[name]
	if !known {
		return nil, fmt.Errorf("no stub of %q: give one of %v", name, kindNames())
	}
	delay, err := time.ParseDuration(cmp.Or(env("STUB_START_DELAY"), "1s"))
	if err != nil {
		return nil, fmt.Errorf("STUB_START_DELAY: %w: give a duration such as 5s", err)
	}
	s := &server{kind: k, name: name, delay: delay, started: time.Now()}
	s.addr = ":" + cmp.Or(env(k.portEnv), k.port)
	if s.db, err = openPostgres(env); err != nil {
		return nil, err
	}
	if url := env("REDIS_URL"); url != "" {
		if s.cache, err = openRedis(url); err != nil {
			return nil, err
		}
	}
	for _, name := range k.needs {
		if address := env(name); address != "" {
			s.needed = append(s.needed, address)
		}
	}
	return s, nil
}

func (s *server) run(ctx context.Context) error {
	web := &http.Server{Addr: s.addr, Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	if s.further != "" {
		listener, err := net.Listen("tcp", ":"+s.further)
		if err != nil {
			return err
		}
		defer listener.Close()
		go takeInSilence(listener)
	}
	failed := make(chan error, 1)
	go func() { failed <- web.ListenAndServe() }()
	log.Printf("stub of %s: listening on %s, %s is 200 in %s", s.of, s.addr, s.health, s.delay)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		log.Printf("stub of %s: told to stop, stopping at once", s.of)
		return web.Close()
	}
}

// takeInSilence lets clients connect, and keeps them until they go.
func takeInSilence(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = io.Copy(io.Discard, conn)
		}()
	}
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(s.health, s.serveHealth)
	mux.HandleFunc("GET /{$}", s.serveVisit)
	if s.db != nil && s.cache != nil {
		mux.HandleFunc("GET /items", s.serveItems)
		mux.HandleFunc("POST /items", s.serveNewItem)
	}
	return mux
}

// checkHealth is nil once the start is over and each backend answers.
func (s *server) checkHealth(ctx context.Context) error {
	if left := s.delay - time.Since(s.started); left > 0 {
		return errors.New("starting")
	}
	if s.db != nil {
		if err := s.db.ping(ctx); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	if s.cache != nil {
		if _, err := s.cache.do(ctx, "PING"); err != nil {
			return fmt.Errorf("redis: %w", err)
		}
	}
	for _, address := range s.needed {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		conn.Close()
	}
	return nil
}

func (s *server) serveHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), backendTimeout)
	defer cancel()
	verdict, code := "ok", http.StatusOK
	if err := s.checkHealth(ctx); err != nil {
		verdict, code = err.Error(), http.StatusServiceUnavailable
	}
	s.mu.Lock()
	if s.verdict != verdict {
		s.verdict = verdict
		log.Printf("health: %s", verdict)
	}
	s.mu.Unlock()
	answer(w, code, map[string]any{"status": verdict, "service": s.name, "stub": true})
}

// serveVisit counts a visit in each backend and says what the stub is.
func (s *server) serveVisit(w http.ResponseWriter, r *http.Request) {
	body, code := map[string]any{"service": s.name, "stub": true, "of": s.of}, http.StatusOK
	note := func(backend string, visits int64, err error) {
		if err != nil {
			body[backend], code = "error: "+err.Error(), http.StatusServiceUnavailable
			return
		}
		body[backend] = fmt.Sprintf("%d visits", visits)
	}
	if s.db != nil {
		visits, err := s.db.visit(r.Context(), s.name)
		note("postgres", visits, err)
	}
	if s.cache != nil {
		visits, err := s.cache.integer(r.Context(), "INCR", "stub:visits:"+s.name)
		note("redis", visits, err)
	}
	if files, _ := filepath.Glob(filepath.Join(importDir, "*.json")); s.name == "n8n" {
		body["workflows"] = len(files)
	}
	body["host"], _ = os.Hostname()
	answer(w, code, body)
}

// serveNewItem writes one item: a row in PostgreSQL, a key in Redis.
func (s *server) serveNewItem(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, map[string]any{"error": err.Error()})
		return
	}
	it, err := s.db.addItem(r.Context(), string(text))
	if err == nil {
		_, err = s.cache.do(r.Context(), "SET", it.key(), it.Text)
	}
	if err != nil {
		answer(w, http.StatusServiceUnavailable, map[string]any{"error": err.Error()})
		return
	}
	it.Cached = true
	answer(w, http.StatusCreated, it)
}

// serveItems lists the rows and says of each whether Redis has it too.
func (s *server) serveItems(w http.ResponseWriter, r *http.Request) {
	items, err := s.db.items(r.Context())
	for i := 0; err == nil && i < len(items); i++ {
		var found int64
		found, err = s.cache.integer(r.Context(), "EXISTS", items[i].key())
		items[i].Cached = found == 1
	}
	if err != nil {
		answer(w, http.StatusServiceUnavailable, map[string]any{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, items)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The reader may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
