package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dials/warehouse"
)

const matchesManual = `Whose are the identifiers that sources of learning and pay use? The rules, in order:
a row of person_xref for the source (rule "manual" first), then, where the source lists
its accounts, employee number, e-mail and account name, then the person's own id. A name
never matches, and what two people had matches nobody.

"unmatched" lists the identifiers that are nobody's, with the rule that came near. To
match one by hand, add a row to a person_xref stream: system = the source, value = the
identifier, person_id, rule = manual. "changes" lists what changed hands since.`

// A matchesRequest names a source, or all.
type matchesRequest struct {
	Source string `json:"source"`
}

// A matchesResult answers either.
type matchesResult struct {
	Unmatched []warehouse.IDMatch  `json:"unmatched,omitempty"`
	Changes   []warehouse.IDChange `json:"changes,omitempty"`
}

func newMatches(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "matches",
		Short:   "List the identifiers that are nobody's, and those that changed hands",
		Long:    matchesManual,
		Example: "  dials matches unmatched moodle\n  dials matches changes",
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		o.matchesCommand("unmatched", "Identifiers that are nobody's, and the rule that came near", printUnmatched),
		o.matchesCommand("changes", "Identifiers that changed hands, the latest first", printChanges),
	)
	return cmd
}

func (o *options) matchesCommand(name, short string, show func(io.Writer, matchesResult) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: name + " [SOURCE]", Short: short, Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			var req matchesRequest
			if len(args) == 1 {
				req.Source = args[0]
			}
			var result matchesResult
			err = o.withOperator(cmd.Context(), func(op operator) error {
				result, err = call[matchesResult](cmd.Context(), op, "matches "+name, req, sink{})
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
	return cmd
}

// MatchesUnmatched lists the identifiers that are nobody's.
func (l *local) MatchesUnmatched(ctx context.Context, req matchesRequest, _ report) (result matchesResult, err error) {
	result.Unmatched, err = l.w.Unmatched(ctx, req.Source)
	return result, err
}

// MatchesChanges lists the identifiers that changed hands.
func (l *local) MatchesChanges(ctx context.Context, req matchesRequest, _ report) (result matchesResult, err error) {
	result.Changes, err = l.w.MatchChanges(ctx, req.Source)
	return result, err
}

func printUnmatched(w io.Writer, result matchesResult) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "source\tused for\tidentifier\tnearly")
	for _, m := range result.Unmatched {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.Source, m.UsedFor, m.Value, m.Nearly)
	}
	return table.Flush()
}

func printChanges(w io.Writer, result matchesResult) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "at\tsource\tused for\tidentifier\twas\tis\tby")
	for _, c := range result.Changes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.At.Format(time.DateTime), c.After.Source, c.After.UsedFor, c.After.Value, nobody(c.Before.Person), nobody(c.After.Person), c.After.Basis)
	}
	return table.Flush()
}

func nobody(person string) string {
	if person == "" {
		return "nobody"
	}
	return person
}
