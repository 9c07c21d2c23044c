package main

import (
	"slices"
	"strings"
)

// known is a difference that docs/compose.md names. A rule is as narrow as its reason: what only looks
// alike stays a finding.
type known struct {
	row   string // the first cell of its row in docs/compose.md, section "What differs, and why"
	match func(*Project, *Difference) bool
}

var knownDifferences = []known{
	{
		"keys that begin with `x-` below `environment`, `labels`, `networks` of a service and other maps of names",
		func(_ *Project, d *Difference) bool {
			// Where values must be texts, the entry is refused.
			return strings.Contains(d.Reference.Error, "[#extensions]' expected type 'string'") && d.Ours.Error == "" ||
				len(d.Where) > 0 && !slices.ContainsFunc(d.Where, d.otherThanExtensions)
		},
	},
	{
		"`include` beside an empty `networks:`, `volumes:` and the like",
		func(p *Project, d *Difference) bool {
			return d.Reference.Error == "panic: interface conversion: interface {} is nil, not map[string]interface {}" &&
				d.Ours.Error == "" && anyText(p, "include")
		},
	},
	{
		"`pid:` with nothing",
		func(p *Project, d *Difference) bool {
			return d.Reference.Error == "panic: interface conversion: interface {} is nil, not string" && d.Ours.Error == "" &&
				anyText(p, "pid")
		},
	},
	{
		"a date where `env_file` names a file",
		func(p *Project, d *Difference) bool {
			return d.Reference.Error == "" && strings.HasPrefix(d.Ours.Error, "error[missing-env-file]: env file  not found") &&
				anyText(p, "env_file")
		},
	},
	{
		"`build.ssh` with a path, as JSON",
		func(_ *Project, d *Difference) bool {
			return strings.Contains(d.Reference.Error, "json: error calling MarshalJSON for type types.SSHKey") && d.Ours.Error == ""
		},
	},
	{
		"a wrong tag, key or `<<` within a value that a merge key brings and that another value hides, or in a key whose value is reset",
		func(p *Project, d *Difference) bool {
			wrong := slices.ContainsFunc([]string{"merge-key", "yaml-tag", "non-string-key"}, func(id string) bool {
				return strings.HasPrefix(d.Ours.Error, "error["+id+"]")
			})
			return d.Reference.Error == "" && wrong && (anyText(p, "<<") || anyText(p, "!reset"))
		},
	},
}

// documented is the row of docs/compose.md that names the difference; empty where none does.
func documented(project *Project, difference *Difference) string {
	for _, rule := range knownDifferences {
		if rule.match(project, difference) {
			return rule.row
		}
	}
	return ""
}

// otherThanExtensions is false where a difference comes of an extension: the reference has them below
// `#extensions`, where this loader has a key with `x-`.
func (d *Difference) otherThanExtensions(path string) bool {
	for _, other := range d.Where {
		if holder, found := strings.CutSuffix(other, ".#extensions"); found && (path == other || strings.HasPrefix(path, holder+".x-")) {
			return false
		}
	}
	return true
}

func anyText(p *Project, text string) bool { return strings.Contains(p.text(), text) }

// text is all YAML of the project.
func (p *Project) text() string {
	var all strings.Builder
	for _, path := range p.Yamls() {
		all.WriteString(p.Files[path] + "\n")
	}
	return all.String()
}
