package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// web is a small project in memory.
func web(text string) *Project {
	return &Project{Origin: "web", Files: map[string]string{"compose.yaml": text}}
}

const small = `services:
  web:
    image: nginx:1.25
    command: [run, -a]
    environment: {A: "1"}
    depends_on: [db]
  db:
    image: postgres
    volumes: ["data:/d"]
volumes:
  data:
`

func TestTheSameSeedAndNumberGiveTheSameProject(t *testing.T) {
	starts := []*Project{web(small), web("services: {a: {image: x}}\n")}
	changed := 0
	yes := func(*Project) bool { return true }
	for number := range uint64(300) {
		first, second := mutate(starts, 7, number, yes), mutate(starts, 7, number, yes)
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("number %d gave\n%s\nand\n%s", number, first.Describe(), second.Describe())
		}
		if first.Files["compose.yaml"] != small {
			changed++
		}
	}
	if changed < 250 {
		t.Errorf("only %d of 300 projects were changed", changed)
	}
	if starts[0].Files["compose.yaml"] != small || len(starts[0].Files) != 1 {
		t.Error("a mutation changed its starting point")
	}
}

func TestEveryMutationChangesSomething(t *testing.T) {
	for _, mutation := range mutations {
		t.Run(mutation.name, func(t *testing.T) {
			for number := range uint64(200) {
				m := newMutator(1, number)
				m.project = web(small)
				mutation.apply(m)
				if !reflect.DeepEqual(m.project, web(small)) {
					return
				}
			}
			t.Error("200 tries changed nothing")
		})
	}
}

func TestShrinkingLeavesWhatMatters(t *testing.T) {
	project := web(small)
	project.Files["other.yaml"] = small
	project.Profiles = []string{"dev", "test"}
	got := shrink(project, 2000, func(p *Project) bool {
		root := parse(p.Files["compose.yaml"])
		command := child(child(child(root, "services"), "web"), "command")
		return command != nil && len(command.Content) > 0 && strings.Contains(strings.Join(p.Profiles, " "), "test")
	})
	want := "services: {web: {command: [a]}}"
	flat := parse(got.Files["compose.yaml"])
	if len(got.Files) != 1 || len(nodes(flat)) != len(nodes(parse(want))) || !reflect.DeepEqual(got.Profiles, []string{"test"}) {
		t.Errorf("shrunk to\n%s", got.Describe())
	}
}

func TestShrinkingEndsWithItsTries(t *testing.T) {
	tried := 0
	shrink(web(small), 25, func(*Project) bool { tried++; return tried%2 == 0 })
	if tried > 25 {
		t.Errorf("%d tries", tried)
	}
}

func TestAnswersAreComparedAsData(t *testing.T) {
	model := func(text string) Answer { return decode([]byte(text)) }
	for _, c := range []struct {
		name            string
		reference, ours Answer
		cause           string
	}{
		{"order of keys", model(`{"a": 1, "b": 2}`), model(`{"b": 2, "a": 1.0}`), ""},
		{"two refusals", Answer{Error: "x"}, Answer{Error: "y"}, ""},
		{"one value", model(`{"services": {"web": {"image": "x"}}}`), model(`{"services": {"web": {"image": "y"}}}`), "models differ: .services.*.image differs"},
		{"a key too few", model(`{"services": {"web": {"user": "x"}}}`), model(`{"services": {"web": {}}}`), "models differ: .services.*.user missing"},
		{"accepted here only", Answer{Error: `service "web" is bad at line 7`}, model(`{}`), "only the reference refuses: service '…' is bad at line N"},
		{"refused here only", model(`{}`), Answer{Error: "error[x]: no"}, "only stackwright refuses: error[x]: no"},
		{"a crash hides behind no refusal", Answer{Error: "x"}, Answer{Error: "broken: signal: aborted"}, "broken: signal: aborted"},
	} {
		cause := ""
		if d := compare(c.reference, c.ours); d != nil {
			cause = d.Cause
		}
		if cause != c.cause {
			t.Errorf("%s: %q instead of %q", c.name, cause, c.cause)
		}
	}
}

func TestEveryKnownDifferenceIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "compose.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range knownDifferences {
		if !strings.Contains(string(text), "\n| "+rule.row+" |") {
			t.Errorf("docs/compose.md has no row %q", rule.row)
		}
	}
}

func TestAPanicOfTheReferenceIsAnAnswer(t *testing.T) {
	dir := t.TempDir()
	project := web("include: [{path: inc.yaml}]\nservices: {a: {image: x}}\nnetworks:\n")
	project.Files["inc.yaml"] = "services: {b: {image: x}}\nnetworks: {n: {}}\n"
	if err := project.Write(dir); err != nil {
		t.Fatal(err)
	}
	if answer := askReference(project.Request(dir)); !strings.HasPrefix(answer.Error, "panic: ") {
		t.Errorf("answered %q", answer.say())
	}
}
