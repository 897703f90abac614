package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Walk says what the source delivered in a load.
type Walk struct {
	Full       bool      // the walk began at nothing
	Complete   bool      // everything that the source holds was walked
	Within     bool      // each delivered value of the spec's ReplaceWithin came with all its records
	Kept       []string  // paths of files that were walked and left, being loaded already
	KeptRows   int64     // records in those files
	Day        time.Time // the day that records without an as_of of their own are of
	HasAsOf    bool      // as_of is set in landing
	StatesFrom bool      // valid_from is set in landing
	StatesTo   bool      // valid_to is set in landing
	Absent     []string  // columns that no record has: what was known stays
	Cursor     string    // where the next load resumes
	Read       int64
	Rejected   int64
	Warnings   []string

	fullAt   time.Time // of the full walk before this one
	fullRows int64
}

// Commit merges what has landed into raw, and logs the run, its refused rows, its
// files and its cursor, in one transaction. It returns what it did, with more
// warnings.
//
// A record that differs from its current version supersedes it; the old version
// stays, with superseded_at. A record that a complete delivery no longer holds is
// superseded by a version with deleted_at, within the limits of the spec.
func (l *Load) Commit(ctx context.Context, walk Walk) (Counts, []string, error) {
	m := &merge{Load: l, walk: walk}
	if err := m.prepare(ctx); err != nil {
		return Counts{}, nil, err
	}
	err := l.w.writeOn(ctx, l.conn, func(ctx context.Context, _ *sql.Conn) error { return m.run(ctx) })
	if err != nil {
		return Counts{}, nil, err
	}
	return m.counts, m.walk.Warnings, nil
}

// merge is one Commit.
type merge struct {
	*Load
	walk   Walk
	counts Counts
	landed int64     // records in landing, without duplicates
	newest time.Time // the newest date of a delivery
	last   time.Time // the date of the delivery before
	prior  time.Time // the newest date of earlier loads, while days are merged in turn
	final  time.Time // the newest date of this load; newest while there is one delivery
	state  LoadState
	first  bool  // raw holds nothing of this source yet
	told   bool  // the source said what it deleted: the table told
	marked int64 // records seen no more, or again
}

// prepare cleans landing, outside the transaction: nobody waits for it.
func (m *merge) prepare(ctx context.Context) error {
	if len(m.constant) > 0 && (m.walk.HasAsOf || m.spec.Target.Dated) {
		if err := m.fillAll(ctx); err != nil {
			return err
		}
	}
	if m.filled["is_bad"] {
		if _, err := m.exec(ctx, "delete from landing where is_bad"); err != nil {
			return err
		}
	}
	if err := m.eraseLanding(ctx); err != nil {
		return err
	}
	state, err := m.State(ctx)
	if err != nil {
		return err
	}
	m.last, m.newest, m.state = state.AsOf, m.walk.Day, state
	m.walk.fullAt, m.walk.fullRows = state.FullAt, state.Rows
	if err := m.takeTold(ctx); err != nil {
		return err
	}
	if m.walk.HasAsOf {
		var newest sql.NullTime
		if err := m.conn.QueryRowContext(ctx, "select max(as_of) from landing").Scan(&newest); err != nil {
			return err
		}
		m.newest = newest.Time
	}
	m.final = m.newest
	if err := m.dedupe(ctx); err != nil {
		return err
	}
	if m.byDay() {
		return nil
	}
	return m.keepNewest(ctx)
}

// byDay says whether deliveries of several days are merged one after the other: each
// tells something of its own day.
func (m *merge) byDay() bool {
	t := m.spec.Target
	return t.Dated && (m.observed() || m.walk.HasAsOf && m.spec.Delivery == Snapshot)
}

// observed says whether the target is dated and the source does not say from when
// a record is true: then it is true from the date of the delivery.
func (m *merge) observed() bool { return m.spec.Target.Dated && !m.walk.StatesFrom }

// identity is what identifies a record in landing.
func (m *merge) identity() []string {
	if m.observed() {
		return m.spec.Target.Key
	}
	return m.spec.Target.FullKey()
}

// dedupe leaves one record per key and date of delivery, the last one.
func (m *merge) dedupe(ctx context.Context) error {
	key := m.varying(append(m.identity(), "as_of"))
	distinct, err := m.distinct(ctx, key)
	if err != nil || m.landed == distinct {
		return err // as many hashes as records: no two keys are equal
	}
	if err := m.fillAll(ctx); err != nil {
		return err
	}
	key = idents("", append(m.identity(), "as_of"))
	groups := "select " + key + ", count(distinct hash(" + idents("", m.compared()) + ")) as versions, count(*) as n from landing group by all having n > 1"
	var records, conflicts int64
	err = m.conn.QueryRowContext(ctx, "select coalesce(sum(n - 1), 0)::bigint, count(*) filter (versions > 1) from ("+groups+")").Scan(&records, &conflicts)
	if err != nil || records == 0 {
		return err
	}
	_, err = m.exec(ctx, "delete from landing where rowid in (select rowid from (select rowid, row_number() over (partition by "+key+
		" order by stated_at desc nulls last, rowid desc) as n from landing) where n > 1)")
	if err != nil {
		return err
	}
	m.landed -= records
	m.counts.Unchanged += records
	m.warn("%s with a key (%s) that the delivery holds already: of equal ones one was taken", plural(records, "record"), strings.Join(m.identity(), ", "))
	if conflicts > 0 {
		m.warn("%s with several different records in one delivery: the last one was taken", plural(conflicts, "key"))
	}
	return nil
}

// varying lists those of some columns of landing that are not the same in every record.
func (m *merge) varying(columns []string) string {
	columns = slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return m.constant[c] != "" })
	if len(columns) == 0 {
		return "0"
	}
	return idents("", columns)
}

// keepNewest leaves, of several deliveries in one load, what the newest one says of
// each key. What only an older complete delivery holds is gone already.
func (m *merge) keepNewest(ctx context.Context) error {
	if !m.walk.HasAsOf {
		return nil
	}
	var dropped int64
	if m.complete() && !m.spec.Target.KeepUnseen {
		n, err := m.exec(ctx, "delete from landing where as_of < (select max(as_of) from landing)")
		if err != nil {
			return err
		}
		dropped = n
	}
	n, err := m.exec(ctx, "delete from landing where rowid in (select rowid from (select rowid, row_number() over (partition by "+
		idents("", m.identity())+" order by as_of desc, rowid desc) as n from landing) where n > 1)")
	if err != nil {
		return err
	}
	m.landed -= n + dropped
	m.counts.Unchanged += n + dropped
	return nil
}

// complete says whether what is not in the delivery is gone.
func (m *merge) complete() bool { return m.walk.Complete && m.spec.Delivery != Delta }

// run is the transaction.
func (m *merge) run(ctx context.Context) error {
	if err := m.nextRun(ctx); err != nil {
		return err
	}
	held, err := m.count(ctx, "select count(*) from (select 1 from "+m.raw()+" where source = ? limit 1)", m.spec.Source)
	if err != nil {
		return err
	}
	m.first = held == 0
	if !m.first || m.byDay() || m.spec.KeepDays > 0 {
		if err := m.fillAll(ctx); err != nil {
			return err
		}
	}
	if m.erasedBefore != m.w.erased.size() { // somebody, since landing was cleaned
		if err := m.eraseLanding(ctx); err != nil {
			return err
		}
	}
	if err := m.expire(ctx); err != nil {
		return err
	}
	if err := m.dropStale(ctx); err != nil {
		return err
	}
	if err := m.removeTold(ctx); err != nil {
		return err
	}
	if m.byDay() {
		err = m.mergeDays(ctx)
	} else {
		err = m.mergeByKey(ctx)
	}
	if err == nil {
		err = m.markUnseen(ctx)
	}
	if err != nil {
		return err
	}
	c := &m.counts
	c.Read, c.Rejected = m.walk.Read+m.walk.KeptRows, m.walk.Rejected
	c.Unchanged += m.walk.KeptRows
	if c.Inserted+c.Updated+c.Deleted+m.marked > 0 {
		if err := bumpVersion(ctx, m.conn, "raw."+m.spec.Target.Name); err != nil {
			return err
		}
	}
	dataAsOf := m.newest
	if m.last.After(dataAsOf) {
		dataAsOf = m.last
	}
	return m.log(ctx, m.walk, *c, dataAsOf)
}

// stale says whether everything delivered is older than what is held.
func (m *merge) stale() bool { return m.walk.HasAsOf && m.newest.Before(m.last) }

// dropStale keeps what is older than what is held from changing it. A delta and a
// stream that keeps unseen records may still add what is not known at all.
func (m *merge) dropStale(ctx context.Context) error {
	if !m.stale() || m.landed == 0 {
		return nil
	}
	known := ""
	if !m.complete() || m.spec.Target.KeepUnseen {
		known = " where exists (select 1 from " + m.latest() + " r where " + m.sameKey("landing", "r", m.identity()) + ")"
	}
	n, err := m.exec(ctx, "delete from landing"+known)
	if n > 0 {
		m.warn("%s as of %s or before, older than what is held, as of %s, changed nothing", plural(n, "record"), day(m.newest), day(m.last))
	}
	m.landed -= n
	m.counts.Unchanged += n
	return err
}

// held is the newest date of earlier loads.
func (m *merge) held() time.Time {
	if m.last.After(m.prior) {
		return m.last
	}
	return m.prior
}

// raw is the table that this load fills.
func (m *merge) raw() string { return "raw." + quote(m.spec.Target.Name) }

// latest selects the latest version of each record of this source, deleted ones
// included; rid is its rowid.
func (m *merge) latest() string {
	return "(select rowid as rid, * from " + m.raw() + " where source = " + literal(m.spec.Source) + " and superseded_at is null)"
}

// compared are the columns whose difference makes a new version.
func (m *merge) compared() []string {
	t := m.spec.Target
	var names []string
	for _, c := range t.Columns {
		if !slices.Contains(t.Key, c.Name) && !slices.Contains(m.walk.Absent, c.Name) {
			names = append(names, c.Name)
		}
	}
	if t.Dated && !m.observed() {
		names = append(names, "valid_to")
	}
	return append(names, "source_id", "extra")
}

// warn adds a warning.
func (m *merge) warn(format string, args ...any) {
	m.walk.Warnings = append(m.walk.Warnings, fmt.Sprintf(format, args...))
}

// day writes a date.
func day(t time.Time) string { return t.Format(time.DateOnly) }

// plural writes "1 record" or "2 records".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
