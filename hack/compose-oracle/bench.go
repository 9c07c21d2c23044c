package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// bench prints how long the reference takes to load each project, in seconds for each round. It times what
// `load` does but for the printing, in this process, so that starting a program counts for neither side.
func bench(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "how often each project is loaded; one more load comes before, uncounted")
	folders, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(folders) == 0 || *rounds < 1 {
		return fmt.Errorf("usage: bench PROJECTDIR... [--rounds N], N at least 1")
	}
	quiet()
	times := make(map[string][]float64, len(folders))
	for _, folder := range folders {
		dir, err := filepath.Abs(folder)
		if err != nil {
			return err
		}
		request := Request{Dir: dir, Profiles: []string{"*"}, Env: os.Environ()}
		for round := range *rounds + 1 {
			begin := time.Now()
			if _, err := request.Load(context.Background()); err != nil {
				return fmt.Errorf("%s: %w", folder, err)
			}
			if round > 0 {
				times[folder] = append(times[folder], time.Since(begin).Seconds())
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}
