package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// Request is what both loaders are asked, as the flags of `docker compose` say it.
type Request struct {
	Dir      string   // the folder of the project, which the command runs in
	Files    []string // -f
	EnvFiles []string // --env-file
	Profiles []string // --profile
	Name     string   // -p
	Env      []string // the process's variables, as NAME=VALUE
}

// Load reads a project as `docker compose config` does: the steps of its command line around compose-go,
// in its order, then environment files resolved and resources that nothing uses left out.
func (r Request) Load(ctx context.Context) (*types.Project, error) {
	dir := r.Dir
	if len(r.Files) > 0 {
		dir = "" // the first file's folder
	}
	options, err := cli.NewProjectOptions(r.Files,
		cli.WithWorkingDirectory(dir),
		cli.WithEnv(r.Env),
		cli.WithEnvFiles(r.EnvFiles...),
		cli.WithDotEnv,
		cli.WithConfigFileEnv,
		cli.WithDefaultConfigPath,
		cli.WithDefaultProfiles(r.Profiles...),
		cli.WithName(r.Name),
		cli.WithDiscardEnvFile,
	)
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, err
	}
	project, err = project.WithServicesEnvironmentResolved(true)
	if err != nil {
		return nil, err
	}
	return project.WithoutUnnecessaryResources(), nil
}

// JSON is the canonical model as text. A panic of the reference is an error with its own words: the
// caller is to compare the answer, not to end with it.
func (r Request) JSON(ctx context.Context) (text []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			text, err = nil, fmt.Errorf("panic: %v", fault)
		}
	}()
	project, err := r.Load(ctx)
	if err != nil {
		return nil, err
	}
	text, err = project.MarshalJSON()
	return escapeValues(text), err
}

// escapeValues doubles each `$` of a value, so that it is no variable where the model is read again. Keys hold
// no variables, and stay as they are. (`docker compose config` doubles those of keys too, and so prints another
// project than it read.)
func escapeValues(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		if text[0] != '"' {
			out.WriteByte(text[0])
			text = text[1:]
			continue
		}
		end := 1
		for text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		word, rest := text[:end+1], text[end+1:]
		if !bytes.HasPrefix(bytes.TrimLeft(rest, " \n"), []byte(":")) {
			word = bytes.ReplaceAll(word, []byte("$"), []byte("$$"))
		}
		out.Write(word)
		text = rest
	}
	return out.Bytes()
}

// quiet keeps the reference's warnings off standard error: models are compared, not words.
func quiet() { logrus.SetOutput(io.Discard) }
