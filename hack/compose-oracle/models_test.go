package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The models under crates/compose-loader/tests/projects are the reference's; UPDATE_GOLDEN=1 writes them.
func TestTheModelsAreThoseOfTheReference(t *testing.T) {
	quiet()
	t.Setenv("HOME", home)
	root, err := filepath.Abs(filepath.Join("..", "..", "crates", "compose-loader", "tests", "projects"))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := os.ReadDir(root)
	if err != nil || len(folders) == 0 {
		t.Fatalf("no projects in %s: %v", root, err)
	}
	for _, entry := range folders {
		t.Run(entry.Name(), func(t *testing.T) {
			dir := filepath.Join(root, entry.Name())
			file, text := "model.json", ""
			got, err := Request{Dir: dir, Env: []string{"HOME=" + home}}.JSON(t.Context())
			if err != nil {
				file, text = "refused", err.Error()
			} else {
				text = pretty(t, got)
			}
			text = strings.ReplaceAll(text, dir, "@PROJECT@") + "\n"
			path := filepath.Join(dir, file)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				os.Remove(filepath.Join(dir, "model.json"))
				os.Remove(filepath.Join(dir, "refused"))
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; the reference answers\n%s", err, text)
			}
			// The reference words a refusal as it finds it first, in maps without an order.
			if file == "model.json" && text != string(want) {
				t.Errorf("the reference makes of it\n%s", text)
			}
		})
	}
}

// pretty is JSON with its keys in order.
func pretty(t *testing.T, text []byte) string {
	var model any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&model); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(model); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
