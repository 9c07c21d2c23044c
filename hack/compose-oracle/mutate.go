package main

import (
	"math/rand/v2"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// mutator changes a project as its random numbers say, and by nothing else: the same seed and number give
// the same project on every machine.
type mutator struct {
	*rand.Rand
	project *Project
}

// mutation is one kind of change. It may find nothing to change.
type mutation struct {
	name   string
	weight int
	apply  func(*mutator)
}

// mutations and how often each is taken.
var mutations = []mutation{
	{"attribute", 30, (*mutator).setAttribute},
	{"own attribute", 14, (*mutator).setOwnAttribute},
	{"section", 8, (*mutator).setSection},
	{"resource", 12, (*mutator).setResource},
	{"scalar", 8, (*mutator).setScalar},
	{"variable", 14, (*mutator).insertVariable},
	{"delete", 10, (*mutator).deleteNode},
	{"copy", 6, (*mutator).copyNode},
	{"swap", 4, (*mutator).swapNodes},
	{"form", 10, (*mutator).changeForm},
	{"tag", 4, (*mutator).changeTag},
	{"reset", 6, (*mutator).tagReset},
	{"style", 5, (*mutator).changeStyle},
	{"anchor", 6, (*mutator).addAnchor},
	{"merge key", 6, (*mutator).addMergeKey},
	{"rename", 5, (*mutator).renameKey},
	{"override", 14, (*mutator).addOverride},
	{"document", 3, (*mutator).addDocument},
	{"extends", 8, (*mutator).addExtends},
	{"include", 8, (*mutator).addInclude},
	{"env file", 8, (*mutator).addEnvFile},
	{"dotenv", 8, (*mutator).addDotenv},
	{"profiles", 4, (*mutator).addProfiles},
	{"process variables", 3, (*mutator).addProcessVariables},
	{"service", 4, (*mutator).addService},
	{"job", 6, (*mutator).addJob},
	{"text", 6, (*mutator).changeText},
}

// mutate is the project of a number: a starting point, changed several times. Of the changes after which the
// project is no longer accepted few stay, for what is refused early says nothing of the steps behind.
func mutate(starts []*Project, seed, number uint64, accepted func(*Project) bool) *Project {
	m := newMutator(seed, number)
	m.project = pick(m, starts).Clone()
	for range 1 + m.IntN(5) + m.IntN(5) {
		before := m.project.Clone()
		m.mutation().apply(m)
		if !reflect.DeepEqual(before, m.project) && !m.one(8) && !accepted(m.project) {
			m.project = before
		}
	}
	return m.project
}

func newMutator(seed, number uint64) *mutator {
	return &mutator{Rand: rand.New(rand.NewPCG(seed, number))}
}

func (m *mutator) mutation() mutation {
	total := 0
	for _, mutation := range mutations {
		total += mutation.weight
	}
	at := m.IntN(total)
	for _, mutation := range mutations {
		if at < mutation.weight {
			return mutation
		}
		at -= mutation.weight
	}
	panic("unreachable: the number is below the sum of the weights")
}

// one is true once in n times.
func (m *mutator) one(n int) bool { return m.IntN(n) == 0 }

func pick[T any](m *mutator, from []T) T { return from[m.IntN(len(from))] }

// edit gives a mutation the root of one of the project's YAML files, and writes the file again when it
// says that it changed something. A file that is no YAML is left alone.
func (m *mutator) edit(change func(root *yaml.Node) bool) {
	yamls := m.project.Yamls()
	if len(yamls) == 0 {
		return
	}
	path := pick(m, yamls)
	if main := m.project.Main(); main != "" && !m.one(3) {
		path = main
	}
	m.editFile(path, change)
}

func (m *mutator) editFile(path string, change func(root *yaml.Node) bool) {
	documents := parseAll(m.project.Files[path])
	if len(documents) == 0 {
		return
	}
	document := pick(m, documents)
	if len(document.Content) == 0 || !change(document.Content[0]) {
		return
	}
	if text, ok := render(documents); ok && len(text) < 4*largest {
		m.project.Files[path] = text
	}
}

// service is a random service or job of a document: its section, its name and its mapping.
func (m *mutator) service(root *yaml.Node) (kind, name string, node *yaml.Node) {
	kind = "services"
	if len(keys(child(root, "jobs"))) > 0 && m.one(3) {
		kind = "jobs"
	}
	services := child(root, kind)
	names := keys(services)
	if len(names) == 0 {
		return kind, "", nil
	}
	at := m.IntN(len(names))
	node = services.Content[2*at+1]
	if node.Kind != yaml.MappingNode {
		return kind, names[at], nil
	}
	return kind, names[at], node
}
