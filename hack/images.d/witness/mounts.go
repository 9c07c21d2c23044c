package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
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
			mount["size"] = sizeOf(target)
		}
		if !ofTheSystem(target) {
			mount["holds"] = tree(target)
		}
		found[target] = mount
	}
	return found
}

func ofTheSystem(target string) bool {
	if target == "/" {
		return true
	}
	return slices.ContainsFunc([]string{"/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts"}, func(system string) bool {
		return target == system || strings.HasPrefix(target, system+"/")
	})
}

// tree is a file or a folder with all below it: what it is, its mode, its owner, and a
// hash of its content. A link is followed: what counts is what a program reads there.
func tree(root string) map[string]string {
	entries := map[string]string{}
	filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || len(entries) >= mostEntries {
			return fs.SkipAll
		}
		name, _ := filepath.Rel(root, path)
		entries[name] = describe(path)
		return nil
	})
	return entries
}

func describe(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "cannot be read"
	}
	owner, _ := info.Sys().(*syscall.Stat_t)
	text := fmt.Sprintf("%s %d:%d", info.Mode(), owner.Uid, owner.Gid)
	if info.Mode().IsRegular() && info.Size() < 1<<20 {
		content, err := os.ReadFile(path)
		if err != nil {
			return text + " cannot be read"
		}
		hash := sha256.Sum256(content)
		text += fmt.Sprintf(" %d bytes %s", len(content), hex.EncodeToString(hash[:4]))
	}
	return text
}
