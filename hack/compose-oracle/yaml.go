package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yamlCase is a text and what go-yaml reads in it, for the reader of crates/compose-loader/src/yaml to be held to.
type yamlCase struct {
	Text  string `json:"text"`
	Tree  string `json:"tree,omitempty"`
	Error string `json:"error,omitempty"`
}

// yamlCases prints made-up texts with what stands in them, a line of JSON for each.
func yamlCases(args []string) error {
	flags := flag.NewFlagSet("yaml", flag.ContinueOnError)
	seed := flags.Uint64("seed", 1, "chooses the texts")
	count := flags.Uint64("count", 1000, "how many texts")
	if _, err := parseMixed(flags, args); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	maker := yamlMaker{rand.New(rand.NewPCG(*seed, 0))}
	for range *count {
		text := maker.text()
		// Within a text go-yaml takes it for one or not as its buffer happens to begin.
		if maker.IntN(50) == 0 {
			text = "\uFEFF" + text
		}
		if err := lines.Encode(readYAML(text)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// readYAML asks go-yaml, the reader of compose-go, about one text.
func readYAML(text string) (read yamlCase) {
	read.Text = text
	defer func() {
		if cause := recover(); cause != nil {
			read.Tree, read.Error = "", fmt.Sprint("panic: ", cause)
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	anchors := map[*yaml.Node]int{}
	var tree strings.Builder
	for read.Error == "" {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			read.Tree = tree.String()
			return read
		}
		if err != nil {
			read.Error = err.Error()
			return read
		}
		tree.WriteString("--- ")
		for _, root := range document.Content {
			if !writeNode(&tree, root, anchors) {
				read.Error = "a key is nothing, a list or a mapping, which compose-go refuses"
			}
		}
		tree.WriteString("\n")
	}
	return read
}

// writeNode prints a node with its anchor, as a number, and its tag; false where a key is no text.
func writeNode(to *strings.Builder, node *yaml.Node, anchors map[*yaml.Node]int) bool {
	if node.Kind == yaml.AliasNode {
		fmt.Fprintf(to, "*%d", anchors[node.Alias])
		return true
	}
	valid := true
	if node.Anchor != "" {
		anchors[node] = len(anchors) + 1
		fmt.Fprintf(to, "&%d ", anchors[node])
	}
	if node.Style&yaml.TaggedStyle != 0 {
		fmt.Fprintf(to, "<%s> ", node.Tag)
	}
	switch node.Kind {
	case yaml.SequenceNode:
		to.WriteString("[")
		for i, item := range node.Content {
			if i > 0 {
				to.WriteString(", ")
			}
			valid = writeNode(to, item, anchors) && valid
		}
		to.WriteString("]")
	case yaml.MappingNode:
		to.WriteString("{")
		for i, part := range node.Content {
			switch {
			case i%2 == 1:
				to.WriteString(": ")
			case i > 0:
				to.WriteString(", ")
			}
			isNothing := part.Kind == yaml.ScalarNode && part.Style == 0 && part.Value == ""
			isWrong := i%2 == 0 && (isNothing || part.Kind == yaml.SequenceNode || part.Kind == yaml.MappingNode)
			valid = writeNode(to, part, anchors) && !isWrong && valid
		}
		to.WriteString("}")
	default:
		if node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			to.WriteString("'" + node.Value + "'")
		} else {
			to.WriteString("=" + node.Value + "=")
		}
	}
	return valid
}

// yamlMaker makes texts that are YAML, or nearly.
type yamlMaker struct{ *rand.Rand }

// yamlPieces are what the indicators, blanks and line breaks of YAML can meet.
var yamlPieces = []string{
	"a", "b", "k: v", "x:", "1", "~", "é", "=", "<<", "\U0001F40B", "a:b", "-a", "?a", ":a", "#a", "a#", "\\", "\\n",
	" ", "  ", "\n", "\n ", "\n  ", "\n    ", "\n\n", "\r\n", "\r", "\t", "\n\t", "\u0085", "\u2028", "\u2029",
	":", ": ", ":\n", "-", "- ", "-\n", "\n- ", "\n  - ", "?", "? ", "\n? ", "\n: ", ",", ", ", "[", "]", "{", "}", "[a, b]", "{a: b}",
	"\"", "'", "\"q\"", "'q'", "''", "\"\\\n", "\"a\n b\"", "'a\n\n  b'", "\"\\x41\\u00e9\\U0001F40B\"",
	"#", " # c", "\n# c\n", "\n  # c", "&x ", "&y", "*x", "*x ", "!", "! ", "!t ", "!!str ", "!<t> ", "!e!t ", "&x\n", "!!map\n",
	"|", ">", "|\n", ">\n ", "|-\n  ", "|+\n ", ">-\n", "|2\n  ", ">1+\n", "| # c\n ", "%", "@", "`",
	"---", "---\n", "--- ", "\n---\n", "...", "\n...\n", "%YAML 1.1\n", "%YAML 1.2\n", "%TAG !e! tag:e,1:\n", "\n  a: b", "\n a\n  b",
}

func (m yamlMaker) text() string {
	if m.IntN(3) == 0 {
		return m.soup(1 + m.IntN(12))
	}
	var text strings.Builder
	m.block(&text, 0, 1+m.IntN(4))
	lines := text.String()
	for range m.IntN(4) {
		lines = m.change(lines)
	}
	return lines
}

// soup puts pieces one behind the other.
func (m yamlMaker) soup(pieces int) string {
	var text strings.Builder
	for range pieces {
		text.WriteString(yamlPieces[m.IntN(len(yamlPieces))])
	}
	return text.String()
}

// change puts in a piece, or takes a character or some of them away.
func (m yamlMaker) change(text string) string {
	runes := []rune(text)
	at := m.IntN(len(runes) + 1)
	to := at
	if m.IntN(2) == 0 {
		to = min(len(runes), at+1+m.IntN(3))
	}
	piece := ""
	if to == at || m.IntN(3) == 0 {
		piece = yamlPieces[m.IntN(len(yamlPieces))]
	}
	return string(runes[:at]) + piece + string(runes[to:])
}

// block writes keys or items at an indentation; the line of the first has begun.
func (m yamlMaker) block(to *strings.Builder, indent, depth int) {
	mapping := m.IntN(3) > 0
	for i := range 1 + m.IntN(3) {
		if i > 0 {
			to.WriteString(strings.Repeat(" ", indent))
		}
		if mapping {
			m.pick(to, "a", "b", "key", "\"q\"", "'q'", "&k c", "? d\n"+strings.Repeat(" ", indent), "1", "<<")
			m.pick(to, ":", ":", ":", " :")
		} else {
			to.WriteString("-")
		}
		m.pick(to, " ", " ", " ", "  ", " &n ", " !t ", " !!str ", " # said\n"+strings.Repeat(" ", indent+2))
		switch m.IntN(6) {
		case 0:
			if depth > 0 {
				deeper := indent + m.IntN(4)
				if mapping || m.IntN(2) == 0 {
					to.WriteString("\n" + strings.Repeat(" ", deeper))
				} else {
					deeper = indent + 2
				}
				m.block(to, deeper, depth-1)
				continue
			}
			fallthrough
		case 1:
			m.flow(to, depth)
		case 2:
			m.pick(to, "|", ">", "|-", ">+", "|1", ">2-")
			for range m.IntN(4) {
				to.WriteString("\n" + strings.Repeat(" ", indent+m.IntN(4)))
				m.pick(to, "text", "two words", "", "# none", "- a", "k: v", "\ttab")
			}
		case 3:
			m.pick(to, "\"two words\"", "'it''s'", "\"a\\tb\"", "\"a\n"+strings.Repeat(" ", indent+1)+"b\"", "'a \n\n  b'", "\"a\\\n  b\"")
		default:
			m.pick(to, "plain", "two words", "a\n"+strings.Repeat(" ", indent+1)+"b", "80:80", "a#b", "http://a/b?c=[d]", "*k", "1.5", "")
		}
		m.pick(to, "\n", "\n", "\n", " # said\n", "\n\n", "\r\n", "\n"+strings.Repeat(" ", indent)+"# said\n")
	}
}

// flow writes a value in brackets.
func (m yamlMaker) flow(to *strings.Builder, depth int) {
	mapping := m.IntN(2) == 0
	m.pick(to, map[bool]string{true: "{", false: "["}[mapping])
	for i := range m.IntN(4) {
		if i > 0 {
			m.pick(to, ", ", ",", "\n  , ", " ,")
		}
		if mapping || m.IntN(5) == 0 {
			m.pick(to, "a: ", "\"b\":", "c : ", "? d : ", "e", "'f' : ")
		}
		if depth > 0 && m.IntN(3) == 0 {
			m.flow(to, depth-1)
			continue
		}
		m.pick(to, "a", "b c", "\"d\"", "'e'", "80:80", "&n f", "!t g", "", "-1", "a\n  b", ":h")
	}
	m.pick(to, "", "", "", ", ", "\n", " # said\n")
	m.pick(to, map[bool]string{true: "}", false: "]"}[mapping])
}

func (m yamlMaker) pick(to *strings.Builder, of ...string) { to.WriteString(of[m.IntN(len(of))]) }
