package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Answer is what one loader says of a project: a model or an error.
type Answer struct {
	Model any
	Error string
}

// patience is how long each loader may take; a project of a few kilobytes takes milliseconds.
const patience = 20 * time.Second

// askReference loads in this process, in a goroutine that is left behind when it does not end.
func askReference(request Request) Answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer := make(chan Answer, 1)
	go func() {
		text, err := request.JSON(ctx)
		if err != nil {
			answer <- Answer{Error: err.Error()}
			return
		}
		answer <- decode(text)
	}()
	select {
	case given := <-answer:
		return given
	case <-ctx.Done():
		return Answer{Error: "no answer in time"}
	}
}

// askStackwright runs the program, with no variables but the request's.
func askStackwright(program string, request Request) Answer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := []string{"config", "--format", "json"}
	for flag, values := range map[string][]string{"-f": request.Files, "--env-file": request.EnvFiles, "--profile": request.Profiles} {
		for _, value := range values {
			args = append(args, flag, value)
		}
	}
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env = request.Dir, request.Env
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return decode(out.Bytes())
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return Answer{Error: firstError(messages.String())}
	default:
		return Answer{Error: fmt.Sprintf("broken: %v: %s", err, messages.String())}
	}
}

// firstError is the first error among messages, in one line.
func firstError(messages string) string {
	for line := range strings.Lines(messages) {
		if strings.HasPrefix(line, "error") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(messages)
}

func decode(text []byte) Answer {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var model any
	if err := decoder.Decode(&model); err != nil {
		return Answer{Error: "broken: no JSON: " + err.Error()}
	}
	return Answer{Model: model}
}

// Difference is one disagreement about one project.
type Difference struct {
	Cause     string   // what cases of the same fault have in common
	Where     []string // the paths where the models differ
	Paths     []string // the same with both values
	Reference Answer
	Ours      Answer
}

// compare is nothing where both loaders agree.
func compare(reference, ours Answer) *Difference {
	d := &Difference{Reference: reference, Ours: ours}
	switch {
	case strings.HasPrefix(ours.Error, "broken:"):
		d.Cause = ours.Error
	case reference.Error != "" && ours.Error != "":
		return nil
	case reference.Error != "":
		d.Cause = "only the reference refuses: " + general(reference.Error)
	case ours.Error != "":
		d.Cause = "only stackwright refuses: " + general(ours.Error)
	default:
		var causes []string
		diff("", reference.Model, ours.Model, func(path, kind string, want, got any) {
			d.Where = append(d.Where, path)
			d.Paths = append(d.Paths, fmt.Sprintf("%s: reference %s, stackwright %s", path, show(want), show(got)))
			causes = append(causes, generalPath(path)+" "+kind)
		})
		if len(causes) == 0 {
			return nil
		}
		// One fault often shows in several places: the first of them names it.
		slices.Sort(causes)
		d.Cause = "models differ: " + causes[0]
	}
	return d
}

func diff(path string, want, got any, found func(path, kind string, want, got any)) {
	a, isMap := want.(map[string]any)
	b, alsoMap := got.(map[string]any)
	if isMap && alsoMap {
		for _, key := range union(a, b) {
			x, inA := a[key]
			y, inB := b[key]
			switch below := path + "." + key; {
			case !inB:
				found(below, "missing", x, nil)
			case !inA:
				found(below, "extra", nil, y)
			default:
				diff(below, x, y, found)
			}
		}
		return
	}
	c, isList := want.([]any)
	d, alsoList := got.([]any)
	if isList && alsoList && len(c) == len(d) {
		for i := range c {
			diff(fmt.Sprintf("%s[%d]", path, i), c[i], d[i], found)
		}
		return
	}
	if !reflect.DeepEqual(want, got) {
		found(path, "differs", want, got)
	}
}

func union(a, b map[string]any) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, there := a[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func show(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

var (
	indexes  = regexp.MustCompile(`\[\d+\]`)
	named    = regexp.MustCompile(`^\.(services|networks|volumes|configs|secrets|models)\.[^.\[]+`)
	mapped   = regexp.MustCompile(`\.(environment|labels|annotations|args|options|driver_opts|sysctls|depends_on|networks|x-[^.]*)\.[^.\[]+`)
	quoted   = regexp.MustCompile("\"[^\"]*\"|'[^']*'|`[^`]*`")
	inPath   = regexp.MustCompile(`(services|networks|volumes|configs|secrets|models)([.\[])[^.\]: ]+`)
	files    = regexp.MustCompile(`/[^\s:,"]+`)
	numerals = regexp.MustCompile(`\d+`)
)

// generalPath is a path in a model without names that a user chose.
func generalPath(path string) string {
	path = indexes.ReplaceAllString(path, "[]")
	path = named.ReplaceAllString(path, ".$1.*")
	return mapped.ReplaceAllString(path, ".$1.*")
}

// general is a message without what differs between cases of the same fault.
func general(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	message = files.ReplaceAllString(message, "FILE")
	message = quoted.ReplaceAllString(message, "'…'")
	message = inPath.ReplaceAllString(message, "$1$2*")
	message = numerals.ReplaceAllString(message, "N")
	if len(message) > 160 {
		message = message[:160]
	}
	return message
}
