package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A TokenStore keeps the refresh token that a service gave in place of the one before,
// in a file that its owner alone can read.
type TokenStore struct {
	Dir    string // beside the warehouse
	Source string

	first string // fingerprint of the token that the environment holds
}

// kept is the file.
type kept struct {
	Note         string `json:"note"`
	First        string `json:"first"` // fingerprint of the first token: a new one in the environment goes before
	RefreshToken string `json:"refresh_token"`
}

func (s *TokenStore) path() string {
	return filepath.Join(s.Dir, "tokens", s.Source+".json")
}

// load returns the token that is kept, "" where the environment's is newer.
func (s *TokenStore) load(first string) (string, error) {
	sum := sha256.Sum256([]byte("dials refresh token " + first))
	s.first = hex.EncodeToString(sum[:8])
	if s.Dir == "" {
		return "", nil
	}
	info, err := os.Stat(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s can be read by others (%v): chmod 600, and sign in to the service anew", s.path(), info.Mode().Perm())
	}
	text, err := os.ReadFile(s.path())
	if err != nil {
		return "", err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return "", fmt.Errorf("%s is no file of tokens: delete it, and sign in to the service anew", s.path())
	}
	if k.First != s.first {
		return "", nil
	}
	return k.RefreshToken, nil
}

// save keeps a token: whole and on the disk, or not at all.
func (s *TokenStore) save(token string) error {
	if s.Dir == "" {
		return errNoFolder
	}
	dir := filepath.Dir(s.path())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(kept{Note: "written by dials; a new refresh token in the environment goes before it", First: s.first, RefreshToken: token})
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+s.Source+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), s.path())
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
