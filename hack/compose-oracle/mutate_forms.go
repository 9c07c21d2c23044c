package main

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// changeForm writes a value in another of the forms that Compose takes: a scalar as a list of one, a list of
// pairs as a mapping, and back.
func (m *mutator) changeForm() {
	m.edit(func(root *yaml.Node) bool {
		var found []*yaml.Node
		for _, node := range nodes(root) {
			for i, below := range node.Content {
				if node.Kind != yaml.MappingNode || i%2 == 1 {
					found = append(found, below)
				}
			}
		}
		if len(found) == 0 {
			return false
		}
		at := pick(m, found)
		switch at.Kind {
		case yaml.ScalarNode:
			if before, after, pair := strings.Cut(at.Value, "="); pair && m.one(2) {
				*at = *mapping(scalar(before), plain(after))
			} else {
				*at = *sequence(dup(at))
			}
		case yaml.SequenceNode:
			m.changeSequence(at)
		case yaml.MappingNode:
			m.changeMapping(at)
		default:
			return false
		}
		return true
	})
}

func (m *mutator) changeSequence(at *yaml.Node) {
	if len(at.Content) == 1 && m.one(2) {
		*at = *dup(at.Content[0])
		return
	}
	asMap := mapping()
	for _, item := range at.Content {
		if item.Kind != yaml.ScalarNode {
			return
		}
		name, value, pair := strings.Cut(item.Value, "=")
		switch {
		case pair:
			set(asMap, name, plain(value))
		case m.one(3):
			set(asMap, name, mapping())
		default:
			set(asMap, name, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"})
		}
	}
	*at = *asMap
}

func (m *mutator) changeMapping(at *yaml.Node) {
	items := sequence()
	for i := 0; i+1 < len(at.Content); i += 2 {
		key, value := at.Content[i], at.Content[i+1]
		switch {
		case value.Kind != yaml.ScalarNode, m.one(6):
			items.Content = append(items.Content, scalar(key.Value))
		default:
			items.Content = append(items.Content, scalar(key.Value+"="+value.Value))
		}
	}
	*at = *items
}

// changeTag gives a node a type by a tag.
func (m *mutator) changeTag() {
	m.edit(func(root *yaml.Node) bool {
		at := pick(m, nodes(root))
		at.Tag = pick(m, []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!map", "!!seq", "!own", "!!set", "!!merge", "!"})
		at.Style |= yaml.TaggedStyle
		return at.Kind != yaml.AliasNode
	})
}

// tagReset tags a value of a file with !reset or !override, most times of a file that comes over another.
func (m *mutator) tagReset() {
	path := m.project.Main()
	if len(m.project.Compose) > 1 {
		path = m.project.Compose[len(m.project.Compose)-1]
	} else if _, there := m.project.Files["compose.override.yaml"]; there && len(m.project.Compose) == 0 {
		path = "compose.override.yaml"
	} else if !m.one(3) {
		m.addOverride()
		return
	}
	m.editFile(path, func(root *yaml.Node) bool {
		found := holders(root)
		if len(found) == 0 {
			return false
		}
		holder := pick(m, found)
		at, width := m.entry(holder)
		node := holder.Content[at+width-1]
		if node.Kind == yaml.AliasNode && !m.one(3) {
			return false
		}
		node.Tag = pick(m, []string{"!reset", "!override"})
		node.Style |= yaml.TaggedStyle
		if node.Tag == "!reset" && m.one(2) {
			*node = yaml.Node{Kind: yaml.ScalarNode, Tag: "!reset", Value: "null", Style: yaml.TaggedStyle}
		}
		return true
	})
}

// changeStyle writes the same value in another style, which may give it another type.
func (m *mutator) changeStyle() {
	m.edit(func(root *yaml.Node) bool {
		all := nodes(root)
		at := pick(m, all)
		switch at.Kind {
		case yaml.ScalarNode:
			at.Style = pick(m, []yaml.Style{0, yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle, yaml.LiteralStyle, yaml.FoldedStyle})
			if m.one(2) {
				at.Tag = ""
			}
		case yaml.MappingNode, yaml.SequenceNode:
			at.Style ^= yaml.FlowStyle
		default:
			return false
		}
		if m.one(4) {
			at.LineComment = "# said at the end of the line"
		}
		if m.one(6) {
			at.HeadComment = "# said before"
		}
		return true
	})
}

// addAnchor lets one node stand for another.
func (m *mutator) addAnchor() {
	m.edit(func(root *yaml.Node) bool {
		found := holders(root)
		if len(found) == 0 {
			return false
		}
		from, to := pick(m, found), pick(m, found)
		i, iWidth := m.entry(from)
		j, jWidth := m.entry(to)
		target, place := from.Content[i+iWidth-1], to.Content[j+jWidth-1]
		if target == place || target.Kind == yaml.AliasNode || anchored(place) || contains(target, to) {
			return false
		}
		if m.one(2) && target.Kind != to.Content[j+jWidth-1].Kind {
			return false
		}
		to.Content[j+jWidth-1] = m.alias(target)
		return inOrder(root)
	})
}

// addMergeKey gives a mapping the pairs of another, or of several, by `<<`.
func (m *mutator) addMergeKey() {
	m.edit(func(root *yaml.Node) bool {
		var maps []*yaml.Node
		for _, node := range nodes(root) {
			if node.Kind == yaml.MappingNode {
				maps = append(maps, node)
			}
		}
		if len(maps) == 0 {
			return false
		}
		to := pick(m, maps)
		source := func() *yaml.Node {
			from := pick(m, maps)
			if m.one(3) || contains(from, to) {
				return dup(from)
			}
			return m.alias(from)
		}
		value := source()
		if m.one(3) {
			value = sequence(value, source())
			value.Style = yaml.FlowStyle
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!merge", Value: "<<"}
		if m.one(3) {
			to.Content = append(to.Content, key, value)
		} else {
			to.Content = append([]*yaml.Node{key, value}, to.Content...)
		}
		return inOrder(root)
	})
}

func (m *mutator) alias(target *yaml.Node) *yaml.Node {
	if target.Anchor == "" {
		target.Anchor = "a" + string(rune('a'+m.IntN(26))) + string(rune('a'+m.IntN(26)))
	}
	return &yaml.Node{Kind: yaml.AliasNode, Value: target.Anchor, Alias: target}
}

// inOrder is true where no alias stands before its anchor, which is no YAML. One case in which it does is
// as good as a hundred.
func inOrder(root *yaml.Node) bool {
	seen := map[string]bool{}
	for _, node := range nodes(root) {
		if node.Kind == yaml.AliasNode && !seen[node.Value] {
			return false
		}
		if node.Anchor != "" {
			seen[node.Anchor] = true
		}
	}
	return true
}

// anchored is true where an alias somewhere may stand for the node or something in it.
func anchored(node *yaml.Node) bool {
	for _, below := range nodes(node) {
		if below.Anchor != "" {
			return true
		}
	}
	return false
}

func contains(node, inner *yaml.Node) bool {
	for _, below := range nodes(node) {
		if below == inner {
			return true
		}
	}
	return false
}

// renameKey gives a pair another key: a slip, an extension, or the name of something else.
func (m *mutator) renameKey() {
	m.edit(func(root *yaml.Node) bool {
		var pairs []*yaml.Node
		for _, node := range holders(root) {
			if node.Kind == yaml.MappingNode {
				pairs = append(pairs, node)
			}
		}
		if len(pairs) == 0 {
			return false
		}
		holder := pick(m, pairs)
		at, _ := m.entry(holder)
		key := holder.Content[at]
		switch m.IntN(7) {
		case 0:
			key.Value = "x-" + key.Value
		case 1:
			key.Value = strings.ToUpper(key.Value)
		case 2:
			key.Value = pick(m, keys(child(forms, "service")))
		case 3:
			key.Value = m.word("names", "services")
		case 4:
			*key = *m.form("scalars")
		case 5:
			key.Value += m.word("scalars")
			key.Tag = ""
		default:
			key.Value = key.Value[:m.IntN(len(key.Value)+1)]
		}
		return true
	})
}
