package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards"
	"dials/warehouse"
)

const snapshotManual = `Keep the competency gaps as they are shown now under a name, for good. Page /gaps
compares a snapshot with today: freeze one when a strategy is decided. Nothing changes a
snapshot afterwards, and no name is used twice. What is hidden today stays hidden in it.`

// A snapshotRequest names a snapshot.
type snapshotRequest struct {
	Name string `json:"name"`
	Note string `json:"note"`
}

// A snapshotResult is what was frozen.
type snapshotResult struct {
	Cells int64 `json:"cells"`
}

func newSnapshot(o *options) *cobra.Command {
	var req snapshotRequest
	cmd := &cobra.Command{
		Use: "snapshot NAME", Short: "Freeze the competency gaps under a name", Long: snapshotManual, Args: exactly("NAME"),
		Example: `  dials snapshot "Strategy 2028" --note "as the board decided"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Name = args[0]
			var result snapshotResult
			err := o.withOperator(cmd.Context(), func(op operator) (err error) {
				result, err = call[snapshotResult](cmd.Context(), op, "snapshot", req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(o.stdout, "froze %d cells as %q\n", result.Cells, req.Name)
			return err
		},
	}
	cmd.Flags().StringVar(&req.Note, "note", "", "what it is for")
	return cmd
}

// Snapshot freezes the competency gaps under a name.
func (l *local) Snapshot(ctx context.Context, req snapshotRequest, _ report) (result snapshotResult, err error) {
	by := peerOf(ctx).identity()
	result.Cells, err = l.freeze(ctx, req, by.Issuer+":"+by.Subject)
	return result, err
}

func (l *local) freeze(ctx context.Context, req snapshotRequest, by string) (int64, error) {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	cells, err := l.w.FreezeGaps(ctx, time.Now(), req.Name, by, req.Note)
	if err != nil {
		return 0, err
	}
	_, err = l.w.Build(ctx)
	return cells, err
}

// freezeForReader is how pages freeze.
func (l *local) freezeForReader(ctx context.Context, name, note, by string) error {
	_, err := l.freeze(ctx, snapshotRequest{Name: name, Note: note}, by)
	if errors.Is(err, warehouse.ErrFrozen) || errors.Is(err, warehouse.ErrNothingToFreeze) || errors.Is(err, warehouse.ErrSnapshotName) {
		return fmt.Errorf("%w: %w", dashboards.ErrCannotFreeze, err)
	}
	return err
}
