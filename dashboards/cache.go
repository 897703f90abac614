package dashboards

import (
	lru "container/list"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"
)

// maxKeptBytes bounds the page cache. Readers of one role and scope share its
// pages, which are 20 to 200 kB.
const maxKeptBytes = 64 << 20

// pageCache keeps rendered pages until the data version moves, the least recently
// shown going first.
type pageCache struct {
	mu    sync.Mutex
	state string // what all kept pages were made of
	kept  map[string]*lru.Element
	order *lru.List // of *keptPage, most recently shown first
	bytes int

	making singleflight.Group // of what is not kept yet, by state and key
}

type keptPage struct {
	key  string
	page *rendered
}

// A rendered page, compressed when first asked for.
type rendered struct {
	status       int
	html         []byte
	location     string // of a redirect, which has no page
	gzip, brotli func() []byte
}

func newRendered(status int, html []byte) *rendered {
	return &rendered{
		status: status, html: html,
		gzip:   sync.OnceValue(func() []byte { return gzipped(html) }),
		brotli: sync.OnceValue(func() []byte { return brotlied(html, 4) }),
	}
}

func (p *pageCache) find(state, key string) *rendered {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.kept[key]
	if p.state != state || e == nil {
		return nil
	}
	p.order.MoveToFront(e)
	return e.Value.(*keptPage).page
}

func (p *pageCache) keep(state, key string, page *rendered) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != state {
		p.state, p.kept, p.order, p.bytes = state, map[string]*lru.Element{}, lru.New(), 0
	}
	if p.kept[key] != nil {
		return
	}
	p.kept[key] = p.order.PushFront(&keptPage{key, page})
	for p.bytes += page.size(); p.bytes > maxKeptBytes; {
		last := p.order.Remove(p.order.Back()).(*keptPage)
		delete(p.kept, last.key)
		p.bytes -= last.page.size()
	}
}

// get returns a kept page or makes it. When the data have moved everybody asks for the
// same pages again: whoever asks first makes one, the others wait for it.
func (p *pageCache) get(state, key string, build func() (*rendered, error)) (*rendered, error) {
	if page := p.find(state, key); page != nil {
		return page, nil
	}
	made, err, _ := p.making.Do(state+"\x00"+key, func() (any, error) {
		page, err := build()
		if err == nil {
			p.keep(state, key, page)
		}
		return page, err
	})
	return made.(*rendered), err
}

// size is what a kept page takes, compressed forms and all.
func (r *rendered) size() int { return len(r.html)*3/2 + 1024 }

// entityTag names one answer: equal parts, equal tag.
func entityTag(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return `W/"` + hex.EncodeToString(sum[:12]) + `"`
}

// matchesTag reports whether an If-None-Match header names tag.
func matchesTag(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
