package main

import "strings"

// changeText changes a file as text: what an editor or a slip makes of it, valid YAML or not.
func (m *mutator) changeText() {
	paths := m.project.Paths()
	if len(paths) == 0 {
		return
	}
	path := pick(m, paths)
	if main := m.project.Main(); main != "" && m.one(2) {
		path = main
	}
	text := m.project.Files[path]
	if text == "" {
		return
	}
	lines := strings.SplitAfter(text, "\n")
	at := m.IntN(len(lines))
	line := lines[at]
	switch m.IntN(16) {
	case 0:
		lines[at] = ""
	case 1:
		lines[at] = line + line
	case 2:
		other := m.IntN(len(lines))
		lines[at], lines[other] = lines[other], line
	case 3:
		lines[at] = strings.Repeat(" ", 1+m.IntN(2)) + line
	case 4:
		lines[at] = strings.TrimPrefix(strings.TrimPrefix(line, " "), " ")
	case 5:
		lines[at] = "\t" + line
	case 6:
		lines[at] = m.insert(line, pick(m, []string{"\"", "'", "#", " #", ": ", ":", " ", "\t", "-", "- ", ",", "{", "}", "[", "]", "&a ", "*a", "!", "|", ">", "%", "@", "`", "\\", "\x00", "\xff", "\u2028", "\u00a0", "\r", "$", "?", "? "}))
	case 7:
		if cut := m.IntN(len(line) + 1); cut < len(line) {
			lines[at] = line[:cut] + line[cut+1:]
		}
	case 8:
		lines[at] = m.afterColon(line, func(value string) string { return "\"" + value + "\"" })
	case 9:
		lines[at] = m.afterColon(line, func(value string) string { return "'" + value + "'" })
	case 10:
		lines[at] = m.afterColon(line, func(value string) string {
			indent := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+2)
			return pick(m, []string{"|", ">", "|-", ">-", "|+", ">+", "|2", ">2-"}) + "\n" + indent + value + "\n" + indent + " " + value
		})
	case 11:
		lines[at] = m.afterColon(line, func(value string) string {
			return pick(m, []string{"!!str ", "!!int ", "!!float ", "!!null ", "!reset ", "!override ", "!own ", "&x ", "!!binary "}) + value
		})
	case 12:
		lines[at] = m.afterColon(line, func(value string) string { return value + " # said after" })
	case 13:
		for i := range lines {
			lines[i] = strings.TrimSuffix(lines[i], "\n")
		}
		m.project.Files[path] = strings.Join(lines, pick(m, []string{"\r\n", "\n\n", " \n"}))
		return
	case 14:
		lines[0] = pick(m, []string{"\uFEFF", "---\n", "%YAML 1.2\n---\n", "%YAML 1.1\n---\n", "# a comment\n", "\n\n", "...\n"}) + lines[0]
	case 15:
		lines[at] = m.afterColon(line, func(value string) string { return m.word("variables") })
	}
	m.project.Files[path] = strings.Join(lines, "")
}

func (m *mutator) insert(line, what string) string {
	at := m.IntN(len(line) + 1)
	return line[:at] + what + line[at:]
}

// afterColon changes the value of a line that is a pair; any other line stays.
func (m *mutator) afterColon(line string, change func(string) string) string {
	body := strings.TrimRight(line, "\r\n")
	key, value, pair := strings.Cut(body, ": ")
	if !pair {
		return line
	}
	return key + ": " + change(value) + line[len(body):]
}
