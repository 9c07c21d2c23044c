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
			return len(d.Where) > 0 && !slices.ContainsFunc(d.Where, d.otherThanExtensions)
		},
	},
	{
		"`include` beside an empty `networks:`, `volumes:` and the like",
		func(p *Project, d *Difference) bool {
			return strings.HasPrefix(d.Reference.Error, "panic: assignment to entry in nil map") && d.Ours.Error == "" &&
				anyText(p, "include")
		},
	},
	{
		"`build.ssh` with a path, as JSON",
		func(p *Project, d *Difference) bool {
			return strings.Contains(d.Reference.Error, "json: error calling MarshalJSON for type types.SSHKey") && d.Ours.Error == ""
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

func anyText(p *Project, text string) bool {
	for _, path := range p.Yamls() {
		if strings.Contains(p.Files[path], text) {
			return true
		}
	}
	return false
}
