package warehouse

import (
	"context"
	"fmt"
	"time"
)

// Ages is how old what the warehouse holds is, for whoever watches the server.
type Ages struct {
	Sources     map[string]time.Duration // since each source was last read without an error
	Evidence    *time.Duration           // since evidence last changed; nil if there is none
	DataVersion int64
	Memory      int64 // bytes that DuckDB holds
}

// LastLoad is when the last load began or something was last entered, by the clock of
// then; zero if nothing was.
func (w *Warehouse) LastLoad(ctx context.Context) (time.Time, error) {
	var last *time.Time
	const query = "select greatest((select max(started_at) from meta.run), (select max(changed_at) from meta.register_change))"
	if err := w.db.QueryRowContext(ctx, query).Scan(&last); err != nil {
		return time.Time{}, fmt.Errorf("last load: %w", err)
	}
	if last == nil {
		return time.Time{}, nil
	}
	return *last, nil
}

// Ages reads the ages as of now.
func (w *Warehouse) Ages(ctx context.Context, now time.Time) (Ages, error) {
	a := Ages{Sources: map[string]time.Duration{}}
	var judged *time.Time
	const query = `
select
    (select max(computed_at) from meta.evidence_run),
    (select coalesce(max(version), 0) from meta.data_version),
    (select coalesce(sum(memory_usage_bytes), 0)::bigint from duckdb_memory())`
	if err := w.db.QueryRowContext(ctx, query).Scan(&judged, &a.DataVersion, &a.Memory); err != nil {
		return a, fmt.Errorf("ages: %w", err)
	}
	if judged != nil {
		age := now.Sub(*judged)
		a.Evidence = &age
	}
	rows, err := w.db.QueryContext(ctx, "select source, max(finished_at) from meta.run where status = 'ok' group by source")
	if err != nil {
		return a, fmt.Errorf("ages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var source string
		var finished time.Time
		if err := rows.Scan(&source, &finished); err != nil {
			return a, fmt.Errorf("ages: %w", err)
		}
		a.Sources[source] = now.Sub(finished)
	}
	return a, rows.Err()
}
