package ingest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"dials/warehouse"
)

// landing brings the batches of one pull into the temporary tables of a load.
type landing struct {
	load   *warehouse.Load
	st     *SourceStream
	stream Stream
	known  map[string]warehouse.File // files loaded before; empty to read all again
	report func(rows, total int64)

	file    *File // that records come from now
	number  int   // its number in the load, 0 without a file
	start   int64 // records read before it
	refused int64 // and refused before it
	mapping *mapping
	names   []string // columns of the last batch
	gone    bool     // it named what is deleted
	trimmed bool     // see Batch.Trimmed
	direct  bool     // records come from no file
	total   int64
	mapped  bool // some file was
	taken   int
	probing bool      // read the beginning of each file alone
	asOf    time.Time // of the first file taken
	absent  map[string]bool
	notices []string
	dated   []string // names of the files taken that hold a date
	walk    warehouse.Walk
	flow    *flow // the batches that land now, or nil
}

var dateInName = regexp.MustCompile(`(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?`)

// warnOfDates warns of a snapshot in several files whose names hold dates that nothing
// reads: months taken for one day hide who came and who left.
func (l *landing) warnOfDates() {
	if l.st.Delivery != warehouse.Snapshot || l.walk.HasAsOf || len(l.dated) < 2 {
		return
	}
	name := l.dated[0]
	at := dateInName.FindStringSubmatchIndex(name)
	sep := name[at[2]:at[3]]
	pattern := "%Y" + sep + "%m"
	if at[1]-at[0] > len("202601"+sep) {
		pattern += sep + "%d"
	}
	l.notice("names such as %q hold a date that is not read, so that %s are taken as the state of one day: if each is the state on its own date, set as_of = { file = %q }",
		name, plural(int64(len(l.dated)), "file"), name[:at[0]]+pattern+name[at[1]:])
}

// emit takes one batch of a pull.
func (l *landing) emit(ctx context.Context, b Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.File != nil && (l.file == nil || b.File.Path != l.file.Path) {
		if err := l.open(ctx, b.File); err != nil {
			return err
		}
	}
	if err := l.read(ctx, b); err != nil {
		if l.file == nil || errors.Is(err, ErrNotPlain) {
			return err
		}
		return fmt.Errorf("%s: %w", l.file.Path, err)
	}
	if l.number > 0 {
		l.load.SetRows(l.number, l.walk.Read-l.start)
	}
	l.report(l.walk.Read+l.flow.len(), l.total)
	if l.probing && (b.Records != nil || b.File != nil && b.File.Format != "") {
		return SkipFile
	}
	return l.hopeless()
}

func (l *landing) read(ctx context.Context, b Batch) error {
	l.total = max(l.total, b.Total)
	if b.File == nil && !l.direct {
		l.direct, l.walk.Day = true, l.today()
	}
	if b.File != nil && b.File.Format != "" {
		return l.readFile(ctx, b.File)
	}
	if b.flows() && !l.probing {
		return l.flowIn(ctx, b)
	}
	if err := errors.Join(l.settle(ctx), l.load.Spread(ctx), l.addRefused(ctx, b.Refused)); err != nil {
		return err
	}
	if b.Records == nil || b.Records.NumRows() == 0 && l.mapping != nil {
		return nil
	}
	return l.readRecords(ctx, b)
}

// today is the day that records without a file are of, in the stream's time zone.
func (l *landing) today() time.Time {
	zone, err := time.LoadLocation(l.st.Timezone)
	if err != nil {
		zone = time.UTC
	}
	year, month, day := l.stream.Started.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// open begins a file, unless its bytes are loaded already. Once one file is taken,
// so are those of later days: what they said may now mean something else.
func (l *landing) open(ctx context.Context, f *File) error {
	l.walk.HasAsOf = l.walk.HasAsOf || !f.AsOf.IsZero()
	k, ok := l.known[f.Path]
	if ok && k.SHA256 == f.SHA256 && (l.taken == 0 || f.AsOf.IsZero() || f.AsOf.Before(l.asOf)) {
		l.file = nil
		l.walk.Kept = append(l.walk.Kept, f.Path)
		l.walk.KeptRows += k.Rows
		return SkipFile
	}
	number, err := l.load.AddFile(ctx, warehouse.File{Path: f.Path, SHA256: f.SHA256, Size: f.Size, ModifiedAt: f.ModifiedAt})
	if err != nil {
		return err
	}
	if l.taken == 0 {
		l.asOf = f.AsOf
	}
	l.taken++
	if name := path.Base(f.Path); dateInName.MatchString(name) {
		l.dated = append(l.dated, name)
	}
	l.file, l.number, l.mapping = f, number, nil
	l.start, l.refused = l.walk.Read, l.walk.Rejected
	if d := f.ModifiedAt.UTC().Truncate(24 * time.Hour); d.After(l.walk.Day) {
		l.walk.Day = d
	}
	return nil
}

// hopeless stops a pull that fails anyway, before it refuses everything.
func (l *landing) hopeless() error {
	const enough = 10_000
	if l.walk.Rejected > enough && l.walk.Rejected*2 > l.walk.Read {
		return fmt.Errorf("more than half of the first %d records are refused", l.walk.Read)
	}
	return nil
}

// setMapping maps the columns of a reading, and notes what it drops.
func (l *landing) setMapping(ctx context.Context, r reading) error {
	m, err := newMapping(l.st, l.stream, r)
	if err != nil {
		return err
	}
	if m.gone {
		l.mapping = m
		return nil
	}
	if l.mapped && (m.from != l.walk.StatesFrom || m.to != l.walk.StatesTo) {
		return errors.New("it states valid_from or valid_to and other files of the stream do not, or the other way round")
	}
	if err := l.load.Fill(ctx, m.filled()...); err != nil {
		return err
	}
	l.mapping, l.mapped = m, true
	l.walk.StatesFrom, l.walk.StatesTo = m.from, m.to
	l.walk.HasAsOf = l.walk.HasAsOf || m.asOf
	if len(m.dropped) > 0 {
		l.notice("dropped what %s does not know: %s", l.st.target.Name, list(m.dropped))
	}
	for _, name := range l.st.Keep {
		if _, ok := r.find(name); !ok && !r.json && !r.sparse {
			l.notice("keep: the header has no %q", name)
		}
	}
	for _, c := range m.absent {
		if _, ok := l.absent[c]; !ok {
			l.absent[c] = true
		}
	}
	return nil
}

// notice adds a warning once.
func (l *landing) notice(format string, args ...any) {
	if w := fmt.Sprintf(format, args...); !slices.Contains(l.notices, w) {
		l.notices = append(l.notices, w)
	}
}

// asOfSQL is the date of the current file's content.
func (l *landing) asOfSQL() string {
	if l.file == nil || l.file.AsOf.IsZero() {
		return "null::date"
	}
	return "date " + literal(l.file.AsOf.Format(time.DateOnly))
}

// land fills landing from a table expression, and refused with its bad records;
// again is the expression for that second look, and n its numbers. It returns how
// many rows came, blank ones included, and how many of these were blank.
func (l *landing) land(ctx context.Context, from string, second func() (again, n string)) (rows, blank int64, err error) {
	conn := l.load.Conn()
	if l.probing {
		from = fmt.Sprintf("(select * from %s limit %d)", from, probed)
	}
	result, err := conn.ExecContext(ctx, l.mapping.land(from, l.number, l.asOfSQL()))
	if err != nil {
		return 0, 0, err
	}
	if rows, err = result.RowsAffected(); err != nil {
		return 0, 0, err
	}
	var bad int64
	err = conn.QueryRowContext(ctx, "select count(*) filter (is_bad), count(*) filter (is_bad is null) from landing where is_bad is distinct from false").Scan(&bad, &blank)
	if err != nil {
		return 0, 0, err
	}
	l.walk.Read += rows - blank
	l.walk.Rejected += bad
	if bad+blank == 0 {
		return rows, 0, nil
	}
	if bad > 0 {
		again, n := second()
		if l.probing {
			again = fmt.Sprintf("(select * from %s limit %d)", again, probed)
		}
		result, err := conn.ExecContext(ctx, l.mapping.refuse(again, n, l.number, l.st.target.Key))
		if err != nil {
			return 0, 0, err
		}
		found, err := result.RowsAffected()
		if err == nil && found != bad {
			err = fmt.Errorf("%d bad records in the first look and %d in the second: it changed while it was read", bad, found)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	_, err = conn.ExecContext(ctx, "delete from landing where is_bad is distinct from false")
	return rows, blank, err
}

// addRefused notes the records that the connector could not read.
func (l *landing) addRefused(ctx context.Context, refused []Refused) error {
	const atOnce = 500
	for chunk := range slices.Chunk(refused, atOnce) {
		var rows []string
		for _, r := range chunk {
			line := "null"
			if r.Line > 0 {
				line = fmt.Sprint(r.Line)
			}
			rows = append(rows, fmt.Sprintf("(%d, %d, %s, %s, to_json(%s))", l.number, r.Record, line, literal(clean(r.Reason)), literal(clean(r.Text))))
		}
		_, err := l.load.Conn().ExecContext(ctx, "insert into refused (file, record, line, reason, payload) values "+strings.Join(rows, ", "))
		if err != nil {
			return err
		}
	}
	l.walk.Read += int64(len(refused))
	l.walk.Rejected += int64(len(refused))
	return nil
}

// clean makes a text fit for a statement, at most 1,000 bytes of it.
func clean(s string) string {
	const most = 1000
	if len(s) > most {
		s = s[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
