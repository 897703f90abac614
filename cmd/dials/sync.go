package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dials/ingest"
	"dials/queries"
)

const syncManual = `Pulls the named sources, or all of them, loads what changed, rebuilds the models
that read it and judges again what they change about the tactics. A source's failure stops none of the others; what failed is
not loaded at all, and the next sync tries again.

Bad rows are counted and kept in the rejected rows with their reason; they do not
fail the sync unless a stream has more of them than 1 % (10 in a small stream).

While "dials serve" runs, it does the work and this command shows it.`

// A syncRequest names what to pull.
type syncRequest struct {
	Sources []string `json:"sources"` // empty: all
	Full    bool     `json:"full"`    // read again what was read already, and compare
	Confirm []string `json:"confirm"` // streams whose deletions a person has confirmed
}

// A syncResult is what a sync did.
type syncResult struct {
	Streams []streamResult `json:"streams"`
	Models  int            `json:"models_rebuilt"`
	Seconds float64        `json:"seconds"` // of the models

	Evidence  queries.Refreshed `json:"evidence"`
	Forecasts queries.Foreseen  `json:"forecasts"`
	Effects   queries.Estimated `json:"effects"`
	Alerts    string            `json:"alerts,omitempty"` // what could not be told

	trouble error // of the disk or of memory, that a stream failed by
}

// A streamResult is the line of one stream.
type streamResult struct {
	Source    string   `json:"source"`
	Stream    string   `json:"stream"`
	Read      int64    `json:"read"`
	Inserted  int64    `json:"inserted"`
	Updated   int64    `json:"updated"`
	Unchanged int64    `json:"unchanged"`
	Deleted   int64    `json:"deleted"`
	Rejected  int64    `json:"rejected"`
	Seconds   float64  `json:"seconds"`
	Warnings  []string `json:"warnings,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func newSync(o *options) *cobra.Command {
	var req syncRequest
	cmd := &cobra.Command{
		Use:     "sync [SOURCE…]",
		Short:   "Pull the sources, load them and rebuild the models",
		Long:    syncManual,
		Example: "  dials sync\n  dials sync hris payroll --full",
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			req.Sources = args
			var result syncResult
			err = o.withOperator(cmd.Context(), func(op operator) error {
				b := newBar(o.stderr, "sync")
				defer b.finish()
				result, err = call[syncResult](cmd.Context(), op, "sync", req, sink{progress: b.showSync})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(o.stdout, result)
			} else {
				err = printSync(o.stdout, o.stderr, result)
			}
			return errors.Join(err, syncError(result))
		},
	}
	cmd.Flags().BoolVar(&req.Full, "full", false, "read again what did not change, and compare it")
	cmd.Flags().StringSliceVar(&req.Confirm, "confirm-deletes", nil, "`SOURCE.STREAM` of which more records may go than a run deletes by itself")
	o.addFormat(cmd)
	return cmd
}

// showSync draws the progress of a local or a remote sync.
func (b *bar) showSync(progress any) {
	var p ingest.Progress
	switch v := progress.(type) {
	case ingest.Progress:
		p = v
	case json.RawMessage:
		if json.Unmarshal(v, &p) != nil {
			return // a newer server's progress is not worth an error
		}
	}
	b.set(words(p), p.Rows)
}

// words says how far a stream is, with its speed and when it will be through.
func words(p ingest.Progress) string {
	text := p.Source + "." + p.Stream
	if p.State == "merging" {
		return text + " merging"
	}
	if p.PerSecond > 0 {
		text += fmt.Sprintf(" %.0f/s", p.PerSecond)
	}
	if p.Left >= 0 && p.Total > 0 {
		text += fmt.Sprintf(" of %d, %s left", p.Total, (time.Duration(p.Left) * time.Second).String())
	}
	return text
}

// printSync prints one line per stream, and what needs a person's eye on stderr.
func printSync(stdout, stderr io.Writer, result syncResult) error {
	table := tabwriter.NewWriter(stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "stream\tread\tinserted\tupdated\tunchanged\tdeleted\trejected\tseconds")
	for _, s := range result.Streams {
		if s.Error != "" {
			fmt.Fprintf(table, "%s.%s\tfailed\n", s.Source, s.Stream)
			continue
		}
		fmt.Fprintf(table, "%s.%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\n",
			s.Source, s.Stream, s.Read, s.Inserted, s.Updated, s.Unchanged, s.Deleted, s.Rejected, s.Seconds)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range result.Streams {
		for _, w := range s.Warnings {
			fmt.Fprintf(stderr, "sync %s.%s: warning: %s\n", s.Source, s.Stream, w)
		}
	}
	if result.Alerts != "" {
		fmt.Fprintf(stderr, "sync: alerts: %s\n", result.Alerts)
	}
	e := result.Evidence
	_, err := fmt.Fprintf(stdout, "models rebuilt: %d in %.1f s\nevidence: %d links, %d judged again in %.1f s, %d changed\n",
		result.Models, result.Seconds, e.Links, e.Computed, e.Seconds, e.Changed)
	return err
}

// syncError joins what failed into one error.
func syncError(result syncResult) error {
	var failed []string
	for _, s := range result.Streams {
		if s.Error != "" {
			failed = append(failed, s.Error)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return errors.New(strings.Join(failed, "\ndials: "))
}
