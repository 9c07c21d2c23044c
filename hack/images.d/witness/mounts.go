package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// mostEntries bounds what is told of one mount, which may be a whole disk.
const mostEntries = 200

// mounts is what is mounted, by path, as /proc/self/mountinfo has it (proc(5)); of what
// is not the system's also what lies in it.
func mounts() map[string]any {
	found := map[string]any{}
	for line := range strings.Lines(read("/proc/self/mountinfo")) {
		left, right, _ := strings.Cut(strings.TrimSpace(line), " - ")
		before, after := strings.Fields(left), strings.Fields(right)
		if len(before) < 6 || len(after) < 3 {
			continue
		}
		target, options := before[4], strings.Split(before[5], ",")
		slices.Sort(options)
		mount := map[string]any{"type": after[0], "options": strings.Join(options, ",")}
		if after[0] == "tmpfs" {
			mount["size"] = sizeOrUnbounded(target)
		}
		if !ofTheSystem(target) {
			mount["holds"] = tree(target)
		}
		found[target] = mount
	}
	return found
}

// sizeOrUnbounded is a file system's size, or that there is none to speak of: without one a
// tmpfs may take half of the machine's memory or all of it.
func sizeOrUnbounded(target string) any {
	var machine syscall.Sysinfo_t
	if syscall.Sysinfo(&machine) == nil && sizeOf(target) >= uint64(machine.Totalram)*uint64(machine.Unit)*45/100 {
		return "unbounded"
	}
	return sizeOf(target)
}

func ofTheSystem(target string) bool {
	if target == "/" {
		return true
	}
	return slices.ContainsFunc([]string{"/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}, func(system string) bool {
		return target == system || strings.HasPrefix(target, system+"/")
	})
}

// tree is a file or a folder with all below it. A link is followed, since what counts is
// what a program reads there; of a folder whose name begins with ".." only the name is told:
// a cluster keeps the former states of its files in such.
func tree(root string) map[string]map[string]string {
	entries := map[string]map[string]string{}
	var walk func(path, name string)
	walk = func(path, name string) {
		if len(entries) >= mostEntries {
			return
		}
		entries[name] = describe(path)
		if strings.HasPrefix(filepath.Base(name), "..") {
			return
		}
		children, _ := os.ReadDir(path)
		for _, child := range children {
			walk(filepath.Join(path, child.Name()), filepath.Join(name, child.Name()))
		}
	}
	walk(root, ".")
	return entries
}

// describe tells a file's mode, its owner, and its length with a hash of its content.
func describe(path string) map[string]string {
	info, err := os.Stat(path)
	if err != nil {
		return map[string]string{"mode": "cannot be read"}
	}
	owner, _ := info.Sys().(*syscall.Stat_t)
	told := map[string]string{"mode": info.Mode().String(), "owner": fmt.Sprintf("%d:%d", owner.Uid, owner.Gid)}
	if info.Mode().IsRegular() && info.Size() < 1<<20 {
		content, err := os.ReadFile(path)
		if err != nil {
			told["content"] = "cannot be read"
			return told
		}
		hash := sha256.Sum256(content)
		told["content"] = fmt.Sprintf("%d bytes %s", len(content), hex.EncodeToString(hash[:4]))
	}
	return told
}
