package extracts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// mostKept bounds how many files a cache keeps: each stays open, and those of data that
// have moved on are not asked for again.
const mostKept = 256

// A cache keeps spools by key within a bound, the least recently used going first.
type cache struct {
	dir   string
	limit int64

	mu     sync.Mutex
	kept   map[string]*spool
	order  []string // keys, least recently used first
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // ends every producer at close
	cancel context.CancelFunc
	made   int // numbers the files, so that no name is used twice
}

func newCache(dir string, limit int64) *cache {
	c := &cache{dir: dir, limit: limit, kept: map[string]*spool{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// open returns the spool of key, held for the caller; where there is none, or it
// has failed, write fills a new one.
func (c *cache) open(key string, write func(context.Context, *spool) error) *spool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sp := c.kept[key]; sp != nil && sp.hold() {
		c.touch(key)
		return sp
	}
	c.drop(key)
	ctx, cancel := context.WithCancel(c.ctx)
	c.made++
	sp := newSpool(filepath.Join(c.dir, fmt.Sprintf("%d-%s", c.made, key)), cancel)
	sp.holders = 1
	c.kept[key] = sp
	c.order = append(c.order, key)
	c.work.Go(func() {
		sp.fill(func(sp *spool) error { return write(ctx, sp) })
		c.trim()
	})
	return sp
}

// peek returns the spool of key, held for the caller, if its file is whole.
func (c *cache) peek(key string) *spool {
	c.mu.Lock()
	defer c.mu.Unlock()
	sp := c.kept[key]
	if sp == nil {
		return nil
	}
	if _, _, ok := sp.whole(); !ok || !sp.hold() {
		return nil
	}
	c.touch(key)
	return sp
}

// hold takes the spool for one more client, unless it failed or was given up.
func (sp *spool) hold() bool {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if sp.err != nil || sp.holders == 0 && !sp.ended {
		return false
	}
	sp.holders++
	return true
}

func (c *cache) touch(key string) {
	for i, k := range c.order {
		if k == key {
			c.order = append(append(c.order[:i:i], c.order[i+1:]...), key)
			return
		}
	}
}

// drop forgets the spool of key and removes its file; who reads it reads on.
func (c *cache) drop(key string) {
	sp := c.kept[key]
	if sp == nil {
		return
	}
	delete(c.kept, key)
	for i, k := range c.order {
		if k == key {
			c.order = append(c.order[:i:i], c.order[i+1:]...)
			break
		}
	}
	sp.drop()
}

// remove forgets the spool of key; who holds it reads on.
func (c *cache) remove(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
}

// trim removes failed spools, and the least recently used until the rest fits.
func (c *cache) trim() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var total int64
	n := 0
	for i := len(c.order) - 1; i >= 0; i-- {
		key := c.order[i]
		sp := c.kept[key]
		sp.mu.Lock()
		size, ended, failed := sp.size, sp.ended, sp.err != nil
		sp.mu.Unlock()
		n++
		if total += size; ended && (failed || total > c.limit || n > mostKept) {
			c.drop(key)
			total -= size
			n--
		}
	}
}

// forget drops everything, as after a person's data were erased.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.kept {
		c.drop(key)
	}
}

func (c *cache) close() error {
	c.cancel()
	c.work.Wait()
	c.forget()
	err := os.RemoveAll(c.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
