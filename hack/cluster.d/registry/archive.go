package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// archive is one tar file: its images by full name, and where its blobs lie in it.
type archive struct {
	file     *os.File
	modified time.Time
	images   map[string]*manifest
	blobs    map[string]section // by digest
	entries  map[string]section // by name in the tar
}

type section struct{ offset, size int64 }

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

const (
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerConfig   = "application/vnd.docker.container.image.v1+json"
	dockerLayer    = "application/vnd.docker.image.rootfs.diff.tar"
)

func open(path string, modified time.Time) (*archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a := &archive{file, modified, map[string]*manifest{}, map[string]section{}, map[string]section{}}
	for t := tar.NewReader(file); ; {
		header, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		offset, err := file.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		a.entries[header.Name] = section{offset, header.Size}
	}
	if _, ok := a.entries["manifest.json"]; ok {
		return a, a.readDocker()
	}
	if _, ok := a.entries["index.json"]; ok {
		return a, a.readLayout()
	}
	return nil, errors.New("neither manifest.json (docker save) nor index.json (OCI layout) in it")
}

// readDocker makes the manifest that `docker save` leaves out.
func (a *archive) readDocker() error {
	var saved []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := a.readJSON("manifest.json", &saved); err != nil {
		return err
	}
	for _, image := range saved {
		config, err := a.describe(image.Config, dockerConfig)
		if err != nil {
			return err
		}
		layers := []descriptor{}
		for _, name := range image.Layers {
			layer, err := a.describe(name, dockerLayer)
			if err != nil {
				return err
			}
			layers = append(layers, layer)
		}
		data, err := json.Marshal(map[string]any{
			"schemaVersion": 2, "mediaType": dockerManifest, "config": config, "layers": layers,
		})
		if err != nil {
			return err
		}
		m := &manifest{dockerManifest, digestOf(data), data}
		for _, tag := range image.RepoTags {
			a.images[fullName(tag)] = m
		}
	}
	return nil
}

// readLayout takes manifests and blobs as they are.
func (a *archive) readLayout() error {
	var index struct{ Manifests []descriptor }
	if err := a.readJSON("index.json", &index); err != nil {
		return err
	}
	for name, s := range a.entries {
		if len(name) == len("blobs/sha256/")+64 {
			a.blobs["sha256:"+name[len("blobs/sha256/"):]] = s
		}
	}
	for _, d := range index.Manifests {
		name := d.Annotations["io.containerd.image.name"]
		if name == "" {
			return errors.New("a manifest without the annotation io.containerd.image.name")
		}
		s, ok := a.blobs[d.Digest]
		if !ok {
			return fmt.Errorf("no blob %s", d.Digest)
		}
		data, err := io.ReadAll(io.NewSectionReader(a.file, s.offset, s.size))
		if err != nil {
			return err
		}
		a.images[fullName(name)] = &manifest{d.MediaType, d.Digest, data}
	}
	return nil
}

func (a *archive) describe(name, mediaType string) (descriptor, error) {
	s, ok := a.entries[name]
	if !ok {
		return descriptor{}, fmt.Errorf("manifest.json names %s, which is not there", name)
	}
	hash := sha256.New()
	magic := make([]byte, 2)
	r := io.NewSectionReader(a.file, s.offset, s.size)
	if _, err := io.Copy(hash, r); err != nil {
		return descriptor{}, err
	}
	if _, err := r.ReadAt(magic, 0); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		mediaType += ".gzip"
	}
	digest := "sha256:" + hex.EncodeToString(hash.Sum(nil))
	a.blobs[digest] = s
	return descriptor{MediaType: mediaType, Digest: digest, Size: s.size}, nil
}

func (a *archive) readJSON(name string, into any) error {
	s := a.entries[name]
	if err := json.NewDecoder(io.NewSectionReader(a.file, s.offset, s.size)).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a *archive) names() (names []string) {
	for name := range a.images {
		names = append(names, name)
	}
	return names
}

func digestOf(data []byte) string {
	hash := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(hash[:])
}
