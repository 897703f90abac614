package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/audit"
)

const auditManual = `The audit is a folder beside the warehouse, DIALS.duckdb.audit, of files that are
only ever added to: one JSON line an event, each with the hash of the line before.
It names people by audit ids, which "dials audit who ID" looks up while the person
is not erased. Whole files older than [retention] audit_days are deleted.`

const auditVerifyManual = `Reads the whole audit and names every line that was cut out, moved, added or
rewritten. The last lines can be cut off without a trace, unless you give a hash
that was noted while they were there: the server logs one every hour ("audit head").

Prints one fault a line; the exit code is 1 if there is one.`

func newAudit(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the record of who did what",
		Long:  auditManual,
		Args:  exactly(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditList(o), newAuditVerify(o), newAuditWho(o))
	return cmd
}

// An auditListRequest chooses records.
type auditListRequest struct {
	Filter audit.Filter `json:"filter"`
}

// An auditListResult holds them, the newest first.
type auditListResult struct {
	Records []audit.Record `json:"records"`
}

func newAuditList(o *options) *cobra.Command {
	var req auditListRequest
	var kind, from, to string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List events, the newest first",
		Example: "  dials audit list --kind view --from 2026-11-01 --limit 100",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			req.Filter.Kind = audit.Kind(kind)
			if kind != "" && !slices.Contains(audit.Kinds(), req.Filter.Kind) {
				return fmt.Errorf("--kind %q: want one of %v", kind, audit.Kinds())
			}
			req.Filter.From, err = parseDay("--from", from)
			if err != nil {
				return err
			}
			req.Filter.To, err = parseDay("--to", to)
			if err != nil {
				return err
			}
			var result auditListResult
			err = o.withOperator(cmd.Context(), func(op operator) error {
				result, err = call[auditListResult](cmd.Context(), op, "audit list", req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(o.stdout, result)
			}
			return printRecords(o.stdout, result.Records)
		},
	}
	cmd.Flags().StringVar(&kind, "kind", "", "events of this `KIND` alone")
	cmd.Flags().StringVar(&from, "from", "", "from this `DATE` on")
	cmd.Flags().StringVar(&to, "to", "", "before this `DATE`")
	cmd.Flags().StringVar(&req.Filter.Actor, "actor", "", "by this audit `ID`")
	cmd.Flags().StringVar(&req.Filter.About, "about", "", "about this audit `ID`")
	cmd.Flags().IntVar(&req.Filter.Limit, "limit", 50, "at most `N` events; 0 is all")
	o.addFormat(cmd)
	return cmd
}

// parseDay reads the date of a flag that may be absent.
func parseDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("%s %q: want a date such as 2026-11-30", flag, text)
	}
	return day, nil
}

func printRecords(w io.Writer, records []audit.Record) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "n\tat\tkind\tactor\taddress\twhat\treason\tmore")
	for _, r := range records {
		var more []string
		for _, k := range slices.Sorted(maps.Keys(r.Fields)) {
			more = append(more, k+"="+r.Fields[k])
		}
		if len(r.About) > 0 {
			more = append(more, "about="+strings.Join(r.About, ","))
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.N, r.At.Format(time.RFC3339), r.Kind,
			dash(r.Actor), dash(r.Address), line(r.What), line(r.Reason), line(strings.Join(more, " ")))
	}
	return table.Flush()
}

// dash stands where there is nothing.
func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// line keeps what others wrote from breaking the table or steering the terminal.
func line(s string) string {
	return dash(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s))
}

// AuditList lists events.
func (l *local) AuditList(_ context.Context, req auditListRequest, _ report) (auditListResult, error) {
	records, err := l.audit.List(req.Filter)
	return auditListResult{records}, err
}

// An auditVerifyRequest names a head that was noted.
type auditVerifyRequest struct {
	Head string `json:"head"`
}

func newAuditVerify(o *options) *cobra.Command {
	var req auditVerifyRequest
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Find what was cut out, moved or rewritten",
		Long:  auditVerifyManual,
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			req.Head = strings.ToLower(strings.TrimSpace(req.Head))
			var result audit.Report
			err = o.withOperator(cmd.Context(), func(op operator) error {
				result, err = call[audit.Report](cmd.Context(), op, "audit verify", req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(o.stdout, result)
			} else {
				err = printReport(o.stdout, result)
			}
			if len(result.Faults) > 0 {
				return errors.Join(err, errFindings)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&req.Head, "head", "", "a `HASH` that must be in the chain")
	o.addFormat(cmd)
	return cmd
}

func printReport(w io.Writer, r audit.Report) error {
	for _, note := range r.Notes {
		fmt.Fprintln(w, "note:", note)
	}
	for _, fault := range r.Faults {
		fmt.Fprintln(w, "fault:", fault)
	}
	_, err := fmt.Fprintf(w, "records: %d, from %d (%s) to %s\nfaults: %d\nhead: %s\n", r.Records, r.First,
		r.From.Format(time.DateOnly), r.To.Format(time.DateOnly), len(r.Faults), r.Head)
	return err
}

// AuditVerify checks the chain.
func (l *local) AuditVerify(_ context.Context, req auditVerifyRequest, _ report) (audit.Report, error) {
	return l.audit.Verify(req.Head)
}

// An auditWhoRequest names an audit id.
type auditWhoRequest struct {
	ID string `json:"id"`
}

func newAuditWho(o *options) *cobra.Command {
	var req auditWhoRequest
	return &cobra.Command{
		Use:   "who ID",
		Short: "Look up whom an audit id stands for",
		Args:  exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			req.ID = args[0]
			var who audit.Identity
			err = o.withOperator(cmd.Context(), func(op operator) error {
				who, err = call[audit.Identity](cmd.Context(), op, "audit who", req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(o.stdout, "%s\t%s\n", line(who.Issuer), line(who.Subject))
			return err
		},
	}
}

// AuditWho looks up an audit id; that it was looked up is on record.
func (l *local) AuditWho(ctx context.Context, req auditWhoRequest, _ report) (audit.Identity, error) {
	who, known := l.audit.Who(req.ID)
	if !known {
		return who, fmt.Errorf("audit id %q: it stands for nobody who is known", req.ID)
	}
	p := peerOf(ctx)
	return who, l.audit.Write(audit.Event{
		Kind: audit.View, By: p.identity(), Address: p.address(), What: "audit who", About: []audit.Identity{who},
	})
}
