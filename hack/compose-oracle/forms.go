package main

import (
	_ "embed"

	"go.yaml.in/yaml/v4"
)

//go:embed forms.yaml
var formsText string

// forms are the values that mutations write, by what they are written to.
var forms = parse(formsText)

// form is one of the values of a list of forms.yaml, a copy.
func (m *mutator) form(path ...string) *yaml.Node {
	list := forms
	for _, key := range path {
		list = child(list, key)
	}
	value := dup(pick(m, list.Content))
	if m.one(3) {
		for _, node := range nodes(value) {
			node.Style &^= yaml.FlowStyle
		}
	}
	return value
}

// word is the text of one of the scalars of a list.
func (m *mutator) word(path ...string) string { return m.form(path...).Value }

// attribute is a key of a service with one of its values.
func (m *mutator) attribute() (string, *yaml.Node) {
	key := pick(m, keys(child(forms, "service")))
	return key, m.form("service", key)
}

// resource is a top-level section that holds resources by name.
func (m *mutator) resource() string {
	return pick(m, []string{"networks", "volumes", "configs", "secrets", "models"})
}
