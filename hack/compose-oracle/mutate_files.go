package main

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// addOverride brings a further file over the first: a few keys of its services and resources, or new ones.
func (m *mutator) addOverride() {
	over := mapping()
	m.editFile(m.project.Main(), func(root *yaml.Node) bool {
		m.overlay(root, over)
		return false
	})
	text, ok := render([]*yaml.Node{over})
	if !ok || len(over.Content) == 0 {
		return
	}
	if len(m.project.Compose) == 0 && m.one(2) {
		m.project.Files["compose.override.yaml"] = text
		return
	}
	name := pick(m, []string{"over.yaml", "more.yaml", "sub/over.yaml"})
	m.project.Files[name] = text
	if len(m.project.Compose) == 0 {
		m.project.Compose = []string{m.project.Main()}
	}
	m.project.Compose = append(m.project.Compose, name)
}

// overlay fills a document that is read over another.
func (m *mutator) overlay(root, over *yaml.Node) {
	for range 1 + m.IntN(3) {
		kind, name, service := m.service(root)
		if service == nil || m.one(8) {
			name, service = m.word("names", kind), mapping()
		}
		above := section(section(over, kind), name)
		for range 1 + m.IntN(3) {
			key := m.attributeOver(service)
			set(above, key, m.adapt(root, m.form("service", key)))
		}
		// A value that is already there, from which a change may begin.
		if names := keys(service); len(names) > 0 && m.one(3) {
			key := pick(m, names)
			set(above, key, dup(child(service, key)))
		}
	}
	if m.one(3) {
		kind := m.resource()
		name := m.word("names", "resources")
		if names := keys(child(root, kind)); len(names) > 0 {
			name = pick(m, names)
		}
		set(section(over, kind), name, m.form(kind))
	}
	if m.one(8) {
		key := pick(m, keys(child(forms, "top")))
		if key != "services" {
			set(over, key, m.form("top", key))
		}
	}
}

// attributeOver is a key to write over a service, most times one that it has.
func (m *mutator) attributeOver(service *yaml.Node) string {
	if names := keys(service); len(names) > 0 && !m.one(3) {
		if key := pick(m, names); child(child(forms, "service"), key) != nil {
			return key
		}
	}
	return pick(m, keys(child(forms, "service")))
}

// addDocument puts a second document behind the first, which is read over it.
func (m *mutator) addDocument() {
	path := m.project.Main()
	documents := parseAll(m.project.Files[path])
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return
	}
	over := mapping()
	m.overlay(documents[0].Content[0], over)
	if m.one(6) {
		over = plain("")
	}
	if text, ok := render(append(documents, over)); ok {
		m.project.Files[path] = text
	}
}

// addExtends lets a service begin as another, of this file or of one that is made of it.
func (m *mutator) addExtends() {
	m.edit(func(root *yaml.Node) bool {
		_, name, service := m.service(root)
		_, base, other := m.service(root)
		if service == nil || other == nil {
			return false
		}
		if m.one(2) {
			set(service, "extends", pick(m, []*yaml.Node{scalar(base), mapping(scalar("service"), scalar(base))}))
			return name != base || m.one(8)
		}
		path := pick(m, []string{"base.yaml", "sub/base.yaml"})
		m.needBaseAt(path, base, other)
		set(service, "extends", mapping(scalar("file"), scalar(path), scalar("service"), scalar(base)))
		return true
	})
}

// needBase makes the file that `extends` in forms.yaml names.
func (m *mutator) needBase() {
	base := mapping(scalar("image"), scalar("base"))
	for range m.IntN(4) {
		key, value := m.attribute()
		set(base, key, value)
	}
	m.needBaseAt("base.yaml", "base", base)
}

func (m *mutator) needBaseAt(path, name string, service *yaml.Node) {
	root := parse(m.project.Files[path])
	if root == nil || root.Kind != yaml.MappingNode {
		root = mapping()
	}
	service = dup(service)
	if service.Kind == yaml.MappingNode {
		for range m.IntN(3) {
			key, value := m.attribute()
			set(service, key, value)
		}
	}
	set(section(root, "services"), name, service)
	if text, ok := render([]*yaml.Node{root}); ok {
		m.project.Files[path] = text
	}
}

// addInclude takes another project in: one of its own in a folder, or this one's services moved there.
func (m *mutator) addInclude() {
	m.needIncluded()
	m.editFile(m.project.Main(), func(root *yaml.Node) bool {
		if root.Kind != yaml.MappingNode {
			return false
		}
		set(root, "include", m.form("top", "include"))
		if names := keys(child(root, "services")); len(names) > 1 && m.one(3) {
			m.moveToIncluded(root, pick(m, names))
		}
		return true
	})
}

func (m *mutator) moveToIncluded(root *yaml.Node, name string) {
	services := child(root, "services")
	for i := 0; i+1 < len(services.Content); i += 2 {
		if services.Content[i].Value == name && !anchored(services.Content[i+1]) {
			m.needServiceIn("inc/compose.yaml", name, services.Content[i+1])
			services.Content = append(services.Content[:i:i], services.Content[i+2:]...)
			return
		}
	}
}

// needIncluded makes the files that `include` in forms.yaml names.
func (m *mutator) needIncluded() {
	for _, path := range []string{"inc/compose.yaml", "inc/over.yaml"} {
		if _, there := m.project.Files[path]; there {
			continue
		}
		service := mapping(scalar("image"), scalar("included"))
		for range m.IntN(4) {
			key, value := m.attribute()
			set(service, key, value)
		}
		m.needServiceIn(path, m.word("names", "services"), service)
	}
	if m.one(2) {
		m.project.Files["inc/.env"] = m.dotenv()
	}
	m.needEnvFiles()
}

func (m *mutator) needServiceIn(path, name string, service *yaml.Node) {
	root := parse(m.project.Files[path])
	if root == nil || root.Kind != yaml.MappingNode {
		root = mapping()
	}
	set(section(root, "services"), name, dup(service))
	for _, kind := range []string{"networks", "volumes", "configs", "secrets"} {
		if m.one(3) {
			set(section(root, kind), m.word("names", "resources"), m.form(kind))
		}
	}
	if text, ok := render([]*yaml.Node{root}); ok {
		m.project.Files[path] = text
	}
}

// addEnvFile gives a service an env file or a label file.
func (m *mutator) addEnvFile() {
	m.needEnvFiles()
	m.edit(func(root *yaml.Node) bool {
		_, _, service := m.service(root)
		if service == nil {
			return false
		}
		key := "env_file"
		if m.one(4) {
			key = "label_file"
		}
		set(service, key, m.form("service", key))
		return true
	})
}

// needEnvFiles makes the files that forms.yaml names, where a project's paths look for them.
func (m *mutator) needEnvFiles() {
	for _, path := range []string{"one.env", "two.env"} {
		if _, there := m.project.Files[path]; !there || m.one(3) {
			m.project.Files[path] = m.dotenv()
		}
		if m.one(3) {
			m.project.Files[filepath.Join("inc", path)] = m.dotenv()
		}
	}
}

// dotenv is the text of an env file.
func (m *mutator) dotenv() string {
	var lines strings.Builder
	for range m.IntN(6) {
		lines.WriteString(m.word("dotenv"))
		lines.WriteString("\n")
	}
	text := lines.String()
	switch m.IntN(12) {
	case 0:
		text = strings.TrimSuffix(text, "\n")
	case 1:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// addDotenv writes or changes the variables of the project.
func (m *mutator) addDotenv() {
	if m.one(5) {
		m.needEnvFiles()
		m.project.EnvFiles = append(m.project.EnvFiles, pick(m, []string{"one.env", "two.env"}))
		return
	}
	m.project.Files[".env"] += m.dotenv()
}

// addProfiles chooses the active profiles, and gives a service some.
func (m *mutator) addProfiles() {
	m.project.Profiles = pick(m, [][]string{nil, {"dev"}, {"dev", "test"}, {"*"}, {"other"}, {""}})
	m.edit(func(root *yaml.Node) bool {
		_, _, service := m.service(root)
		if service != nil {
			set(service, "profiles", m.form("service", "profiles"))
		}
		return service != nil
	})
}

// addProcessVariables sets variables where they win over every file.
func (m *mutator) addProcessVariables() {
	m.project.Env = append(m.project.Env, pick(m, []string{
		"NAME=process", "NAME=", "UNSET=set", "OTHER=$NAME", "COMPOSE_PROJECT_NAME=process",
		"COMPOSE_PROJECT_NAME=Not Valid", "COMPOSE_PROFILES=dev", "COMPOSE_PROFILES=*", "PORT=99", "EMPTY=",
		"COMPOSE_COMPATIBILITY=true", "COMPOSE_CONVERT_WINDOWS_PATHS=true",
	}))
}
