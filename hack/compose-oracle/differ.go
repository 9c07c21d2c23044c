package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// differ mutates projects, asks both loaders about each, and shows the smallest case of each disagreement.
type differ struct {
	program string // stackwright
	starts  []*Project
	seed    uint64
	dir     string // where projects are written
	tries   int    // projects that shrinking one case may load
}

// finding is a disagreement about one project.
type finding struct {
	number     uint64
	project    *Project
	difference *Difference
	row        string // of docs/compose.md, where it is documented
}

// tally is what came of all projects.
type tally struct {
	accepted, refused atomic.Int64
	lock              sync.Mutex
	refusals          map[string]int
	findings          []finding
}

func runDiffer(args []string) error {
	flags := flag.NewFlagSet("differ", flag.ContinueOnError)
	program := flags.String("stackwright", "", "the program under test")
	seed := flags.Uint64("seed", 1, "chooses the mutations")
	first := flags.Uint64("first", 0, "the number of the first project")
	count := flags.Uint64("count", 1000, "how many projects")
	jobs := flags.Int("jobs", 2, "projects loaded at the same time")
	tries := flags.Int("shrink", 600, "loads that shrinking one case may take")
	keep := flags.String("keep", "", "a folder to put the smallest cases in, each in one of its number")
	refusals := flags.Int("refusals", 0, "how many of the reference's most frequent refusals to show")
	var seeds []string
	flags.Func("seeds", "a folder of starting points; may be repeated", func(dir string) error {
		seeds = append(seeds, dir)
		return nil
	})
	more, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	starts, err := Starts(append(seeds, more...))
	if err != nil {
		return err
	}
	if *program == "" || len(starts) == 0 {
		return fmt.Errorf("differ needs --stackwright and a folder with compose projects in --seeds\n%s", usage)
	}
	full, err := filepath.Abs(*program)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compose-oracle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// What `~` stands for is asked of this process.
	if err := os.Setenv("HOME", home); err != nil {
		return err
	}
	quiet()
	d := &differ{program: full, seed: *seed, dir: dir, tries: *tries}
	d.starts = slices.DeleteFunc(starts, func(p *Project) bool { return !d.accepted(p, filepath.Join(dir, "start", "project")) })
	if len(d.starts) == 0 {
		return fmt.Errorf("the reference accepts none of the %d starting points", len(starts))
	}
	began := time.Now()
	all := d.run(*first, *count, *jobs)
	groups := d.groups(all, *jobs)
	undocumented := d.print(groups, *keep)
	for _, why := range all.mostRefused(*refusals) {
		fmt.Printf("%6d refused: %s\n", all.refusals[why], why)
	}
	fmt.Printf("seed %d, %d starting points, %d projects in %.0f s: %d accepted alike, %d refused alike, %d differ as documented, %d differ otherwise\n",
		*seed, len(d.starts), *count, time.Since(began).Seconds(), all.accepted.Load(), all.refused.Load(),
		len(all.findings)-undocumented, undocumented)
	if undocumented > 0 {
		return fmt.Errorf("%d projects on which the loaders disagree", undocumented)
	}
	return nil
}

// each does the numbers of a range, several at a time, each worker in a folder of its own.
func (d *differ) each(first, count uint64, jobs int, do func(number uint64, dir string)) {
	var next atomic.Uint64
	var workers sync.WaitGroup
	for job := range jobs {
		workers.Go(func() {
			// The folder's name is the project's.
			dir := filepath.Join(d.dir, fmt.Sprint(job), "project")
			for {
				number := next.Add(1) - 1
				if number >= count {
					return
				}
				do(first+number, dir)
			}
		})
	}
	workers.Wait()
}

func (d *differ) run(first, count uint64, jobs int) *tally {
	all := tally{refusals: map[string]int{}}
	d.each(first, count, jobs, func(number uint64, dir string) {
		project := mutate(d.starts, d.seed, number, func(p *Project) bool { return d.accepted(p, dir) })
		reference, difference := d.ask(project, dir)
		switch {
		case difference != nil:
			found := finding{number, project, difference, documented(project, difference)}
			all.lock.Lock()
			if found.row == "" {
				fmt.Fprintf(os.Stderr, "%d: %s\n", number, difference.Cause)
			}
			all.findings = append(all.findings, found)
			all.lock.Unlock()
		case reference.Error == "":
			all.accepted.Add(1)
		default:
			all.refused.Add(1)
			all.lock.Lock()
			all.refusals[general(reference.Error)]++
			all.lock.Unlock()
		}
	})
	slices.SortFunc(all.findings, func(a, b finding) int { return cmp.Compare(a.number, b.number) })
	return &all
}

// mostRefused are the most frequent refusals: what hides the steps behind it from the mutations.
func (t *tally) mostRefused(count int) []string {
	why := slices.SortedFunc(maps.Keys(t.refusals), func(a, b string) int {
		return cmp.Or(-cmp.Compare(t.refusals[a], t.refusals[b]), cmp.Compare(a, b))
	})
	return why[:min(count, len(why))]
}

// accepted is what the reference alone says of a project.
func (d *differ) accepted(project *Project, dir string) bool {
	return project.Write(dir) == nil && askReference(project.Request(dir)).Error == ""
}

// ask loads a project on both sides.
func (d *differ) ask(project *Project, dir string) (reference Answer, difference *Difference) {
	if err := project.Write(dir); err != nil {
		// A name that no file can have.
		return Answer{Error: err.Error()}, nil
	}
	request := project.Request(dir)
	reference = askReference(request)
	ours := askStackwright(d.program, request)
	if difference = compare(reference, ours); difference == nil {
		return reference, nil
	}
	// The reference walks maps in the order of the day: where it gives several answers, each of them is right.
	for range 8 {
		if compare(askReference(request), ours) == nil {
			return reference, nil
		}
	}
	return reference, difference
}

// groups are the findings by cause, each shrunk to its smallest case and the most frequent first.
func (d *differ) groups(all *tally, jobs int) [][]finding {
	byCause := map[string][]finding{}
	for _, found := range all.findings {
		name := found.row + "\x00" + found.difference.Cause
		byCause[name] = append(byCause[name], found)
	}
	groups := slices.SortedFunc(maps.Values(byCause), func(a, b []finding) int {
		return cmp.Or(cmp.Compare(a[0].row, b[0].row), -cmp.Compare(len(a), len(b)), cmp.Compare(a[0].number, b[0].number))
	})
	d.each(0, uint64(len(groups)), jobs, func(at uint64, dir string) {
		group := groups[at]
		slices.SortStableFunc(group, func(a, b finding) int { return cmp.Compare(a.project.Size(), b.project.Size()) })
		smallest := &group[0]
		if smallest.row != "" {
			return
		}
		cause := smallest.difference.Cause
		smallest.project = shrink(smallest.project, d.tries, func(p *Project) bool {
			_, difference := d.ask(p, dir)
			return difference != nil && difference.Cause == cause && documented(p, difference) == ""
		})
		_, smallest.difference = d.ask(smallest.project, dir)
		if smallest.difference == nil {
			smallest.difference = &Difference{Cause: cause + " (not every time)"}
		}
	})
	return groups
}

// print shows the groups and counts what is not documented.
func (d *differ) print(groups [][]finding, keep string) (undocumented int) {
	rows := map[string]int{}
	for number, group := range groups {
		found := group[0]
		if found.row != "" {
			rows[found.row] += len(group)
			continue
		}
		undocumented += len(group)
		fmt.Printf("=== %d: %d projects, first number %d of %s\n%s\n", number, len(group), found.number, found.project.Origin, found.difference.Cause)
		fmt.Print(found.project.Describe())
		fmt.Printf("  reference:   %s\n  stackwright: %s\n", found.difference.Reference.say(), found.difference.Ours.say())
		for _, path := range found.difference.Paths[:min(6, len(found.difference.Paths))] {
			fmt.Println("  " + path)
		}
		fmt.Println()
		if keep != "" {
			// The flags stand in the output above.
			if err := found.project.Write(filepath.Join(keep, fmt.Sprint(number))); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Printf("documented, %d projects: %s\n", rows[row], row)
	}
	return undocumented
}

func (a Answer) say() string {
	if a.Error == "" {
		return "loads it"
	}
	return strings.ReplaceAll(a.Error, "\n", "\n      ")
}

// flags are the arguments and variables that the project is loaded with.
func (p *Project) flags() string {
	words := slices.Clone(p.Env)
	words = append(words, "config")
	for _, list := range []struct {
		flag   string
		values []string
	}{{"-f", p.Compose}, {"--env-file", p.EnvFiles}, {"--profile", p.Profiles}} {
		for _, value := range list.values {
			words = append(words, list.flag, value)
		}
	}
	return strings.Join(words, " ")
}

// Describe is the project as text.
func (p *Project) Describe() string {
	var out strings.Builder
	fmt.Fprintf(&out, "  $ %s\n", p.flags())
	for _, path := range p.Paths() {
		text := p.Files[path]
		if strings.ContainsAny(text, "\r\x00\t\uFEFF") || strings.Contains(text, " \n") {
			fmt.Fprintf(&out, "  --- %s: %q\n", path, text)
			continue
		}
		fmt.Fprintf(&out, "  --- %s\n", path)
		for line := range strings.Lines(text) {
			fmt.Fprintf(&out, "  | %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	return out.String()
}
