package audit

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// peopleFile holds what the audit ids stand for.
const peopleFile = "people.jsonl"

// A person is one line of it.
type person struct {
	ID      string `json:"id"`
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

// people is the mapping of audit ids, in memory and in its file.
type people struct {
	path   string
	random io.Reader

	mu      sync.Mutex
	file    *os.File
	size    int64
	byID    map[string]Identity
	ids     map[Identity]string
	unsaved []person
}

func openPeople(path string, random io.Reader) (*people, error) {
	p := &people{path: path, random: random, byID: map[string]Identity{}, ids: map[Identity]string{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	n := 0
	for line := range bytes.Lines(data[:whole]) {
		n++
		var one person
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		p.add(one)
	}
	// An id whose line is not whole was never used: its event came after it.
	p.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	p.size = int64(whole)
	if err := errors.Join(p.file.Truncate(p.size), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, p.file.Close())
	}
	return p, nil
}

func (p *people) add(one person) {
	who := Identity{one.Issuer, one.Subject}
	p.byID[one.ID], p.ids[who] = who, one.ID
}

func (p *people) id(who Identity) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ids[who]
}

func (p *people) who(id string) (Identity, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who, ok := p.byID[id]
	return who, ok
}

// assign returns the audit id of who, a new one if there is none; save keeps it.
func (p *people) assign(who Identity) (string, error) {
	if who == (Identity{}) {
		return "", nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if id, ok := p.ids[who]; ok {
		return id, nil
	}
	random := make([]byte, 10)
	if _, err := io.ReadFull(p.random, random); err != nil {
		return "", err
	}
	id := strings.ToLower(base32.StdEncoding.EncodeToString(random))
	one := person{ID: id, Issuer: who.Issuer, Subject: who.Subject}
	p.add(one)
	p.unsaved = append(p.unsaved, one)
	return id, nil
}

// save writes the new ids to the disk. After an error they are tried again.
func (p *people) save() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.unsaved) == 0 {
		return nil
	}
	lines, err := encodePeople(p.unsaved)
	if err != nil {
		return err
	}
	if _, err = p.file.Write(lines); err == nil {
		err = p.file.Sync()
	}
	if err != nil {
		return errors.Join(err, p.file.Truncate(p.size))
	}
	p.size += int64(len(lines))
	p.unsaved = nil
	return nil
}

// forget writes the file anew, without these people.
func (p *people) forget(who []Identity) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kept []person
	for id, one := range p.byID {
		if !slices.Contains(who, one) {
			kept = append(kept, person{id, one.Issuer, one.Subject})
		}
	}
	slices.SortFunc(kept, func(a, b person) int { return strings.Compare(a.ID, b.ID) })
	lines, err := encodePeople(kept)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(p.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err = file.Write(lines); err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(p.path+".new", p.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	err = errors.Join(p.file.Close(), syncDir(filepath.Dir(p.path)))
	p.file, p.size, p.unsaved = file, int64(len(lines)), nil
	p.byID, p.ids = map[string]Identity{}, map[Identity]string{}
	for _, one := range kept {
		p.add(one)
	}
	return err
}

func (p *people) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.Close()
}

func encodePeople(list []person) ([]byte, error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, one := range list {
		if err := enc.Encode(one); err != nil {
			return nil, err
		}
	}
	return lines.Bytes(), nil
}
