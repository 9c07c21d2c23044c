package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestWhoListensAnswersWithItsIdentityOnBothProtocols(t *testing.T) {
	port := freePort(t)
	var ready atomic.Bool
	for _, protocol := range []string{"", "/udp"} {
		if err := serve(port+protocol, "me", &ready); err != nil {
			t.Fatal(err)
		}
		if got := whoAnswers("127.0.0.1:" + port + protocol); got != "me" {
			t.Errorf("%s%s: %s", port, protocol, got)
		}
	}
	if get("127.0.0.1:"+port+"/healthy") == 0 {
		t.Error("healthy before it is ready")
	}
	ready.Store(true)
	if get("127.0.0.1:"+port+"/healthy") != 0 {
		t.Error("unhealthy when it is ready")
	}
}

func TestAClosedPortRefusesAndAnUnknownNameIsNone(t *testing.T) {
	if got := whoAnswers("127.0.0.1:" + freePort(t)); got != "refused" {
		t.Error(got)
	}
	if got := whoAnswers("nobody.invalid:80"); got != "no such name" {
		t.Error(got)
	}
}

func TestAnExperienceNamesWhatAProcessHas(t *testing.T) {
	t.Setenv("COLOUR", "blue=green")
	seen := experience()
	if got := seen["env"].(map[string]string)["COLOUR"]; got != "blue=green" {
		t.Error(got)
	}
	if got := seen["ulimits"].(map[string]string)["open files"]; !strings.Contains(got, ":") {
		t.Error(got)
	}
	root := seen["mounts"].(map[string]any)["/"]
	if root == nil {
		t.Error("/ is not mounted")
	}
}

func TestATreeTellsModeOwnerAndContentOfEachFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a")
	os.WriteFile(file, []byte("text"), 0o600)
	os.Chmod(file, 0o640)
	os.Mkdir(filepath.Join(folder, "..before"), 0o755)
	os.WriteFile(filepath.Join(folder, "..before/b"), nil, 0o600)
	os.Symlink("..before", filepath.Join(folder, "now"))
	got := tree(folder)
	if a := got["a"]; a["mode"] != "-rw-r-----" || a["content"] != "4 bytes 982d9e3e" || a["owner"] == "" {
		t.Error(a)
	}
	if got["now/b"] == nil || got["..before"] == nil || got["..before/b"] != nil {
		t.Error(got)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func TestALoadCountsWhatGetsNoAnswer(t *testing.T) {
	port := freePort(t)
	var ready atomic.Bool
	client := http.Client{}
	if ask(&client, "http://127.0.0.1:"+port+"/") == nil {
		t.Error("an answer of nobody")
	}
	if err := serve(port, "me", &ready); err != nil {
		t.Fatal(err)
	}
	if err := ask(&client, "http://127.0.0.1:"+port+"/"); err != nil {
		t.Error(err)
	}
	if ask(&client, "http://127.0.0.1:"+port+"/healthy") == nil {
		t.Error("a refusal counts as an answer")
	}
}
