package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dials/ingest"
)

const rejectedManual = `Rows that a load refused are kept with their reason. "list" counts them by reason,
"show" prints them as the source delivered them, and "replay" converts them again as
config.toml is now: what is good is loaded, what is still bad stays.

Replay leaves alone what a later delivery brought, and rows of which too little was kept.`

// A rejectedRequest says which rejected rows are meant.
type rejectedRequest struct {
	Source string `json:"source"` // empty: all
	Stream string `json:"stream"` // empty: all of the source
	Run    int64  `json:"run"`    // 0: all that are open
	Limit  int    `json:"limit"`
}

// A rejectedGroup is the rejected rows of one reason.
type rejectedGroup struct {
	Source string    `json:"source"`
	Stream string    `json:"stream"`
	Run    int64     `json:"run"` // the last one
	Column string    `json:"column"`
	Reason string    `json:"reason"`
	Rows   int64     `json:"rows"`
	Last   time.Time `json:"last"`
}

// A rejectedRow is one row as it was delivered.
type rejectedRow struct {
	Source  string          `json:"source"`
	Stream  string          `json:"stream"`
	Run     int64           `json:"run"`
	File    string          `json:"file,omitempty"`
	Record  *int64          `json:"record"`
	Line    *int64          `json:"line,omitempty"`
	Column  string          `json:"column,omitempty"`
	Value   string          `json:"value,omitempty"`
	Reason  string          `json:"reason"`
	Payload json.RawMessage `json:"payload"`
}

// A rejectedResult answers any of the three.
type rejectedResult struct {
	Groups   []rejectedGroup       `json:"groups,omitempty"`
	Rows     []rejectedRow         `json:"rows,omitempty"`
	Replayed []ingest.ReplayReport `json:"replayed,omitempty"`
	Models   int                   `json:"models_rebuilt,omitempty"`
}

func newRejected(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rejected",
		Short:   "List, show and replay the rows that loads refused",
		Long:    rejectedManual,
		Example: "  dials rejected list\n  dials rejected show hris.employees --limit 5\n  dials rejected replay hris.employees",
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		o.rejectedCommand("list [SOURCE[.STREAM]]", "Count the rejected rows by reason", printGroups),
		o.rejectedCommand("show [SOURCE[.STREAM]]", "Print the rejected rows as they were delivered", printRejected),
		o.rejectedCommand("replay [SOURCE[.STREAM]]", "Load what is good as config.toml is now", printReplayed),
	)
	return cmd
}

// rejectedCommand is one of the three: its request is named like it.
func (o *options) rejectedCommand(use, short string, show func(io.Writer, rejectedResult) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	var req rejectedRequest
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				req.Source, req.Stream, _ = strings.Cut(args[0], ".")
			}
			var result rejectedResult
			err = o.withOperator(cmd.Context(), func(op operator) error {
				result, err = call[rejectedResult](cmd.Context(), op, "rejected "+name, req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(o.stdout, result)
			}
			return show(o.stdout, result)
		},
	}
	o.addFormat(cmd)
	if name == "show" {
		cmd.Flags().IntVar(&req.Limit, "limit", 20, "most `ROWS` to print")
		cmd.Flags().Int64Var(&req.Run, "run", 0, "of this `RUN` alone")
	}
	return cmd
}

const whichRejected = ` from meta.rejected_row r join meta.run u using (run_id, source, stream)
	where (? = '' or source = ?) and (? = '' or stream = ?) and (? = 0 or run_id = ?) and r.replayed_run_id is null`

func (r rejectedRequest) args() []any {
	return []any{r.Source, r.Source, r.Stream, r.Stream, r.Run, r.Run}
}

// RejectedList counts the rejected rows of the last run of each stream that has any.
func (l *local) RejectedList(ctx context.Context, req rejectedRequest, _ report) (result rejectedResult, err error) {
	rows, err := l.w.DB().QueryContext(ctx, "select source, stream, run_id, coalesce(column_name, ''), reason, count(*), max(u.started_at)"+whichRejected+
		" group by source, stream, run_id, column_name, reason qualify run_id = max(run_id) over (partition by source, stream) order by source, stream, count(*) desc, reason", req.args()...)
	if err != nil {
		return result, err
	}
	defer rows.Close()
	for rows.Next() {
		var g rejectedGroup
		if err := rows.Scan(&g.Source, &g.Stream, &g.Run, &g.Column, &g.Reason, &g.Rows, &g.Last); err != nil {
			return result, err
		}
		result.Groups = append(result.Groups, g)
	}
	return result, rows.Err()
}

// RejectedShow returns rejected rows as they were delivered, the latest run first.
func (l *local) RejectedShow(ctx context.Context, req rejectedRequest, _ report) (result rejectedResult, err error) {
	limit := req.Limit
	if limit <= 0 {
		limit = 20
	}
	rows, err := l.w.DB().QueryContext(ctx, "select source, stream, run_id, coalesce(source_file, ''), record, line, coalesce(column_name, ''), coalesce(value, ''), reason, coalesce(payload, 'null')::varchar"+
		whichRejected+" order by run_id desc, record limit ?", append(req.args(), limit)...)
	if err != nil {
		return result, err
	}
	defer rows.Close()
	for rows.Next() {
		var one rejectedRow
		var payload string
		if err := rows.Scan(&one.Source, &one.Stream, &one.Run, &one.File, &one.Record, &one.Line, &one.Column, &one.Value, &one.Reason, &payload); err != nil {
			return result, err
		}
		one.Payload = json.RawMessage(payload)
		result.Rows = append(result.Rows, one)
	}
	return result, rows.Err()
}

// RejectedReplay converts rejected rows again and rebuilds the models.
func (l *local) RejectedReplay(ctx context.Context, req rejectedRequest, progress report) (result rejectedResult, err error) {
	var names []string
	if req.Source != "" {
		names = []string{req.Source}
	}
	sources, err := l.cfg.sources(names)
	if err != nil {
		return result, err
	}
	if req.Stream != "" && !l.cfg.hasStream(req.Source+"."+req.Stream) {
		return result, fmt.Errorf("rejected: %s.%s is no stream of %s", req.Source, req.Stream, l.cfg.path)
	}
	var errs []error
	for _, s := range sources {
		for _, st := range s.Streams {
			if req.Stream != "" && st.Name != req.Stream {
				continue
			}
			one, err := ingest.Replay(ctx, l.w, s, st.Name, ingest.RunOptions{})
			if err != nil {
				if req.Stream != "" || ctx.Err() != nil {
					return result, err
				}
				errs = append(errs, err)
			}
			if one.Rows+one.Lost > 0 {
				result.Replayed = append(result.Replayed, one)
			}
		}
	}
	var built syncResult
	l.syncing.Lock()
	defer l.syncing.Unlock()
	errs = append(errs, l.rebuild(ctx, &built, progress))
	result.Models = built.Models
	return result, errors.Join(errs...)
}

func printGroups(w io.Writer, result rejectedResult) error {
	if len(result.Groups) == 0 {
		_, err := fmt.Fprintln(w, "no row is rejected")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "stream\trun\trows\tcolumn\treason")
	for _, g := range result.Groups {
		fmt.Fprintf(table, "%s.%s\t%d\t%d\t%s\t%s\n", g.Source, g.Stream, g.Run, g.Rows, g.Column, g.Reason)
	}
	return table.Flush()
}

func printRejected(w io.Writer, result rejectedResult) error {
	for _, r := range result.Rows {
		where := ""
		if r.File != "" {
			where = " " + r.File
		}
		if r.Record != nil {
			where += fmt.Sprintf(" record %d", *r.Record)
		}
		if r.Line != nil {
			where += fmt.Sprintf(" line %d", *r.Line)
		}
		if _, err := fmt.Fprintf(w, "%s.%s run %d%s: %s %q %s\n  %s\n", r.Source, r.Stream, r.Run, where, r.Column, r.Value, r.Reason, r.Payload); err != nil {
			return err
		}
	}
	return nil
}

func printReplayed(w io.Writer, result rejectedResult) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "stream\treplayed\tloaded\tknown since\tstill bad\tnot kept\tfirst reason")
	for _, r := range result.Replayed {
		fmt.Fprintf(table, "%s.%s\t%d\t%d\t%d\t%d\t%d\t%s\n", r.Source, r.Stream, r.Rows, r.Loaded, r.Known, r.Rejected, r.Lost, r.Reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "models rebuilt: %d\n", result.Models)
	return err
}
