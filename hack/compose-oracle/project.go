package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Project is a folder of text files and the flags that it is loaded with. It lives in memory; Write puts
// it where both loaders find it.
type Project struct {
	Origin   string            // the starting point that it comes from
	Files    map[string]string // path below the folder -> text
	Compose  []string          // -f; empty for the default names
	EnvFiles []string          // --env-file
	Profiles []string          // --profile
	Env      []string          // the process's variables beyond those that both loaders always have
}

// Clone is a copy that shares nothing which is changed in place.
func (p *Project) Clone() *Project {
	c := *p
	c.Files = maps.Clone(p.Files)
	c.Compose = slices.Clone(p.Compose)
	c.EnvFiles = slices.Clone(p.EnvFiles)
	c.Profiles = slices.Clone(p.Profiles)
	c.Env = slices.Clone(p.Env)
	return &c
}

// Paths are the files' paths in a fixed order.
func (p *Project) Paths() []string { return slices.Sorted(maps.Keys(p.Files)) }

// Yamls are the paths of the files that hold YAML.
func (p *Project) Yamls() []string {
	return slices.DeleteFunc(p.Paths(), func(path string) bool { return !isYaml(path) })
}

func isYaml(path string) bool {
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}

// Size is what shrinking makes smaller.
func (p *Project) Size() int {
	size := 20 * (len(p.Compose) + len(p.EnvFiles) + len(p.Profiles) + len(p.Env))
	for path, text := range p.Files {
		size += 20 + len(path) + len(text)
	}
	return size
}

// Write makes the folder hold exactly this project.
func (p *Project) Write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for path, text := range p.Files {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Request is how the project in a folder is loaded.
func (p *Project) Request(dir string) Request {
	at := func(paths []string) (full []string) {
		for _, path := range paths {
			full = append(full, filepath.Join(dir, path))
		}
		return full
	}
	request := Request{
		Files: at(p.Compose), EnvFiles: at(p.EnvFiles), Profiles: p.Profiles,
		Env: append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, p.Env...),
	}
	request.Dir = dir
	return request
}

// Main is the file that mutations of the first file change.
func (p *Project) Main() string {
	if len(p.Compose) > 0 {
		return p.Compose[0]
	}
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"} {
		if _, there := p.Files[name]; there {
			return name
		}
	}
	return ""
}

// home is the user's home folder for both loaders, which `~` stands for in volumes.
const home = "/home/oracle"

// largest is the size in bytes up to which a file next to a compose file belongs to its starting point.
const largest = 64 << 10

// Starts finds the starting points below some folders: each compose file there, with the files that it names.
func Starts(folders []string) (starts []*Project, err error) {
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || !isYaml(path) {
				return err
			}
			if start := startAt(path); start != nil {
				start.Origin, _ = filepath.Rel(folder, path)
				starts = append(starts, start)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return starts, nil
}

// startAt is the starting point of one file; nothing where it is no compose file.
func startAt(path string) *Project {
	text, ok := readSmall(path)
	if !ok {
		return nil
	}
	document := parse(text)
	if document == nil || child(document, "services") == nil && child(document, "include") == nil {
		return nil
	}
	dir, name := filepath.Split(path)
	start := &Project{Files: map[string]string{name: text}}
	if start.Main() == "" {
		start.Compose = []string{name}
	}
	for _, beside := range []string{".env", "compose.override.yaml", "docker-compose.override.yml"} {
		start.take(dir, beside)
	}
	start.takeNamed(dir, ".", document)
	return start
}

// take adds one file of the folder; whether it is YAML that names further ones.
func (p *Project) take(dir, path string) *yaml.Node {
	path = filepath.Clean(path)
	if _, there := p.Files[path]; there || !filepath.IsLocal(path) {
		return nil
	}
	text, ok := readSmall(filepath.Join(dir, path))
	if !ok {
		return nil
	}
	p.Files[path] = text
	if !isYaml(path) {
		return nil
	}
	return parse(text)
}

// takeNamed adds the files whose paths stand in a document, and those that they name.
func (p *Project) takeNamed(dir, below string, document *yaml.Node) {
	for _, node := range nodes(document) {
		if node.Kind != yaml.ScalarNode || len(node.Value) > 200 || strings.ContainsAny(node.Value, "\x00\n") {
			continue
		}
		path := filepath.Join(below, node.Value)
		if more := p.take(dir, path); more != nil {
			p.take(dir, filepath.Join(filepath.Dir(path), ".env"))
			p.takeNamed(dir, filepath.Dir(path), more)
		}
	}
}

func readSmall(path string) (text string, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > largest {
		return "", false
	}
	bytes, err := os.ReadFile(path)
	return string(bytes), err == nil
}
