package main

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v4"
)

// parse is the root of a text's first document; nothing where it is no YAML or empty.
func parse(text string) *yaml.Node {
	documents := parseAll(text)
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return nil
	}
	return documents[0].Content[0]
}

// parseAll is the documents of a text; nothing where one of them is no YAML.
func parseAll(text string) (documents []*yaml.Node) {
	defer func() {
		if recover() != nil {
			documents = nil
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); err != nil {
			if err.Error() == "EOF" {
				return documents
			}
			return nil
		}
		documents = append(documents, &document)
	}
}

// render is the text of documents; ok is false where the library cannot write what was made of them.
func render(documents []*yaml.Node) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, document := range documents {
		for _, node := range nodes(document) {
			// The library would write the tag of a merge key out, which hardly anyone does.
			if node.Tag == "!!merge" && node.Value == "<<" {
				node.Tag = ""
			}
		}
		if err := encoder.Encode(document); err != nil {
			return "", false
		}
	}
	if err := encoder.Close(); err != nil {
		return "", false
	}
	return out.String(), true
}

// nodes is a node and all below it, in the order of the text; what an alias stands for is not below it.
func nodes(node *yaml.Node) []*yaml.Node {
	all := []*yaml.Node{node}
	for _, below := range node.Content {
		all = append(all, nodes(below)...)
	}
	return all
}

// child is the value of a key.
func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// set gives a key of a mapping a value, the last of its pairs where it is new.
func set(node *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			node.Content[i+1] = value
			return
		}
	}
	node.Content = append(node.Content, scalar(key), value)
}

// section is a mapping below a mapping, made where it is not there.
func section(node *yaml.Node, key string) *yaml.Node {
	value := child(node, key)
	if value == nil || value.Kind != yaml.MappingNode {
		value = mapping()
		set(node, key, value)
	}
	return value
}

func scalar(text string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(text)
	return node
}

// plain is a scalar without quotes, whatever type its text then has.
func plain(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

func mapping(pairs ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: pairs}
}

func sequence(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// dup is a deep copy without anchors, which may stand only once; aliases become copies of what they stand for.
func dup(node *yaml.Node) *yaml.Node { return dupBelow(node, 0) }

func dupBelow(node *yaml.Node, depth int) *yaml.Node {
	if node.Kind == yaml.AliasNode && depth < 20 {
		return dupBelow(node.Alias, depth+1)
	}
	c := *node
	c.Anchor = ""
	c.Content = slices.Clone(node.Content)
	for i, below := range c.Content {
		c.Content[i] = dupBelow(below, depth+1)
	}
	return &c
}

// keys are the names in a mapping, in their order.
func keys(node *yaml.Node) (names []string) {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		names = append(names, node.Content[i].Value)
	}
	return names
}
