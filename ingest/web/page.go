package web

import (
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
)

// A Guard watches one walk through pages. What it finds is an error, never an end: a
// walk that ends early looks like records that are gone.
type Guard struct {
	most   int
	pages  int
	hashes map[string]int
	links  map[string]int
	seed   maphash.Seed
	keys   map[uint64]int // page on which a key came first
	rows   int64
	twice  int64 // records that came on an earlier page already
	first  int64 // declared total of the first page, -1 without
	total  int64 // of the last
}

// DefaultMaxPages is how many pages a walk may have if nothing else is said.
const DefaultMaxPages = 10_000

// NewGuard watches a walk of at most so many pages, [DefaultMaxPages] if 0.
func NewGuard(maxPages int) *Guard {
	if maxPages == 0 {
		maxPages = DefaultMaxPages
	}
	return &Guard{
		most: maxPages, hashes: map[string]int{}, links: map[string]int{},
		seed: maphash.MakeSeed(), keys: map[uint64]int{}, first: -1, total: -1,
	}
}

// Page notes a page that holds records, by the hash of its bytes.
func (g *Guard) Page(hash string) error {
	if err := g.Begin(); err != nil {
		return err
	}
	return g.Body(hash)
}

// Begin notes that a page begins, whatever it holds.
func (g *Guard) Begin() error {
	g.pages++
	if g.pages > g.most {
		return fmt.Errorf("page %d: more than max_pages = %d: the paging does not end, or raise it", g.pages, g.most)
	}
	return nil
}

// Body notes the hash of a page that holds records.
func (g *Guard) Body(hash string) error {
	if n, ok := g.hashes[hash]; ok {
		return fmt.Errorf("page %d is page %d again: the paging parameters are not what the service wants", g.pages, n)
	}
	g.hashes[hash] = g.pages
	return nil
}

// Next notes the link or the cursor of the next page.
func (g *Guard) Next(link string) error {
	if n, ok := g.links[link]; ok {
		return fmt.Errorf("page %d names the same next page as page %d: the paging would not end", g.pages, n)
	}
	g.links[link] = g.pages
	return nil
}

// Pages is how many pages came.
func (g *Guard) Pages() int { return g.pages }

// Key notes a record by its key and says whether it is new in this walk.
func (g *Guard) Key(parts ...string) bool {
	g.rows++
	var h maphash.Hash
	h.SetSeed(g.seed)
	for _, p := range parts {
		h.WriteString(p)
		h.WriteByte(0)
	}
	k := h.Sum64()
	page, ok := g.keys[k]
	if !ok {
		g.keys[k] = g.pages
	} else if page != g.pages {
		g.twice++
	}
	return !ok
}

// Row notes a record without a key.
func (g *Guard) Row() { g.rows++ }

// Rows is how many records came, those that came twice included.
func (g *Guard) Rows() int64 { return g.rows }

// Total notes how many records the service says that there are.
func (g *Guard) Total(n int64) {
	if g.first < 0 {
		g.first = n
	}
	g.total = n
}

// ErrMoved says that records moved between pages while they were walked: another walk
// may be whole.
var ErrMoved = errors.New("records moved while they were read")

// End compares what came with what the service declared. A record that came on two
// pages moved, unless the source holds such. It wraps [ErrMoved].
func (g *Guard) End() error {
	n := g.rows - g.twice
	twice := ""
	if g.twice > 0 {
		twice = fmt.Sprintf(", %d of them twice", g.twice)
	}
	switch {
	case g.total < 0 && g.twice == 0:
		return nil
	// Where records went away while the others were read, one that moved up a page was
	// passed over, and the numbers agree all the same.
	case g.total >= g.first && g.total >= 0 && (n == g.total || int64(len(g.keys)) == g.total):
		return nil
	case g.total < 0:
		return fmt.Errorf("%d records came%s, so that others may have been passed over: %w", g.rows, twice, ErrMoved)
	case g.first != g.total:
		return fmt.Errorf("the service declared %d records on the first page and %d on the last, and %d came%s: %w", g.first, g.total, n, twice, ErrMoved)
	}
	return fmt.Errorf("the service declares %d records, and %d came%s: %w", g.total, n, twice, ErrMoved)
}

// ParseLink reads a Link header (RFC 8288): the targets by their relation, in lower
// case. Several headers and several links in one are all read; what is malformed ends
// the header that it stands in.
func ParseLink(headers []string) map[string]string {
	out := map[string]string{}
	for _, h := range headers {
		for {
			h = strings.TrimLeft(h, " \t,")
			if !strings.HasPrefix(h, "<") {
				break
			}
			target, rest, ok := strings.Cut(h[1:], ">")
			if !ok {
				break
			}
			params, next := linkParams(rest)
			for rel := range strings.FieldsSeq(strings.ToLower(params["rel"])) {
				if _, ok := out[rel]; !ok {
					out[rel] = strings.TrimSpace(target)
				}
			}
			h = next
		}
	}
	return out
}

// linkParams reads the parameters of one link, and returns what comes after it.
func linkParams(s string) (map[string]string, string) {
	out := map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ";") {
			return out, s
		}
		s = strings.TrimLeft(s[1:], " \t")
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			return out, ""
		}
		name := strings.ToLower(strings.TrimSpace(s[:end]))
		if s[end] != '=' {
			s = s[end:]
			continue
		}
		var value string
		value, s = linkValue(strings.TrimLeft(s[end+1:], " \t"))
		if _, ok := out[name]; !ok {
			out[name] = value
		}
	}
}

// linkValue reads a token or a quoted string.
func linkValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			return strings.TrimSpace(s), ""
		}
		return strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
