package dashboards

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
)

// maxKeptPages bounds the page cache; a page is 20 to 200 kB.
const maxKeptPages = 128

// pageCache keeps rendered pages until the data version moves.
type pageCache struct {
	mu    sync.Mutex
	state string // what all kept pages were made of
	kept  map[string]*rendered
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
	if p.state != state {
		return nil
	}
	return p.kept[key]
}

func (p *pageCache) keep(state, key string, page *rendered) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != state || len(p.kept) >= maxKeptPages {
		p.state, p.kept = state, map[string]*rendered{}
	}
	p.kept[key] = page
}

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
