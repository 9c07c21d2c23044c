package main

import (
	"archive/tar"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestFullName(t *testing.T) {
	for short, full := range map[string]string{
		"redis":                    "docker.io/library/redis:latest",
		"redis:7-alpine":           "docker.io/library/redis:7-alpine",
		"n8nio/n8n:latest":         "docker.io/n8nio/n8n:latest",
		"ghcr.io/a/b:1":            "ghcr.io/a/b:1",
		"localhost/a":              "localhost/a:latest",
		"registry:5000/a":          "registry:5000/a:latest",
		"docker.io/library/x:1":    "docker.io/library/x:1",
		"registry.example.com/a:2": "registry.example.com/a:2",
	} {
		if got := fullName(short); got != full {
			t.Errorf("fullName(%q) = %q, want %q", short, got, full)
		}
	}
}

func write(t *testing.T, file string, entries ...string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for i := 0; i < len(entries); i += 2 {
		w.WriteHeader(&tar.Header{Name: entries[i], Mode: 0o644, Size: int64(len(entries[i+1]))})
		io.WriteString(w, entries[i+1])
	}
	w.Close()
}

func TestServesWhatDockerSaved(t *testing.T) {
	folder := t.TempDir()
	s := &store{folder: folder}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(s, w, r) }))
	defer server.Close()
	get := func(path string) (int, string) {
		t.Helper()
		r, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	if code, _ := get("/v2/library/redis/manifests/7?ns=docker.io"); code != 404 {
		t.Errorf("an empty folder answers %d", code)
	}
	// An archive that comes later is found.
	write(t, filepath.Join(folder, "redis.tar"),
		"manifest.json", `[{"Config":"c.json","RepoTags":["redis:7"],"Layers":["l.tar"]}]`,
		"c.json", "{}", "l.tar", "layer")
	code, body := get("/v2/library/redis/manifests/7?ns=docker.io")
	layer := digestOf([]byte("layer"))
	want := fmt.Sprintf(`{"config":{"mediaType":%q,"digest":%q,"size":2},"layers":[{"mediaType":%q,"digest":%q,"size":5}],"mediaType":%q,"schemaVersion":2}`,
		dockerConfig, digestOf([]byte("{}")), dockerLayer, layer, dockerManifest)
	if code != 200 || body != want {
		t.Errorf("manifest: %d %s", code, body)
	}
	if code, body := get("/v2/library/redis/blobs/" + layer); code != 200 || body != "layer" {
		t.Errorf("blob: %d %s", code, body)
	}
	if code, _ := get("/v2/library/redis/manifests/" + digestOf([]byte(want)) + "?ns=docker.io"); code != 200 {
		t.Errorf("by digest: %d", code)
	}
	if code, _ := get("/v2/library/redis/manifests/7?ns=ghcr.io"); code != 404 {
		t.Errorf("of another registry: %d", code)
	}
	// One that cannot be read does not hide the others.
	write(t, filepath.Join(folder, "a-broken.tar"), "x", "y")
	if code, _ := get("/v2/library/redis/manifests/7?ns=docker.io"); code != 200 {
		t.Errorf("beside a broken archive: %d", code)
	}
}
