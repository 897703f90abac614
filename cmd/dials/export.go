package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

const exportManual = `Writes tables of the marts and core layers to files in DIR, one file a table:
marts.dial_monthly becomes DIR/marts.dial_monthly.parquet. A file appears whole or
not at all. Groups that are hidden to protect people are left out of the marts;
core tables hold rows about persons: who may run this command may read them.`

// An exportRequest names tables, a format and a folder.
type exportRequest struct {
	Names  []string `json:"names"` // empty: all
	Format string   `json:"format"`
	Dir    string   `json:"dir"` // absolute
}

// An exportResult lists the files written.
type exportResult struct {
	Files []exportedFile `json:"files"`
}

type exportedFile struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Rows int64  `json:"rows"`
}

func newExport(o *options) *cobra.Command {
	var req exportRequest
	var all bool
	cmd := &cobra.Command{
		Use:     "export NAME… | --all",
		Short:   "Write marts and core tables as Parquet, Arrow or CSV",
		Long:    exportManual,
		Example: "  dials export marts.dial_monthly --out out\n  dials export --all --format csv --out out",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if all != (len(args) == 0) {
				return errors.New("want names of tables or --all: see \"dials help export\"")
			}
			if !slices.Contains([]string{"parquet", "arrow", "csv"}, req.Format) {
				return fmt.Errorf("--format %q: want parquet, arrow or csv", req.Format)
			}
			req.Names = args
			if req.Dir, err = filepath.Abs(req.Dir); err != nil {
				return err
			}
			var result exportResult
			err = o.withOperator(cmd.Context(), func(op operator) (err error) {
				result, err = op.Export(cmd.Context(), req, func(any) {})
				return err
			})
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(o.stdout, 0, 8, 2, ' ', 0)
			for _, f := range result.Files {
				fmt.Fprintf(table, "%s\t%d rows\t%s\n", f.Name, f.Rows, f.Path)
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "write every table of the marts and core layers")
	cmd.Flags().StringVar(&req.Format, "format", "parquet", "`FORMAT` of the files: parquet, arrow or csv")
	cmd.Flags().StringVar(&req.Dir, "out", "export", "`DIR` to write to")
	return cmd
}

// Export writes the requested tables.
func (l *local) Export(ctx context.Context, req exportRequest, _ report) (exportResult, error) {
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
	if err := os.MkdirAll(req.Dir, 0o777); err != nil {
		return exportResult{}, fmt.Errorf("export: %w", err)
	}
	var result exportResult
	for _, name := range names {
		path, rows, err := l.w.Export(ctx, name, req.Format, req.Dir)
		if err != nil {
			return result, err
		}
		result.Files = append(result.Files, exportedFile{name, path, rows})
	}
	return result, nil
}
