// Package extracts hands out what the catalogue of package queries declares, as
// Parquet, Arrow, CSV, XLSX and JSON.
//
// An extract is written to a file of the cache while its first client reads that
// file from the front, so a slow client holds neither memory nor the database, and
// the next one is served from the file. A file belongs to one fingerprint: the
// statement, the reader's scope and the builds of the marts that it reads.
package extracts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// DefaultLimit bounds the cache where the configuration does not.
const DefaultLimit = 2 << 30

// producers is how many extracts are computed at a time: half of the cores, so that
// pages are not starved.
func producers() int { return max(1, runtime.NumCPU()/2) }

// Options are what the downloads are made of.
type Options struct {
	Marts  *queries.Marts
	Engine queries.Engine
	Dir    string // of the cache; DuckDB may write to it, and what is in it is removed
	Limit  int64  // of the cache in bytes; 0 is DefaultLimit
	Log    *slog.Logger
	// Persons are the marts with rows about persons, each view audited; nil has none.
	Persons *queries.Marts
	// Reader is on whose behalf a request reads.
	Reader func(c *fiber.Ctx) queries.Reader
	// Record is told of each download that begins; an error refuses it. Nil is told nothing.
	Record func(c *fiber.Ctx, d Download) error
}

// A Download is what the record of extracts holds of one.
type Download struct {
	Extract, Format string
	Filters         map[string]string
	Columns         []string
	Reason          string // why rows about people were asked for
	Rows            int64
	SHA256          string // of the file; "" while it is being made
	Fingerprint     string // of the statement, its scope and the data
}

// A Server answers downloads.
type Server struct {
	Options
	catalogue []queries.Extract
	cache     *cache
	turns     chan struct{} // one per running producer
}

// New returns the server of the catalogue.
func New(o Options) (*Server, error) {
	catalogue, err := queries.Extracts()
	if err != nil {
		return nil, err
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if err := errors.Join(os.RemoveAll(o.Dir), os.MkdirAll(o.Dir, 0o700)); err != nil {
		return nil, fmt.Errorf("extracts: %w", err)
	}
	return &Server{Options: o, catalogue: catalogue, cache: newCache(o.Dir, o.Limit), turns: make(chan struct{}, producers())}, nil
}

// Close ends what is being made and removes the cache.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	return s.cache.close()
}

// find returns the extract called name.
func (s *Server) find(name string) (queries.Extract, bool) {
	for _, e := range s.catalogue {
		if e.Name == name {
			return e, true
		}
	}
	return queries.Extract{}, false
}

// An order is one file that a client asks for.
type order struct {
	cut    *queries.Cut
	format format
	once   string // not empty: the file is of one request alone
	raw    bool   // CSV: text that looks like a formula is left as it is
	bom    bool   // CSV: begins with a byte order mark
}

// key names the file of an order.
func (o order) key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{o.cut.Fingerprint, o.format.ending, fmt.Sprint(o.raw, o.bom), o.once}, "\x00")))
	return hex.EncodeToString(sum[:16]) + "." + o.format.ending
}

// open returns the file of an order, which may still be growing, once it is known
// how many rows it will hold.
func (s *Server) open(ctx context.Context, o order) (*spool, error) {
	sp := s.cache.open(o.key(), func(ctx context.Context, sp *spool) error {
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-ctx.Done():
			return ctx.Err()
		}
		return o.format.write(ctx, s.Engine, o, sp)
	})
	select {
	case <-sp.started:
		if err := sp.failure(); err != nil {
			sp.release()
			return nil, err
		}
		return sp, nil
	case <-ctx.Done():
		sp.release()
		return nil, ctx.Err()
	}
}
