package main

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// setAttribute writes any key of a service.
func (m *mutator) setAttribute() {
	m.edit(func(root *yaml.Node) bool {
		_, _, service := m.service(root)
		if service == nil {
			return false
		}
		m.setForm(root, service, pick(m, keys(child(forms, "service"))))
		return true
	})
}

// setOwnAttribute writes a key that the service already has.
func (m *mutator) setOwnAttribute() {
	m.edit(func(root *yaml.Node) bool {
		_, _, service := m.service(root)
		if service == nil || len(keys(service)) == 0 {
			return false
		}
		key := pick(m, keys(service))
		if child(child(forms, "service"), key) == nil {
			return false
		}
		m.setForm(root, service, key)
		return true
	})
}

// setForm writes a key of a service and, mostly, what it needs elsewhere so that it can be valid.
func (m *mutator) setForm(root, service *yaml.Node, key string) {
	set(service, key, m.adapt(root, m.form("service", key)))
	if m.one(4) {
		return
	}
	switch key {
	case "networks":
		m.declare(root, "networks", "front", "back")
	case "volumes":
		m.declare(root, "volumes", "data")
	case "configs", "secrets":
		m.declare(root, key, "conf")
	case "models":
		m.declare(root, key, "llm")
	case "env_file", "label_file":
		m.needEnvFiles()
	case "extends":
		m.needBase()
	case "build":
		m.declare(root, "secrets", "conf")
	}
}

// declare defines resources that are not there yet.
func (m *mutator) declare(root *yaml.Node, kind string, names ...string) {
	resources := section(root, kind)
	for _, name := range names {
		if child(resources, name) == nil {
			set(resources, name, m.form(kind))
		}
	}
}

// adapt makes a value speak of services that are there, most times: forms.yaml only knows `db`.
func (m *mutator) adapt(root, value *yaml.Node) *yaml.Node {
	names := keys(child(root, "services"))
	if m.one(8) {
		names = append(names, keys(child(root, "jobs"))...)
	}
	if len(names) == 0 || m.one(4) {
		return value
	}
	name := pick(m, names)
	for _, node := range nodes(value) {
		if node.Kind != yaml.ScalarNode {
			continue
		}
		switch {
		case node.Value == "db":
			node.Value = name
		case strings.HasPrefix(node.Value, "db:"):
			node.Value = name + node.Value[2:]
		case node.Value == "service:db":
			node.Value = "service:" + name
		}
	}
	return value
}

// setSection writes a top-level key.
func (m *mutator) setSection() {
	m.edit(func(root *yaml.Node) bool {
		if root.Kind != yaml.MappingNode {
			return false
		}
		key := pick(m, keys(child(forms, "top")))
		if key == "services" && !m.one(8) {
			return false
		}
		if key == "include" {
			m.needIncluded()
		}
		set(root, key, m.form("top", key))
		return true
	})
}

// setResource writes a network, volume, config, secret or model, often one that is used.
func (m *mutator) setResource() {
	m.edit(func(root *yaml.Node) bool {
		if root.Kind != yaml.MappingNode {
			return false
		}
		kind := m.resource()
		resources := section(root, kind)
		name := m.word("names", "resources")
		if names := keys(resources); len(names) > 0 && m.one(2) {
			name = pick(m, names)
		}
		set(resources, name, m.form(kind))
		return true
	})
}

// setScalar writes any text where a scalar stands.
func (m *mutator) setScalar() {
	m.edit(func(root *yaml.Node) bool {
		at := m.scalarOf(root)
		if at == nil {
			return false
		}
		value := m.form("scalars")
		at.Value, at.Tag, at.Style = value.Value, value.Tag, value.Style
		return true
	})
}

// scalarOf is a random value below a node that is a scalar and no key.
func (m *mutator) scalarOf(root *yaml.Node) *yaml.Node {
	var found []*yaml.Node
	for _, node := range nodes(root) {
		for i, below := range node.Content {
			if below.Kind == yaml.ScalarNode && (node.Kind != yaml.MappingNode || i%2 == 1) {
				found = append(found, below)
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return pick(m, found)
}

// insertVariable puts a variable in place of a text, or into it.
func (m *mutator) insertVariable() {
	m.edit(func(root *yaml.Node) bool {
		at := m.scalarOf(root)
		if at == nil {
			return false
		}
		variable := m.word("variables")
		text := at.Value
		switch cut := m.IntN(len(text) + 1); m.IntN(5) {
		case 0:
			text = text[:cut] + variable + text[cut:]
		case 1:
			text = "${NAME_:-" + text + "}"
		case 2:
			text += variable
		default:
			text = variable
		}
		if m.one(2) {
			at.SetString(text)
		} else {
			at.Value, at.Tag = text, ""
		}
		return true
	})
}

// holders are the mappings and sequences that hold something.
func holders(root *yaml.Node) (found []*yaml.Node) {
	for _, node := range nodes(root) {
		if len(node.Content) > 0 && (node.Kind == yaml.MappingNode || node.Kind == yaml.SequenceNode) {
			found = append(found, node)
		}
	}
	return found
}

// entry is the place of a random pair or item: the first index of it, and how many nodes it has.
func (m *mutator) entry(holder *yaml.Node) (at, width int) {
	width = 1
	if holder.Kind == yaml.MappingNode {
		width = 2
	}
	return m.IntN(len(holder.Content)/width) * width, width
}

func (m *mutator) deleteNode() {
	m.edit(func(root *yaml.Node) bool {
		found := holders(root)
		if len(found) == 0 {
			return false
		}
		holder := pick(m, found)
		at, width := m.entry(holder)
		holder.Content = append(holder.Content[:at:at], holder.Content[at+width:]...)
		return true
	})
}

// copyNode puts a pair or an item where another of its kind may stand, also beside itself.
func (m *mutator) copyNode() {
	m.edit(func(root *yaml.Node) bool {
		found := holders(root)
		if len(found) == 0 {
			return false
		}
		from, to := pick(m, found), pick(m, found)
		if m.one(2) {
			to = from
		}
		if from.Kind != to.Kind {
			return false
		}
		at, width := m.entry(from)
		for _, node := range from.Content[at : at+width] {
			to.Content = append(to.Content, dup(node))
		}
		return true
	})
}

func (m *mutator) swapNodes() {
	m.edit(func(root *yaml.Node) bool {
		found := holders(root)
		if len(found) == 0 {
			return false
		}
		first, second := pick(m, found), pick(m, found)
		i, iWidth := m.entry(first)
		j, jWidth := m.entry(second)
		// Values only: keys that change places are renamed keys.
		a, b := dup(first.Content[i+iWidth-1]), dup(second.Content[j+jWidth-1])
		first.Content[i+iWidth-1], second.Content[j+jWidth-1] = b, a
		return true
	})
}

// addService adds a service of a few keys.
func (m *mutator) addService() {
	m.edit(func(root *yaml.Node) bool {
		if root.Kind != yaml.MappingNode {
			return false
		}
		service := mapping(scalar("image"), scalar("x"))
		for range m.IntN(4) {
			m.setForm(root, service, pick(m, keys(child(forms, "service"))))
		}
		set(section(root, "services"), m.word("names", "services"), service)
		return true
	})
}

// addJob adds a job of a few keys. Most jobs do not have a key that only services have.
func (m *mutator) addJob() {
	m.edit(func(root *yaml.Node) bool {
		if root.Kind != yaml.MappingNode {
			return false
		}
		job := mapping(scalar("image"), scalar("x"))
		for range m.IntN(4) {
			key := pick(m, keys(child(forms, "service")))
			if !ofServices[key] || m.one(8) {
				m.setForm(root, job, key)
			}
		}
		if !m.one(8) {
			set(job, "triggers", m.form("service", "triggers"))
		}
		set(section(root, "jobs"), m.word("names", "jobs"), job)
		return true
	})
}

// ofServices are the keys that a job cannot have.
var ofServices = map[string]bool{
	"attach": true, "container_name": true, "deploy": true, "develop": true, "external_links": true, "links": true,
	"nope": true, "post_start": true, "pre_start": true, "pre_stop": true, "provider": true, "restart": true, "scale": true,
}
