package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// store is what the archives of a folder hold, read again when one changes.
type store struct {
	folder string

	mutex    sync.Mutex
	archives map[string]*archive // by file name
}

type manifest struct {
	mediaType string
	digest    string
	data      []byte
}

// manifest finds an image by its full name and a tag or digest.
func (s *store) manifest(name, reference string) *manifest {
	for _, a := range s.current() {
		for tagged, m := range a.images {
			if tagged == name+":"+reference || m.digest == reference {
				return m
			}
		}
	}
	return nil
}

func (s *store) blob(digest string) io.ReadSeeker {
	for _, a := range s.current() {
		if b, ok := a.blobs[digest]; ok {
			return io.NewSectionReader(a.file, b.offset, b.size)
		}
	}
	return nil
}

func (s *store) names() (names []string) {
	for _, a := range s.current() {
		for name := range a.images {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// current brings the archives up to date with the folder, in the order of their
// file names, so that of two with one image always the same one is served.
func (s *store) current() (archives []*archive) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	files, err := filepath.Glob(filepath.Join(s.folder, "*.tar"))
	if err != nil {
		log.Print(err)
	}
	kept := map[string]*archive{}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			continue // gone meanwhile
		}
		a := s.archives[file]
		if a == nil || !a.modified.Equal(info.ModTime()) {
			start := time.Now()
			if a, err = open(file, info.ModTime()); err != nil {
				log.Printf("%s: %v", file, err)
				a = &archive{modified: info.ModTime()} // said once
			} else {
				log.Printf("%s: %s, read in %v", file, strings.Join(a.names(), " "), time.Since(start).Round(time.Millisecond))
			}
		}
		kept[file] = a
		archives = append(archives, a)
	}
	// A file that was replaced stays open while a request may still read it.
	s.archives = kept
	return archives
}

// fullName is what the runtime makes of a short name: docker.io/library/redis:7.
func fullName(name string) string {
	first, _, found := strings.Cut(name, "/")
	switch {
	case !found:
		name = "docker.io/library/" + name
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		name = "docker.io/" + name
	}
	if i := strings.LastIndex(name, ":"); i < strings.LastIndex(name, "/") {
		return fmt.Sprintf("%s:latest", name)
	}
	return name
}
