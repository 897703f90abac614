package extracts

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// timeout bounds the making of an extract; Fiber's context does not end when the
// client leaves.
const timeout = 10 * time.Minute

// Routes adds the downloads and the catalogue to app; a nil Server has none.
func (s *Server) Routes(app fiber.Router) {
	if s == nil {
		return
	}
	app.Get("/extracts/:file", s.download)
	app.Get("/api/v1/extracts", s.list)
}

// download answers GET and HEAD /extracts/{name}.{format}.
func (s *Server) download(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), timeout)
	defer cancel()
	o, d, err := s.order(ctx, c)
	if err != nil {
		return err
	}
	if err := o.cut.Witness(ctx); err != nil {
		return answerable(err)
	}
	// What was whole before this request may be asked for in part, or not be sent again.
	sp := s.cache.peek(o.key())
	kept := sp != nil
	for tries := 0; sp == nil; tries++ {
		if sp, err = s.open(ctx, o); errors.Is(err, queries.ErrMoved) && tries < 3 {
			if o, d, err = s.order(ctx, c); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return answerable(err)
		}
	}
	if o.once != "" {
		select {
		case <-sp.done:
			s.cache.remove(o.key())
		case <-ctx.Done():
			sp.release()
			return ctx.Err()
		}
	}
	return s.send(ctx, c, o, d, sp, kept)
}

// order reads what a request asks for.
func (s *Server) order(ctx context.Context, c *fiber.Ctx) (order, Download, error) {
	var o order
	var d Download
	name, ending, ok := strings.Cut(c.Params("file"), ".")
	e, known := s.find(name)
	format, written := formatOf(ending)
	if !ok || !known {
		return o, d, fiber.NewError(fiber.StatusNotFound, "there is no such extract: /api/v1/extracts lists them")
	}
	if !written {
		return o, d, fiber.NewError(fiber.StatusNotFound, fmt.Sprintf("an extract can be had as %s", strings.Join(Endings(), ", ")))
	}
	reader, marts := s.Reader(c), s.Marts
	if e.IsPerson() && s.Persons != nil {
		marts, o.once = s.Persons, rand.Text() // what is about people is kept for nobody
	}
	if !reader.Policy.Can(queries.ActionExtract) {
		return o, d, fmt.Errorf("extracts: %w", queries.ErrNotAllowed)
	}
	o.format = format
	choice := queries.Choice{Filters: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(c.Queries())) {
		value := strings.Clone(c.Queries()[key])
		switch key {
		case "columns":
			choice.Columns = strings.Split(value, ",")
		case "unit":
			reader.Unit = value
		case "reason":
			if !e.IsPerson() {
				return o, d, fiber.NewError(fiber.StatusBadRequest, "reason: it is asked of rows about people alone")
			}
			reader.Reason = cmp.Or(reader.Reason, strings.TrimSpace(value)) // a token's purpose is its reason
		case "org":
			if value != "now" && value != "was" {
				return o, d, fiber.NewError(fiber.StatusBadRequest, `org: want "was" or "now"`)
			}
			if value == "now" {
				reader.View = queries.AsNow
			}
		case "raw", "bom":
			on, err := strconv.ParseBool(value)
			if err != nil || ending != "csv" {
				return o, d, fiber.NewError(fiber.StatusBadRequest, key+": want 1 or 0, with .csv")
			}
			if key == "raw" {
				o.raw = on
			} else {
				o.bom = on
			}
		default:
			choice.Filters[key] = value
		}
	}
	var err error
	if o.cut, err = marts.Cut(ctx, reader, e, choice); err != nil {
		return o, d, answerable(err)
	}
	d = Download{Extract: e.Name, Format: ending, Filters: maps.Clone(choice.Filters), Columns: choice.Columns, Fingerprint: o.cut.Fingerprint}
	if e.IsPerson() {
		d.Reason = reader.Reason
	}
	if reader.Unit != "" {
		d.Filters["unit"] = reader.Unit
	}
	if reader.View != "" {
		d.Filters["org"] = string(reader.View)
	}
	if o.raw {
		d.Filters["raw"] = "1"
	}
	return o, d, nil
}

// answerable gives errors that the client can mend their status.
func answerable(err error) error {
	var long tooLong
	switch {
	case errors.As(err, &long):
		return fiber.NewError(fiber.StatusRequestEntityTooLarge, long.Error())
	case errors.Is(err, queries.ErrNoReason):
		return fiber.NewError(fiber.StatusBadRequest, err.Error()+": add reason=…, or take them with a token, whose purpose is its reason")
	case errors.Is(err, queries.ErrBadChoice):
		return fiber.NewError(fiber.StatusBadRequest, err.Error())
	case errors.Is(err, queries.ErrNotBuilt):
		return fiber.NewError(fiber.StatusServiceUnavailable, "there are no data yet: load the sources first")
	}
	return err
}

// send answers with the file of sp. A Parquet file, and what HEAD tells, needs the
// whole of it; the others are sent while they grow.
func (s *Server) send(ctx context.Context, c *fiber.Ctx, o order, d Download, sp *spool, kept bool) error {
	if c.Method() == fiber.MethodHead || o.format.ending == "parquet" || o.format.ending == "xlsx" {
		select {
		case <-sp.done:
		case <-ctx.Done():
			sp.release()
			return ctx.Err()
		}
		if err := sp.failure(); err != nil {
			sp.release()
			return err
		}
	}
	size, etag, whole := sp.whole()
	c.Set(fiber.HeaderContentType, o.format.mediaType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+o.cut.Extract.Name+"."+o.format.ending+`"`)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set("Dials-Data-Version", strconv.FormatInt(sp.version, 10))
	c.Set("Dials-Rows", strconv.FormatInt(sp.rows.Count, 10))
	if sp.rows.Hidden {
		c.Set("Dials-Note", "some groups are hidden to protect people")
	}
	if o.format.ending == "csv" && !o.raw {
		c.Set("Dials-Formulas", "guarded by an apostrophe; raw=1 leaves the text as it is")
	}
	if whole {
		c.Set(fiber.HeaderETag, etag)
		if match := c.Get(fiber.HeaderIfNoneMatch); match != "" && matches(match, etag) {
			sp.release()
			return c.SendStatus(fiber.StatusNotModified)
		}
	}
	d.Rows = sp.rows.Count
	if whole {
		d.SHA256 = strings.Trim(etag, `"`)
	}
	if s.Record != nil && c.Method() != fiber.MethodHead {
		if err := s.Record(c, d); err != nil {
			sp.release()
			return fmt.Errorf("extract %s: record: %w", d.Extract, err)
		}
	}
	if !whole {
		c.Context().SetBodyStream(&follower{sp: sp, end: -1}, -1)
		return nil
	}
	from, to := int64(0), size
	if asked := c.Get(fiber.HeaderRange); asked != "" && kept && fresh(c.Get("If-Range"), etag) {
		var ok bool
		switch from, to, ok = parseRange(asked, size); {
		case !ok: // a range that we do not serve is answered by the whole
			from, to = 0, size
		case from >= size:
			sp.release()
			c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", size))
			return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
		default:
			c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
			c.Status(fiber.StatusPartialContent)
		}
	}
	c.Context().SetBodyStream(&follower{sp: sp, at: from, end: to}, int(to-from))
	return nil
}

// fresh reports whether an If-Range header allows a part of the file.
func fresh(ifRange, etag string) bool { return ifRange == "" || ifRange == etag }

// matches reports whether an If-None-Match header names etag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// parseRange reads a Range header of one part. It reports false for what is
// malformed or has several parts; a start behind the end is returned as it is.
func parseRange(header string, size int64) (from, to int64, ok bool) {
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	first, last, cut := strings.Cut(strings.TrimSpace(spec), "-")
	if !isBytes || !cut || strings.Contains(last, ",") {
		return 0, 0, false
	}
	digits := func(s string) (int64, bool) {
		n, err := strconv.ParseUint(s, 10, 62)
		return int64(n), err == nil //nolint:gosec // 62 bits
	}
	if first == "" { // the last n bytes
		n, good := digits(last)
		if !good {
			return 0, 0, false
		}
		if n == 0 {
			return size, size, true
		}
		return max(0, size-n), size, true
	}
	from, good := digits(first)
	if !good {
		return 0, 0, false
	}
	if last == "" {
		return from, size, true
	}
	end, good := digits(last)
	if !good || end < from {
		return 0, 0, false
	}
	return from, min(end+1, size), true
}

var _ io.ReadCloser = (*follower)(nil)
