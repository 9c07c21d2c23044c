// registry serves the image archives of a folder (as `docker save` or an OCI
// layout makes them, uncompressed) to the container runtimes of a test cluster,
// straight out of the tar files: nothing is copied, and an archive that is put
// into the folder later is found by the next request. Read only.
//
// The runtimes use it as the mirror of every registry and say in ?ns= which one
// they mean, so an image is found under its full name and no other.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
)

func main() {
	address := flag.String("address", "127.0.0.1:5000", "where to listen")
	folder := flag.String("folder", ".", "where the archives are")
	flag.Parse()
	store := &store{folder: *folder}
	http.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) { serve(store, w, r) })
	// What there is, one full name a line: the nodes fetch them beforehand.
	http.HandleFunc("/images", func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range store.names() {
			fmt.Fprintln(w, name)
		}
	})
	log.Fatal(http.ListenAndServe(*address, nil))
}

// serve answers /v2/, /v2/NAME/manifests/REFERENCE and /v2/NAME/blobs/DIGEST.
func serve(s *store, w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	if path == "" {
		return
	}
	if name, reference, ok := cut(path, "/manifests/"); ok {
		if ns := r.URL.Query().Get("ns"); ns != "" {
			name = ns + "/" + name
		}
		if m := s.manifest(name, reference); m != nil {
			send(w, r, m.mediaType, m.digest, strings.NewReader(string(m.data)))
			return
		}
	} else if _, digest, ok := cut(path, "/blobs/"); ok {
		if b := s.blob(digest); b != nil {
			send(w, r, "application/octet-stream", digest, b)
			return
		}
	}
	log.Printf("not found: %s", r.URL)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no archive in the cluster's image folder has it"}]}`)
}

func send(w http.ResponseWriter, r *http.Request, mediaType, digest string, content io.ReadSeeker) {
	size, err := content.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", fmt.Sprint(size))
	if r.Method != http.MethodHead {
		io.Copy(w, content)
	}
}

// cut is strings.Cut at the last separator: a name may hold the word itself.
func cut(s, separator string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
