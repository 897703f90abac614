package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of freezing a view.
var (
	// ErrFrozen is wrapped where a snapshot of the name is there already: it never changes.
	ErrFrozen = errors.New("is frozen already, under a name that nobody can use again")
	// ErrSnapshotName is wrapped where a name is none.
	ErrSnapshotName = fmt.Errorf("is not between 1 and %d characters long", maxSnapshotName)
	// ErrNothingToFreeze is returned where no competency gap is known yet.
	ErrNothingToFreeze = errors.New("there are no competency gaps to freeze yet")
)

// maxSnapshotName is how long the name of a snapshot may be.
const maxSnapshotName = 80

// FreezeGaps keeps the competency gaps of the last month as they are shown now under a
// name, for good, and returns how many cells it kept. What is hidden today is hidden in
// the snapshot. The next build shows it.
func (w *Warehouse) FreezeGaps(ctx context.Context, now time.Time, name, by, note string) (cells int64, err error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxSnapshotName {
		return 0, fmt.Errorf("snapshot: the name %q %w", name, ErrSnapshotName)
	}
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var taken bool
		if err := conn.QueryRowContext(ctx, "select count(*) > 0 from meta.gap_snapshot where name = ?", name).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("snapshot %q %w", name, ErrFrozen)
		}
		var month sql.NullTime
		var id int64
		if err := conn.QueryRowContext(ctx, "select (select max(month) from marts.gaps), (select coalesce(max(snapshot_id), 0) + 1 from meta.gap_snapshot)").Scan(&month, &id); err != nil {
			return err
		}
		if !month.Valid {
			return ErrNothingToFreeze
		}
		if _, err := conn.ExecContext(ctx, "insert into meta.gap_snapshot by name select ?::bigint as snapshot_id, ? as name, ?::timestamp as made_at, ? as made_by, nullif(?, '') as note, ?::date as month",
			id, name, now.UTC().Truncate(time.Microsecond), by, note, month.Time); err != nil {
			return err
		}
		result, err := conn.ExecContext(ctx, "insert into meta.gap_snapshot_cell by name select ?::bigint as snapshot_id, view_name, ancestor_id, month, job_title_id, competency_id, "+
			"required_n, assessed_n, pairs, assessed_pairs, gap_index, is_index_low, proficient_low, proficient_high, people_n, is_hidden "+
			"from marts.gaps where rule = 'stated' and month = ?", id, month.Time)
		if err != nil {
			return err
		}
		cells, err = result.RowsAffected()
		return err
	})
	return cells, err
}
