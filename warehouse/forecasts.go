package warehouse

import (
	"context"
	"database/sql"
	"fmt"
)

// SaveForecasts keeps forecasts of objectives in place of those before, in one write:
// arrays of JSON rows by the names of the columns of meta.goal_forecast and
// meta.goal_forecast_quality. The next build shows them.
func (w *Warehouse) SaveForecasts(ctx context.Context, forecasts, quality []byte) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for i, data := range [][]byte{forecasts, quality} {
			table := [...]string{"meta.goal_forecast", "meta.goal_forecast_quality"}[i]
			if _, err := conn.ExecContext(ctx, "delete from "+table); err != nil {
				return fmt.Errorf("save forecasts: %w", err)
			}
			if err := insertJSON(ctx, conn, table, data); err != nil {
				return fmt.Errorf("save forecasts: %s: %w", table, err)
			}
		}
		return nil
	})
}
