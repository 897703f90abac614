package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/robfig/cron/v3"

	"dials/dashboards/audit"
	"dials/dashboards/extracts"
	"dials/queries"
	"dials/warehouse"
)

// A datasetRequest names extracts and whose rights they are written with, or a job.
type datasetRequest struct {
	Job    string   `json:"job,omitempty"`
	As     string   `json:"as,omitempty"`
	Names  []string `json:"names,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// A datasetResult lists what was written.
type datasetResult struct {
	Datasets []extracts.Written `json:"datasets"`
}

// exportDatasets writes datasets to dir, or where the job says.
func (o *options) exportDatasets(ctx context.Context, req datasetRequest, dir string) error {
	if (req.Job != "") == (req.As != "" || len(req.Names) > 0) {
		return errors.New("want --job NAME alone, or --as ROLE[:UNIT] with names of extracts: see \"dials help export\"")
	}
	if req.As != "" && len(req.Names) == 0 {
		return errors.New("want names of extracts: \"dials extracts\" lists them")
	}
	var result datasetResult
	err := o.withOperator(ctx, func(op operator) (err error) {
		result, err = call[datasetResult](ctx, op, "export datasets", req, sink{file: receive(dir)})
		return err
	})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(o.stdout, 0, 8, 2, ' ', 0)
	for _, d := range result.Datasets {
		state := "written"
		if d.Kept {
			state = "unchanged"
		}
		fmt.Fprintf(table, "%s\t%d rows\t%d files\t%s\n", d.Extract, d.Rows, d.Files, state)
	}
	return table.Flush()
}

// ExportDatasets writes a job where it says, or sends datasets to who asks.
func (l *local) ExportDatasets(ctx context.Context, req datasetRequest, to sink) (datasetResult, error) {
	if req.Job != "" {
		i := slices.IndexFunc(l.cfg.Exports, func(e *extracts.Export) bool { return e.Name == req.Job })
		if i < 0 {
			return datasetResult{}, fmt.Errorf("export: there is no [[export]] %q in %s", req.Job, l.cfg.path)
		}
		written, err := l.runExport(ctx, l.cfg.Exports[i], req.Reason)
		return datasetResult{written}, err
	}
	e := &extracts.Export{Name: "by hand", To: "the client", As: req.As, Extracts: req.Names}
	if err := e.Check(); err != nil {
		return datasetResult{}, fmt.Errorf("export: %w", err)
	}
	w, err := l.exporter(ctx, req.Reason)
	if err != nil {
		return datasetResult{}, err
	}
	written, err := w.Send(ctx, e, func(name, file string) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return to.file(name, info.Size(), f)
	})
	return datasetResult{written}, err
}

// runExport writes one export where it says.
func (l *local) runExport(ctx context.Context, e *extracts.Export, reason string) ([]extracts.Written, error) {
	w, err := l.exporter(ctx, reason)
	if err != nil {
		return nil, err
	}
	return w.Write(ctx, e)
}

// exporter writes datasets and puts each on record before it leaves.
func (l *local) exporter(ctx context.Context, reason string) (extracts.Writer, error) {
	scratch, err := l.w.Scratch()
	if err != nil {
		return extracts.Writer{}, err
	}
	p := peerOf(ctx)
	return extracts.Writer{
		Marts: queries.Open(l.w.DB()), Engine: warehouse.Batches, Scratch: scratch, Clock: time.Now, Getenv: os.Getenv,
		Record: func(e *extracts.Export, d extracts.Written) error {
			return l.audit.Write(audit.Event{
				Kind: audit.Extract, By: p.identity(), Address: p.address(), What: d.Extract, Reason: reason,
				Fields: map[string]string{
					"export": e.Name, "to": e.To, "policy": e.As, "format": "parquet", "rows": strconv.FormatInt(d.Rows, 10), "sha256": d.SHA256,
				},
			})
		},
	}, nil
}

// scheduleExports writes each export with a schedule at its times, until ctx ends.
func (l *local) scheduleExports(log *slog.Logger, zone *time.Location) func(context.Context) error {
	return func(ctx context.Context) error {
		times := cron.New(cron.WithLocation(zone), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
		for _, e := range l.cfg.Exports {
			if e.Schedule == "" {
				continue
			}
			_, err := times.AddFunc(e.Schedule, func() {
				written, err := l.runExport(ctx, e, "scheduled")
				if err != nil {
					log.ErrorContext(ctx, "scheduled export", "export", e.Name, "err", err)
				}
				for _, w := range written {
					log.InfoContext(ctx, "scheduled export", "export", e.Name, "extract", w.Extract, "rows", w.Rows, "unchanged", w.Kept)
				}
			})
			if err != nil {
				return fmt.Errorf("export %s: schedule: %w", e.Name, err)
			}
		}
		times.Start()
		<-ctx.Done()
		<-times.Stop().Done()
		return nil
	}
}

// checkExports reports what is wrong with [[export]], and makes folders relative to
// config.toml absolute.
func (c *Config) checkExports(found *configError) {
	seen := map[string]bool{}
	for i, e := range c.Exports {
		if err := e.Check(); err != nil {
			for _, one := range split(err) {
				found.add(0, "export %d: %v", i+1, one)
			}
		}
		if seen[e.Name] {
			found.add(0, "export %d: name %q is taken by another export", i+1, e.Name)
		}
		seen[e.Name] = true
		if e.Schedule != "" {
			if _, err := cron.ParseStandard(e.Schedule); err != nil {
				found.add(0, "export %d: schedule %q is not like \"30 5 * * *\": %v", i+1, e.Schedule, err)
			}
		}
		if !strings.HasPrefix(e.To, "s3://") && e.To != "" && !filepath.IsAbs(e.To) {
			e.To = filepath.Join(filepath.Dir(c.path), e.To)
		}
	}
}
