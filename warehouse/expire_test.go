package warehouse

import (
	"testing"
	"time"
)

// The payloads of rejected rows go when their time is over; that they were rejected
// stays.
func TestExpireRejected(t *testing.T) {
	w := openTest(t, Options{})
	exec(t, w, `insert into meta.run (run_id, source, stream, target, started_at, status) values
		(1, 's', 'a', 'absence', '2026-01-01', 'ok'), (2, 's', 'a', 'absence', '2026-03-01', 'ok')`)
	for _, run := range []string{"1", "2"} {
		exec(t, w, `insert into meta.rejected_row by name select `+run+` as run_id, 's' as source, 'a' as stream, 'from_date' as column_name,
			'31/02/2024' as value, 'from_date "31/02/2024" is not a date' as reason, '{"person_id": "P-1"}'::json as payload`)
	}
	n, err := w.ExpireRejected(t.Context(), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if got := scan[string](t, w, "select string_agg(concat_ws(' ', run_id, value, reason, payload), '; ' order by run_id) from meta.rejected_row"); got !=
		`1 from_date "…" is not a date; 2 31/02/2024 from_date "31/02/2024" is not a date {"person_id": "P-1"}` {
		t.Error(got)
	}
	if n, err := w.ExpireRejected(t.Context(), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)); err != nil || n != 0 {
		t.Error(n, err)
	}
}

// A record goes by its last date, a corrected version by its correction, and what
// lasts stays.
func TestExpireRaw(t *testing.T) {
	w := openTest(t, Options{})
	exec(t, w, `insert into raw.absence by name select * from (values
		('old', 's', date '2020-01-01', date '2020-02-01', null::timestamp),
		('open', 's', date '2026-01-01', null, null),
		('old open', 's', date '2020-01-01', null, null),
		('new', 's', date '2020-01-01', date '2026-02-01', null),
		('corrected', 's', date '2026-01-01', date '2026-02-01', timestamp '2020-03-01'),
		('other', 'x', date '2020-01-01', date '2020-02-01', null)
	) as t(absence_id, source, from_date, to_date, superseded_at)`)
	exec(t, w, `insert into raw.employment by name select * from (values
		('left', 's', date '2010-01-01', date '2020-02-01'), ('stays', 's', date '2010-01-01', null)
	) as t(employment_id, source, valid_from, valid_to)`)
	before := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for stream, want := range map[string]int64{"absence": 3, "employment": 1, "competency": 0} {
		n, err := w.ExpireRaw(t.Context(), "s", stream, before)
		if err != nil || n != want {
			t.Errorf("%s: %d, want %d: %v", stream, n, want, err)
		}
	}
	if got := scan[string](t, w, "select string_agg(absence_id, ', ' order by absence_id) from raw.absence"); got != "new, open, other" {
		t.Errorf("left: %s", got)
	}
	if got := scan[string](t, w, "select string_agg(employment_id, ', ') from raw.employment"); got != "stays" {
		t.Errorf("left: %s", got)
	}
	if got := scan[string](t, w, "select string_agg(table_name || ' ' || version, ', ' order by table_name) from meta.raw_version"); got !=
		"raw.absence 1, raw.employment 1" {
		t.Errorf("versions: %s", got)
	}
}
