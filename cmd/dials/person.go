package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/audit"
	"dials/warehouse"
)

const personManual = `What the law lets a person ask for. ID is the person_id; every identifier by which
the sources know them is found from it, as the pages do.`

const personExportManual = `Writes what is held about a person to a JSON file that only its owner can read: the
records, every version, with what was made of them; of records about others only that
the person has a part in them; rejected rows that name them; and, from the audit, who
saw or took rows about them, when and why.`

const personEraseManual = `Takes a person out of what Dials holds. Their identifiers, and those of their
records, become random ones, so that what is counted stays right; texts, kept
columns, source ids, rejected payloads, accounts and grants that are theirs are
deleted; the models are built again and the warehouse file is rewritten, so that no
byte is left. Keyed hashes of the identifiers are kept beside the file, and every
later sync, import and restore goes through the same.

It cannot be undone. It does not reach the sources, what was exported, and backups
made before: keep those no longer than you promise, and restore them with the folder
DIALS.duckdb.erased beside them.`

// A personRequest names a person.
type personRequest struct {
	PersonID string `json:"person_id"`
	Reason   string `json:"reason"`
}

// A personEraseResult is what an erasure did.
type personEraseResult struct {
	Identifiers int    `json:"identifiers"`
	Ambiguous   int    `json:"ambiguous"`
	Values      int64  `json:"values"`
	Rejected    int64  `json:"rejected"`
	Accounts    int    `json:"accounts"`
	Later       string `json:"later,omitempty"` // why the file is not rewritten yet
}

func newPerson(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "person",
		Short: "Export or erase what is held about a person",
		Long:  personManual,
		Args:  exactly(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPersonExport(o), newPersonErase(o))
	return cmd
}

func newPersonExport(o *options) *cobra.Command {
	var req personRequest
	var out string
	cmd := &cobra.Command{
		Use:     "export ID",
		Short:   "Write everything that is held about a person as JSON",
		Long:    personExportManual,
		Example: "  dials person export P-1001 --reason \"request of 3 November\"",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.PersonID = args[0]
			var name string
			write := receive(out)
			return o.withOperator(cmd.Context(), func(op operator) error {
				_, err := call[struct{}](cmd.Context(), op, "person export", req, sink{
					file: func(n string, size int64, content io.Reader) error {
						name = n
						return write(n, size, content)
					},
				})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(o.stdout, filepath.Join(out, name))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", ".", "`DIR` to write to")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "`WHY`, for the audit")
	return cmd
}

func newPersonErase(o *options) *cobra.Command {
	var req personRequest
	var yes bool
	cmd := &cobra.Command{
		Use:     "erase ID --yes",
		Short:   "Take a person out of everything, for good",
		Long:    personEraseManual,
		Example: "  dials person erase P-1001 --yes --reason \"request of 3 November\"",
		Args:    exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return errors.New("person erase: it cannot be undone: say so with --yes, and see \"dials help person erase\"")
			}
			req.PersonID = args[0]
			return o.withOperator(cmd.Context(), func(op operator) error {
				r, err := call[personEraseResult](cmd.Context(), op, "person erase", req, sink{})
				if err != nil {
					return err
				}
				if r.Later != "" {
					fmt.Fprintln(o.stderr, "warning: the file is not rewritten yet, and is tried again within the hour:", r.Later)
				}
				if r.Ambiguous > 0 {
					fmt.Fprintf(o.stderr, "warning: %d identifiers were another person's too: their records lead to nobody and stay\n", r.Ambiguous)
				}
				_, err = fmt.Fprintf(o.stdout, "erased: %d identifiers, %d values renamed, %d rejected rows emptied, %d accounts deleted\n",
					r.Identifiers, r.Values, r.Rejected, r.Accounts)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "it is meant, though it cannot be undone")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "`WHY`, for the audit")
	return cmd
}

// A personFile is the answer to a person who asks what is held about them.
type personFile struct {
	*warehouse.PersonFile
	MadeAt time.Time   `json:"made_at"`
	Audit  personAudit `json:"audit"`
}

// A personAudit is who had to do with rows about the person, by audit ids.
type personAudit struct {
	Events   []audit.Record `json:"events"`   // about the person
	Extracts []audit.Record `json:"extracts"` // of tables that hold the person
}

// PersonExport sends a person's file.
func (l *local) PersonExport(ctx context.Context, req personRequest, to sink) (struct{}, error) {
	held, err := l.w.Person(ctx, req.PersonID)
	if err != nil {
		return struct{}{}, err
	}
	who := audit.Identity{Issuer: audit.PersonIssuer, Subject: req.PersonID}
	f := personFile{PersonFile: held, MadeAt: time.Now().UTC()}
	if id := l.audit.ID(who); id != "" {
		if f.Audit.Events, err = l.audit.List(audit.Filter{About: id}); err != nil {
			return struct{}{}, err
		}
	}
	extracts, err := l.audit.List(audit.Filter{Kind: audit.Extract})
	if err != nil {
		return struct{}{}, err
	}
	for _, e := range extracts {
		if _, holds := held.Models[e.What]; holds {
			f.Audit.Extracts = append(f.Audit.Extracts, e)
		}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return struct{}{}, err
	}
	if err := l.notePerson(ctx, audit.View, "person export", req); err != nil {
		return struct{}{}, err
	}
	return struct{}{}, to.file("person-"+fileWord(req.PersonID)+".json", int64(len(text)), bytes.NewReader(text))
}

// notePerson writes what is done with a person to the audit.
func (l *local) notePerson(ctx context.Context, kind audit.Kind, what string, req personRequest) error {
	p := peerOf(ctx)
	return l.audit.Write(audit.Event{
		Kind: kind, By: p.identity(), Address: p.address(), What: what, Reason: req.Reason,
		About: []audit.Identity{{Issuer: audit.PersonIssuer, Subject: req.PersonID}},
	})
}

// fileWord is s as a part of a file's name.
func fileWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, s)
}

// PersonErase erases a person: from the warehouse, the accounts and the mapping of
// the audit, in this order, so that what breaks off can be asked for again.
func (l *local) PersonErase(ctx context.Context, req personRequest, _ report) (personEraseResult, error) {
	var result personEraseResult
	if _, err := l.w.Person(ctx, req.PersonID); err != nil {
		return result, err
	}
	if err := l.notePerson(ctx, audit.Erase, "person erase", req); err != nil {
		return result, err
	}
	names := l.access.Names(req.PersonID)
	accounts, err := l.access.Erase(req.PersonID)
	if err != nil {
		return result, err
	}
	l.syncing.Lock()
	defer l.syncing.Unlock()
	done, err := l.w.Erase(ctx, req.PersonID, time.Now, names...)
	if err != nil {
		return result, err
	}
	result = personEraseResult{
		Identifiers: done.Identifiers, Ambiguous: done.Ambiguous, Values: done.Values, Rejected: done.Rejected, Accounts: len(accounts),
	}
	forget := []audit.Identity{{Issuer: audit.PersonIssuer, Subject: req.PersonID}}
	for _, a := range accounts {
		forget = append(forget, audit.Identity(a))
	}
	if err := l.audit.Forget(forget...); err != nil {
		return result, err
	}
	if err := l.rebuild(ctx, &syncResult{}, nil); err != nil {
		return result, err
	}
	if err := l.finishErasure(ctx); err != nil {
		result.Later = err.Error()
	}
	p := peerOf(ctx)
	return result, l.audit.Write(audit.Event{
		Kind: audit.Erase, By: p.identity(), Address: p.address(), What: "person erased", Reason: req.Reason,
		Fields: map[string]string{"values": strconv.FormatInt(done.Values, 10), "rewritten": strconv.FormatBool(result.Later == "")},
	})
}

// finishErasure deletes what was kept of the marts, and rewrites the file if it still
// holds bytes of somebody who was erased.
func (l *local) finishErasure(ctx context.Context) error {
	if !l.w.NeedsRewrite() {
		return nil
	}
	scratch, err := l.w.Scratch()
	if err != nil {
		return err
	}
	kept, err := filepath.Glob(filepath.Join(scratch, "extracts", "*"))
	if err != nil {
		return err
	}
	for _, path := range kept {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return l.w.Rewrite(ctx)
}
