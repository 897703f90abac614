package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"dials/ingest"
)

// A model is a source that changes while it is read.
type model struct {
	random   *rand.Rand
	rows     map[string]modelRow
	now      time.Time     // by our clock
	offset   time.Duration // of the source's clock
	flowing  bool          // its batches flow
	restless bool          // it changes between two pages
	failAt   int           // page at which it fails, 0 for never
	panics   bool
	page     int
	made     int
	only     uint64   // 1: the first stream, 2: the second one, else both
	told     []string // keys that it will say it deleted
}

type modelRow struct {
	name    string
	updated time.Time // zero in a few: nobody wrote it
}

func (m *model) clock() time.Time { return m.now }

// stamp is the source's clock to the second, or a little before: a transaction that was
// committed late.
func (m *model) stamp() time.Time {
	late := time.Duration(0)
	if m.random.IntN(4) == 0 {
		late = time.Duration(m.random.IntN(840)) * time.Second
	}
	return m.now.Add(m.offset - late).Truncate(time.Second)
}

// mutate changes a few rows.
func (m *model) mutate(n int) {
	keys := slices.Sorted(maps.Keys(m.rows))
	for range n {
		m.now = m.now.Add(time.Duration(m.random.IntN(30)) * time.Second)
		switch kind := m.random.IntN(6); {
		case kind < 3 || len(keys) == 0:
			m.made++
			// Keys are made anywhere in the order, so that pages move.
			m.rows[fmt.Sprintf("k%03d-%d", m.random.IntN(1000), m.made)] = modelRow{fmt.Sprint("n", m.random.IntN(9)), m.stamp()}
		case kind < 5:
			k := keys[m.random.IntN(len(keys))]
			if row, ok := m.rows[k]; ok && !row.updated.IsZero() {
				m.rows[k] = modelRow{fmt.Sprint("n", m.random.IntN(9)), m.stamp()}
			}
		default:
			k := keys[m.random.IntN(len(keys))]
			delete(m.rows, k)
			if m.random.IntN(2) == 0 {
				m.told = append(m.told, k)
			}
		}
	}
}

// Streams and Pull make it a connector. It pages by offset, as the worst of sources do.
func (m *model) Streams() []ingest.Stream {
	both := []ingest.Stream{{Name: "rows", Target: "framework"}, {Name: "kept", Target: "enrolment"}}
	switch m.only {
	case 1:
		return both[:1]
	case 2:
		return both[1:]
	}
	return both
}

const modelLayout = "2006-01-02 15:04:05"

func (m *model) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	result := ingest.Result{Complete: true, SourceTotal: -1}
	var from, seen time.Time
	if cursor != "" {
		var err error
		if from, err = time.Parse(modelLayout, cursor); err != nil {
			return result, err
		}
	}
	seen = from
	const size = 7
	for offset := 0; ; offset += size {
		if m.page++; m.page == m.failAt {
			if m.panics {
				panic("the model's bug")
			}
			return result, errors.New("the model failed")
		}
		var keys []string
		for _, k := range slices.Sorted(maps.Keys(m.rows)) {
			if row := m.rows[k]; cursor == "" || row.updated.IsZero() || !row.updated.Before(from.Add(-ingest.Overlap)) {
				keys = append(keys, k)
			}
		}
		if offset >= len(keys) {
			break
		}
		records := ingest.NewRows("id", "name")
		for _, k := range keys[offset:min(offset+size, len(keys))] {
			row := m.rows[k]
			records.Add(map[string]string{"id": k, "name": row.name})
			if row.updated.After(seen) {
				seen = row.updated
			}
		}
		b := records.Batch()
		b.Flowing = m.flowing
		err := emit(b)
		b.Records.Release()
		records.Release()
		if err != nil {
			return result, err
		}
		if m.restless {
			m.mutate(m.random.IntN(3))
		}
	}
	if err := m.emitTold(emit); err != nil {
		return result, err
	}
	if next := ingest.Resume(from, seen, stream.Started, m.now.Add(m.offset-5*time.Minute)); !next.IsZero() {
		result.NextCursor = next.Format(modelLayout)
	}
	return result, nil
}

// emitTold says what was deleted and is gone still, once in a while.
func (m *model) emitTold(emit func(ingest.Batch) error) error {
	if len(m.told) == 0 || m.random.IntN(2) == 0 {
		return nil
	}
	records := ingest.NewRows("id")
	defer records.Release()
	for _, k := range m.told {
		if _, back := m.rows[k]; !back {
			records.Add(map[string]string{"id": k})
		}
	}
	b := records.Batch()
	defer b.Records.Release()
	b.Gone = true
	return emit(b)
}

// modelSource opens the model as a source of that name.
func modelSource(t *testing.T, name string, m *model) *ingest.Source {
	t.Helper()
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(fmt.Sprintf(`[[source]]
name = %q
kind = "model"
[[source.stream]]
name = "rows"
target = "framework"
delivery = "snapshot"
min_rows = 0
[source.stream.map]
framework_id = "id"
name = "name"
[[source.stream]]
name = "kept"
target = "enrolment"
delivery = "snapshot"
min_rows = 0
[source.stream.map]
enrolment_id = "id"
person_id = "name"
course_id = { value = "c" }
`, name), &file)
	if err == nil {
		err = file.Source[0].Open(md.PrimitiveDecode, ingest.Env{Clock: m.clock}, map[string]ingest.New{
			"model": func(ingest.Config) (ingest.Connector, error) { return m, nil },
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Source[0]
}

// A stepped context ends when it has been asked n times: before every SQL statement
// and every request.
type stepped struct {
	context.Context
	mu   sync.Mutex
	left int
	done chan struct{}
}

func newStepped(ctx context.Context, steps int) *stepped {
	return &stepped{Context: ctx, left: steps, done: make(chan struct{})}
}

func (s *stepped) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left == 0 {
		close(s.done)
	}
	return s.done
}

func (s *stepped) Err() error {
	select {
	case <-s.done:
		return context.Canceled
	default:
		return nil
	}
}

// seeds is how many seeds a property runs with: 100, or as DIALS_PROPERTY_SEEDS says.
func seeds(t *testing.T) uint64 {
	t.Helper()
	if n, err := strconv.ParseUint(os.Getenv("DIALS_PROPERTY_SEEDS"), 10, 64); err == nil {
		return n
	}
	if testing.Short() {
		return 10
	}
	return 100
}

// propertySite is the warehouse of one property test.
type propertySite struct {
	*site
	source string
	m      *model
	src    *ingest.Source
}

func (p *propertySite) live(table, key string) []string {
	return p.query("select " + key + " from raw." + table + " where source = '" + p.source + "' and superseded_at is null and deleted_at is null order by 1")
}

// held is all that a run may change: what is current, and the cursor, of each stream.
func (p *propertySite) held() map[string][]string {
	cursor := func(stream string) []string {
		return p.query("select cursor from meta.cursor where source = '" + p.source + "' and stream = '" + stream + "'")
	}
	return map[string][]string{
		"rows": append(p.live("framework", "framework_id || '=' || name"), cursor("rows")...),
		"kept": append(p.live("enrolment", "enrolment_id || '=' || person_id || ' ' || (not_seen_since is null)"), cursor("kept")...),
	}
}

func (p *propertySite) run(ctx context.Context, full bool) ([]ingest.StreamReport, error) {
	p.m.page = 0
	return ingest.Run(ctx, p.w, p.src, ingest.RunOptions{
		Full: full, Clock: p.m.clock, Confirm: []string{p.source + ".rows", p.source + ".kept"},
	})
}

// Whatever a source does while it is read, wherever a run fails or is cut off: after one
// quiet full walk the warehouse holds what the source holds, another run changes
// nothing, and a failure moves no cursor.
func TestProperties(t *testing.T) {
	s := newSite(t)
	for seed := range seeds(t) {
		random := rand.New(rand.NewPCG(seed, 11))
		m := &model{
			random: random, rows: map[string]modelRow{"k-none": {name: "n0"}}, now: s.now,
			offset: time.Duration(random.IntN(1201)-600) * time.Second, only: seed % 3, flowing: seed%2 == 0,
		}
		p := &propertySite{site: s, source: fmt.Sprintf("s%d", seed), m: m}
		p.src = modelSource(t, p.source, m)
		m.mutate(20)
		for round := range 3 {
			m.restless = true
			m.now = m.now.Add(time.Duration(random.IntN(30)) * time.Hour)
			m.mutate(random.IntN(8))
			p.disturbed(t, round)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		p.quiet(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// disturbed is one run of a restless source, which may fail or be cut off.
func (p *propertySite) disturbed(t *testing.T, round int) {
	t.Helper()
	m := p.m
	before := p.held()
	switch m.random.IntN(3) {
	case 0:
		m.failAt, m.panics = 1+m.random.IntN(3), round%2 == 0
		reports, err := p.run(t.Context(), false)
		reached := m.page >= m.failAt
		m.failAt = 0
		if reached != (err != nil && strings.Contains(err.Error(), "the model")) {
			t.Errorf("round %d: it did not fail as it should: %v", round, err)
		}
		after := p.held()
		for _, r := range reports {
			if diff := cmp.Diff(before[r.Stream], after[r.Stream]); diff != "" && r.Err != nil {
				t.Errorf("round %d: the failure of %s left (-before +after)\n%s", round, r.Stream, diff)
			}
		}
	case 1:
		// Cut off at some step, and begun again on a source that stands still meanwhile.
		m.restless = false
		told := m.told
		m.told = nil
		_, err := p.run(newStepped(t.Context(), 1+m.random.IntN(120)), false)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("round %d: cut off: %v", round, err)
		}
		if _, err := p.run(t.Context(), false); err != nil {
			t.Errorf("round %d: after the cut: %v", round, err)
		}
		p.idle(t, false)
		m.told = told
	default:
		if _, err := p.run(t.Context(), m.random.IntN(5) == 0); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

// quiet walks the source in full while it stands still.
func (p *propertySite) quiet(t *testing.T) {
	t.Helper()
	m := p.m
	m.restless, m.now = false, m.now.Add(time.Hour)
	m.told = nil
	if _, err := p.run(t.Context(), true); err != nil {
		t.Error(err)
	}
	var want, ids []string
	for _, k := range slices.Sorted(maps.Keys(m.rows)) {
		want, ids = append(want, k+"="+m.rows[k].name), append(ids, k)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, p.live("framework", "framework_id || '=' || name")); diff != "" && m.only != 2 {
		t.Errorf("(-source +warehouse)\n%s", diff)
	}
	// What is kept although it is seen no more is marked, and nothing else is.
	got := p.query("select enrolment_id from raw.enrolment where source = '" + p.source + "' and superseded_at is null and deleted_at is null and not_seen_since is null order by 1")
	if diff := cmp.Diff(ids, got); diff != "" && m.only != 1 {
		t.Errorf("seen (-source +warehouse)\n%s", diff)
	}
	p.idle(t, true)
	p.idle(t, false)
	twice := p.query("select framework_id from raw.framework where source = '" + p.source + "' and superseded_at is null group by all having count(*) > 1")
	if len(twice) > 0 {
		t.Errorf("twice: %v", twice)
	}
}

// idle is a run that has nothing to do.
func (p *propertySite) idle(t *testing.T, full bool) {
	t.Helper()
	before := p.held()
	reports, err := p.run(t.Context(), full)
	if err != nil {
		t.Error(err)
	}
	for _, r := range reports {
		if r.Inserted+r.Updated+r.Deleted > 0 {
			t.Errorf("a rerun changed something: %s", counts(r))
		}
	}
	if diff := cmp.Diff(before, p.held()); diff != "" {
		t.Errorf("a rerun left (-before +after)\n%s", diff)
	}
}

// What a source says is deleted is gone without a guard, also where absence means nothing.
func TestTold(t *testing.T) {
	s := newSite(t)
	m := &model{random: rand.New(rand.NewPCG(1, 1)), rows: map[string]modelRow{}, now: s.now}
	for i := range 40 {
		m.rows[fmt.Sprintf("k%d", i)] = modelRow{"n", s.now.Add(-time.Hour)}
	}
	p := &propertySite{site: s, source: "told", m: m}
	p.src = modelSource(t, "told", m)
	if _, err := p.run(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		delete(m.rows, fmt.Sprintf("k%d", i))
		m.told = append(m.told, fmt.Sprintf("k%d", i))
	}
	for len(p.live("enrolment", "enrolment_id")) > 10 || len(p.live("framework", "framework_id")) > 10 {
		if _, err := ingest.Run(t.Context(), p.w, p.src, ingest.RunOptions{Clock: m.clock}); err != nil {
			t.Fatal(err)
		}
	}
}

// Sources run side by side, one failure stops no other, and none runs twice at once.
func TestRunAll(t *testing.T) {
	s := newSite(t)
	var sources []*ingest.Source
	for i := range 6 {
		m := &model{random: rand.New(rand.NewPCG(1, uint64(i))), rows: map[string]modelRow{}, now: s.now, restless: true}
		m.mutate(40)
		if i == 2 {
			m.failAt = 1
		}
		sources = append(sources, modelSource(t, fmt.Sprintf("a%d", i), m))
	}
	sources = append(sources, sources[0])
	var mu sync.Mutex
	at, most := map[string]bool{}, 0
	reports, err := ingest.RunAll(t.Context(), s.w, sources, ingest.RunOptions{Parallel: 3, Progress: func(p ingest.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if p.State == "done" || p.State == "failed" {
			delete(at, p.Source)
		} else {
			at[p.Source] = true
		}
		most = max(most, len(at))
	}})
	if err == nil || !strings.Contains(err.Error(), "sync a2.rows: the model failed") || most > 3 {
		t.Errorf("%v; %d at once", err, most)
	}
	failed := 0
	for _, r := range reports {
		if r.Err != nil {
			failed++
		}
	}
	if len(reports) != 14 || failed != 1 && failed != 3 {
		t.Errorf("%d reports, %d failed: %v", len(reports), failed, err)
	}
}

// A stream of which most is gone needs a person; an empty one more than that.
func TestConfirm(t *testing.T) {
	s := newSite(t)
	m := &model{random: rand.New(rand.NewPCG(1, 1)), rows: map[string]modelRow{}, now: s.now}
	for i := range 40 {
		m.rows[fmt.Sprintf("k%d", i)] = modelRow{"n", s.now.Add(-time.Hour)}
	}
	src := modelSource(t, "c", m)
	run := func(confirm ...string) error {
		_, err := ingest.Run(t.Context(), s.w, src, ingest.RunOptions{Full: true, Clock: m.clock, Confirm: confirm})
		return err
	}
	if err := run(); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		delete(m.rows, fmt.Sprintf("k%d", i))
	}
	if err := run(); err == nil || !strings.Contains(err.Error(), "20 of 40 records (50 %) are no longer delivered, and one delivery may delete 10; nothing was loaded: if this is right, confirm it: dials sync c --confirm-deletes c.rows") {
		t.Error(err)
	}
	if err := run("c.kept"); err == nil {
		t.Error("another stream's confirmation counted")
	}
	if err := run("c.rows"); err != nil {
		t.Error(err)
	}
}
