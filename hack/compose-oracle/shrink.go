package main

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// shrinker makes a project smaller as long as it stays interesting.
type shrinker struct {
	best        *Project
	interesting func(*Project) bool
	budget      int // how many projects it may still try
}

// shrink is the smallest project that it finds within some tries.
func shrink(project *Project, tries int, interesting func(*Project) bool) *Project {
	s := &shrinker{best: project, interesting: interesting, budget: tries}
	for before := -1; before != s.best.Size() && s.budget > 0; {
		before = s.best.Size()
		s.flags()
		s.files()
		for _, path := range s.best.Yamls() {
			s.yaml(path)
		}
		for _, path := range s.best.Paths() {
			s.text(path, "\n")
			if len(s.best.Files[path]) < 400 {
				s.text(path, "")
			}
		}
	}
	return s.best
}

// try takes a smaller project if it is as interesting.
func (s *shrinker) try(change func(*Project)) bool {
	smaller := s.best.Clone()
	change(smaller)
	if s.budget <= 0 || smaller.Size() >= s.best.Size() {
		return false
	}
	s.budget--
	if !s.interesting(smaller) {
		return false
	}
	s.best = smaller
	return true
}

func (s *shrinker) flags() {
	for _, list := range []func(*Project) *[]string{
		func(p *Project) *[]string { return &p.Compose },
		func(p *Project) *[]string { return &p.EnvFiles },
		func(p *Project) *[]string { return &p.Profiles },
		func(p *Project) *[]string { return &p.Env },
	} {
		for i := 0; i < len(*list(s.best)); {
			if !s.try(func(p *Project) { *list(p) = slices.Delete(*list(p), i, i+1) }) {
				i++
			}
		}
	}
}

func (s *shrinker) files() {
	for _, path := range s.best.Paths() {
		if !s.try(func(p *Project) { delete(p.Files, path) }) {
			s.try(func(p *Project) { p.Files[path] = "" })
		}
	}
}

// yaml takes pairs and items out, the outer ones first, and makes scalars short.
func (s *shrinker) yaml(path string) {
	for at := 0; ; {
		documents := parseAll(s.best.Files[path])
		edits := smallerDocuments(documents)
		if at >= len(edits) {
			return
		}
		edits[at]()
		text, ok := render(documents)
		if !ok || !s.try(func(p *Project) { p.Files[path] = text }) {
			at++
		}
	}
}

// smallerDocuments are the ways to make documents smaller in place; only one of them may be used.
func smallerDocuments(documents []*yaml.Node) (edits []func()) {
	open := slices.Clone(documents)
	for len(open) > 0 {
		node := open[0]
		open = append(open[1:], node.Content...)
		width := 1
		switch node.Kind {
		case yaml.MappingNode:
			width = 2
		case yaml.SequenceNode:
		case yaml.ScalarNode:
			if len(node.Value) > 1 {
				edits = append(edits, func() { node.Value = "a" })
			}
			continue
		default:
			continue
		}
		for i := 0; i+width <= len(node.Content); i += width {
			edits = append(edits, func() { node.Content = slices.Delete(slices.Clone(node.Content), i, i+width) })
		}
	}
	return edits
}

// text takes pieces out, halves first, then smaller ones; a piece is what lies between separators.
func (s *shrinker) text(path, separator string) {
	pieces := strings.SplitAfter(s.best.Files[path], separator)
	for size := (len(pieces) + 1) / 2; size > 0; size /= 2 {
		for at := 0; at < len(pieces); {
			rest := slices.Concat(pieces[:at], pieces[min(at+size, len(pieces)):])
			if s.try(func(p *Project) { p.Files[path] = strings.Join(rest, "") }) {
				pieces = rest
			} else {
				at += size
			}
		}
	}
}
