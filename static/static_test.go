package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// Each vendored script is the file that VERSIONS names, byte for byte, and its
// licence lies beside it.
func TestVendorVersions(t *testing.T) {
	versions, err := fs.ReadFile(Files, "vendor/VERSIONS")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(versions)) {
		if f := strings.Fields(line); len(f) == 4 && f[0] != "#" {
			listed[f[0]] = f[3]
		}
	}
	scripts, err := fs.Glob(Files, "vendor/*.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) != len(listed) {
		t.Errorf("vendor holds %d scripts, VERSIONS lists %d", len(scripts), len(listed))
	}
	for _, path := range scripts {
		name := strings.TrimPrefix(path, "vendor/")
		data, err := fs.ReadFile(Files, path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != listed[name] {
			t.Errorf("%s: sha256 is %s, VERSIONS says %q", name, got, listed[name])
		}
		licence := strings.TrimSuffix(path, ".min.js") + ".LICENSE"
		if _, err := fs.Stat(Files, licence); err != nil {
			t.Errorf("%s has no licence: %v", name, err)
		}
	}
}

// Our own files name no other host: everything is served from here.
func TestNoOtherHost(t *testing.T) {
	url := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]`)
	for _, name := range []string{"app.js", "app.css"} {
		data, err := fs.ReadFile(Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if found := url.Find(data); found != nil {
			t.Errorf("%s names another host: %s", name, found)
		}
	}
}
