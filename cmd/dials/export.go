package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dials/dashboards/audit"
)

const exportManual = `Writes tables of the marts and core layers to files in DIR, one file a table:
marts.dial_monthly becomes DIR/marts.dial_monthly.parquet. A file appears whole or
not at all, and only its owner can read it. Groups that are hidden to protect people
are left out of the marts; core tables hold rows about persons. Who may run this
command may read them all, and each table is written to the audit with the reason
that you give.

With --all the folder also holds the tables of raw and meta as Parquet and a
manifest.json, which "dials import" makes a warehouse of.

With --as the names are extracts ("dials extracts" lists them), written with that
role's rights as datasets: DIR/NAME/manifest.json names the Parquet files beside it,
their rows and checksums, and is written last. With --job it is one [[export]] of
config.toml, written where that says.`

// An exportRequest names tables and a format.
type exportRequest struct {
	Names  []string `json:"names"` // empty: all
	Format string   `json:"format"`
	Reason string   `json:"reason"`
}

// An exportResult lists the tables that were sent.
type exportResult struct {
	Files []exportedFile `json:"files"`
}

type exportedFile struct {
	Name string `json:"name"` // of the table
	File string `json:"file"`
	Rows int64  `json:"rows"`
}

func newExport(o *options) *cobra.Command {
	var req exportRequest
	var all bool
	var dir, as, job string
	cmd := &cobra.Command{
		Use:     "export NAME… | --all | --as ROLE[:UNIT] NAME… | --job NAME",
		Short:   "Write marts and core tables as Parquet, Arrow or CSV",
		Long:    exportManual,
		Example: "  dials export marts.dial_monthly --out out\n  dials export --all --format csv --out out --reason \"works council, July\"",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if as != "" || job != "" {
				return o.exportDatasets(cmd.Context(), datasetRequest{Job: job, As: as, Names: args, Reason: req.Reason}, dir)
			}
			if all != (len(args) == 0) {
				return errors.New("want names of tables or --all: see \"dials help export\"")
			}
			if !slices.Contains([]string{"parquet", "arrow", "csv"}, req.Format) {
				return fmt.Errorf("--format %q: want parquet, arrow or csv", req.Format)
			}
			req.Names = args
			var result exportResult
			err = o.withOperator(cmd.Context(), func(op operator) (err error) {
				result, err = call[exportResult](cmd.Context(), op, "export", req, sink{file: receive(dir)})
				return err
			})
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(o.stdout, 0, 8, 2, ' ', 0)
			for _, f := range result.Files {
				fmt.Fprintf(table, "%s\t%d rows\t%s\n", f.Name, f.Rows, filepath.Join(dir, f.File))
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "write every table: marts and core, and what import needs")
	cmd.Flags().StringVar(&req.Format, "format", "parquet", "`FORMAT` of the files: parquet, arrow or csv")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "`WHY`, for the audit")
	cmd.Flags().StringVar(&as, "as", "", "`ROLE[:UNIT]` with whose rights extracts are written")
	cmd.Flags().StringVar(&job, "job", "", "`NAME` of an [[export]] of config.toml to write now")
	cmd.Flags().StringVar(&dir, "out", "export", "`DIR` to write to")
	return cmd
}

// receive writes the files of a request to dir, each whole or not at all.
func receive(dir string) func(name string, size int64, content io.Reader) error {
	return func(name string, size int64, content io.Reader) (err error) {
		if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.ContainsAny(name, `\:`) {
			return fmt.Errorf("file %q: that is no plain name", name)
		}
		folder := filepath.Join(dir, filepath.FromSlash(path.Dir(name)))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		temp, err := os.CreateTemp(folder, "."+path.Base(name)+"-*") // for its owner alone
		if err != nil {
			return err
		}
		_, err = io.CopyN(temp, content, size)
		if err == nil {
			err = temp.Sync()
		}
		if err = errors.Join(err, temp.Close()); err == nil {
			err = os.Rename(temp.Name(), filepath.Join(folder, path.Base(name)))
		}
		if err != nil {
			return fmt.Errorf("file %s: %w", name, errors.Join(err, os.Remove(temp.Name())))
		}
		return nil
	}
}

// Export sends the requested tables.
func (l *local) Export(ctx context.Context, req exportRequest, to sink) (exportResult, error) {
	known, err := l.w.Exportable(ctx)
	if err != nil {
		return exportResult{}, err
	}
	names := req.Names
	if len(names) == 0 {
		names = known
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return exportResult{}, fmt.Errorf("export: no table %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	var result exportResult
	if len(req.Names) == 0 {
		if result.Files, err = l.exportBase(ctx, req.Reason, to); err != nil {
			return result, fmt.Errorf("export: %w", err)
		}
	}
	for _, name := range names {
		file, err := l.exportTable(ctx, name, req, to)
		if err != nil {
			return result, err
		}
		result.Files = append(result.Files, file)
	}
	return result, nil
}

// exportTable writes one table to a file of the server's own, puts it on record and
// sends it.
func (l *local) exportTable(ctx context.Context, name string, req exportRequest, to sink) (sent exportedFile, err error) {
	scratch, err := l.w.Scratch()
	if err != nil {
		return sent, err
	}
	if scratch, err = os.MkdirTemp(scratch, "send-"); err != nil {
		return sent, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	written, rows, err := l.w.Export(ctx, name, req.Format, scratch)
	if err != nil {
		return sent, err
	}
	file, err := os.Open(written)
	if err != nil {
		return sent, err
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return sent, err
	}
	p := peerOf(ctx)
	err = l.audit.Write(audit.Event{
		Kind: audit.Extract, By: p.identity(), Address: p.address(), What: name, Reason: req.Reason,
		Fields: map[string]string{
			"policy": "operator", "format": req.Format, "rows": strconv.FormatInt(rows, 10),
			"sha256": hex.EncodeToString(sum.Sum(nil)),
		},
	})
	if err != nil {
		return sent, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return sent, err
	}
	return exportedFile{name, filepath.Base(written), rows}, to.file(filepath.Base(written), size, file)
}
