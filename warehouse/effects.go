package warehouse

import (
	"context"
	"database/sql"
	"fmt"
)

// SaveEffects keeps estimates of changes of people in place of those before, in one
// write: an array of JSON rows by the names of the columns of meta.group_effect. The
// next build shows them.
func (w *Warehouse) SaveEffects(ctx context.Context, effects []byte) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, "delete from meta.group_effect"); err != nil {
			return fmt.Errorf("save effects: %w", err)
		}
		if err := insertJSON(ctx, conn, "meta.group_effect", effects); err != nil {
			return fmt.Errorf("save effects: %w", err)
		}
		return nil
	})
}
