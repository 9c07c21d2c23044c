// The reference for crates/compose-loader: compose-go, the library inside Docker Compose, asked what it makes of a
// project, how long it takes, and whether it agrees with `stackwright config` about mutated projects.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

const usage = `usage: compose-oracle VERB

  load [DIR] [-f FILE]... [--env-file FILE]... [--profile P]... [-p NAME]
        the canonical model as JSON, as 'stackwright config --format json' prints it
  bench PROJECTDIR... [--rounds N]
        {folder: [seconds of each load]}
  differ --stackwright PROGRAM --seeds DIR... [--seed N] [--first N] [--count N] [--jobs N] [--shrink N] [--keep DIR]
        mutates the projects below the folders, and shows where the two loaders disagree; exit code 1 if they do
  yaml [--seed N] [--count N]
        made-up texts, and what go-yaml reads in each: a line of JSON for each text
`

func main() {
	verbs := map[string]func([]string) error{"load": load, "bench": bench, "differ": runDiffer, "yaml": yamlCases}
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "compose-oracle:", err)
		os.Exit(1)
	}
}

// load prints the model of one project.
func load(args []string) error {
	request := Request{Env: os.Environ()}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	list := func(name string, to *[]string) {
		flags.Func(name, "may be repeated", func(value string) error { *to = append(*to, value); return nil })
	}
	list("f", &request.Files)
	list("env-file", &request.EnvFiles)
	list("profile", &request.Profiles)
	flags.StringVar(&request.Name, "p", "", "the project's name")
	format := flags.String("format", "json", "the only one there is")
	folders, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(folders) > 1 || *format != "json" {
		return fmt.Errorf("load takes one folder and prints JSON only\n%s", usage)
	}
	if len(folders) == 1 {
		request.Dir = folders[0]
	}
	text, err := request.JSON(context.Background())
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

// parseMixed reads flags and folders in any order; flag alone stops at the first folder.
func parseMixed(flags *flag.FlagSet, args []string) (folders []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		args = flags.Args()
		if len(args) == 0 {
			return folders, nil
		}
		folders, args = append(folders, args[0]), args[1:]
	}
}
