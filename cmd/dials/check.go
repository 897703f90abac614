package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dials/ingest"
)

const checkManual = `Reads config.toml, tests each source without loading it, and runs the checks on
the warehouse: keys unique, references resolved, no overlapping dates, money with a
currency, headcount against payroll heads, …

Prints one finding a line, "path:line: severity: message". The exit code is 1 if
one of them is an error, and 0 for warnings.`

// A checkRequest has no choices yet.
type checkRequest struct{}

// A checkResult is what a check found.
type checkResult struct {
	Findings  []finding `json:"findings"`
	Warehouse string    `json:"warehouse,omitempty"` // its versions
}

// A finding is one thing that a person should look at.
type finding struct {
	Path     string `json:"path"` // of the file, the source or the check
	Line     int    `json:"line,omitempty"`
	Severity string `json:"severity"` // error or warning
	Message  string `json:"message"`
}

func newCheck(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration, the sources and the data",
		Long:  checkManual,
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			result, err := o.check(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(o.stdout, result)
			} else {
				if result.Warehouse != "" {
					fmt.Fprintf(o.stderr, "warehouse: %s\n", result.Warehouse)
				}
				err = o.printFindings(result)
			}
			return errors.Join(err, result.err())
		},
	}
	o.addFormat(cmd)
	return cmd
}

// check reads the configuration, whose mistakes are findings, and asks the
// operator for the rest.
func (o *options) check(ctx context.Context) (checkResult, error) {
	if _, err := readConfig(o.configPath); err != nil {
		var mistakes configError
		if !errors.As(err, &mistakes) {
			return checkResult{}, err
		}
		return checkResult{Findings: mistakes.findings()}, nil
	}
	var result checkResult
	err := o.withOperator(ctx, func(op operator) (err error) {
		result, err = call[checkResult](ctx, op, "check", checkRequest{}, sink{})
		return err
	})
	return result, err
}

// Check tests the sources and the data of the warehouse.
func (l *local) Check(ctx context.Context, _ checkRequest, _ report) (checkResult, error) {
	v, err := l.w.Versions(ctx)
	if err != nil {
		return checkResult{}, err
	}
	result := checkResult{
		Findings:  []finding{},
		Warehouse: fmt.Sprintf("DuckDB %s, storage %s, migration %d, data version %d", v.Engine, v.Storage, v.Migration, v.DataVersion),
	}
	for _, s := range l.cfg.Sources {
		for _, err := range ingest.Probe(ctx, l.w, s) {
			result.Findings = append(result.Findings, finding{
				Path: l.cfg.path, Line: l.cfg.line(s.Name), Severity: "error", Message: err.Error(),
			})
		}
	}
	found, err := l.w.Check(ctx)
	if err != nil {
		return result, err
	}
	for _, f := range found {
		result.Findings = append(result.Findings, finding{
			Path: cmp.Or(f.File, "check "+f.Check), Line: f.Line, Severity: f.Severity, Message: f.Message,
		})
	}
	return result, nil
}

// err says whether a finding is an error.
func (r checkResult) err() error {
	for _, f := range r.Findings {
		if f.Severity == "error" {
			return errFindings
		}
	}
	return nil
}

func (o *options) printFindings(r checkResult) error {
	for _, f := range r.Findings {
		place := f.Path
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.Path, f.Line)
		}
		if _, err := fmt.Fprintf(o.stdout, "%s: %s: %s\n", place, f.Severity, f.Message); err != nil {
			return err
		}
	}
	return nil
}
