package queries

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// A result is kept while there are at most so many of them, and so many rows.
const (
	maxKeptResults = 1000
	maxKeptRows    = 500_000
)

// A cache keeps results of one data version, the least recently used going
// first. It is safe for concurrent use.
type cache struct {
	maxResults, maxRows int

	mu      *sync.Mutex
	version int64
	rows    int
	order   *list.List // of *entry, most recently used first
	byKey   map[string]*list.Element
}

type entry struct {
	key   string
	value any
	rows  int
}

func newCache(maxResults, maxRows int) cache {
	return cache{maxResults: maxResults, maxRows: maxRows, mu: &sync.Mutex{}, order: list.New(), byKey: map[string]*list.Element{}}
}

// cacheKey tells apart everything that a result depends on, data version aside: a
// policy makes itself felt in the SQL, by kind, and in the arguments bound to it,
// which hold its units. Whether the reader may run it at all is decided before.
func cacheKey(row reflect.Type, name string, k kind, args []any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%s|%s|%+v", row.PkgPath(), row, name, k)
	for _, a := range args {
		text := fmt.Sprintf("|%#v", a)
		if len(text) > longestKey { // the scope of a large subtree
			text = fmt.Sprintf("|%x", sha256.Sum256([]byte(text)))
		}
		b.WriteString(text)
	}
	return b.String()
}

// longestKey is how much of an argument stands in a key as it is.
const longestKey = 300

func (c *cache) find(version int64, key string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok || version != c.version {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).value, true
}

func (c *cache) keep(version int64, key string, value any, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version < c.version {
		return // a slow query of data that have moved on
	}
	if version > c.version {
		c.version, c.rows = version, 0
		c.order.Init()
		clear(c.byKey)
	}
	if _, ok := c.byKey[key]; ok || rows > c.maxRows/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(&entry{key, value, rows})
	c.rows += rows
	for c.order.Len() > c.maxResults || c.rows > c.maxRows {
		last := c.order.Back()
		old := c.order.Remove(last).(*entry)
		delete(c.byKey, old.key)
		c.rows -= old.rows
	}
}
