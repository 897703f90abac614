package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"dials/dashboards"
	"dials/dashboards/alerts"
	"dials/dashboards/audit"
	"dials/queries"
)

const alertsManual = `Lists the rules of [[alert]] and how they stand, tells their recipients what they
find now, or mails page 1 as [digest] says.

Rules are looked at after each sync, and every [alerts] every while "dials serve"
runs. Whoever is told sees what their role may see, and never anything of a person.
What could not be delivered is tried again, and listed until it is.`

// alertsPath is where what was said is kept: beside the warehouse.
func alertsPath(warehouse string) string { return warehouse + ".alerts.json" }

type alertsRequest struct {
	Name string `json:"name,omitempty"`
}

type alertsResult struct {
	Standing []alerts.Standing `json:"standing,omitempty"`
	Sent     []string          `json:"sent,omitempty"`
}

func newAlerts(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "alerts",
		Short:   "How alerts stand; try them, mail the digest",
		Long:    alertsManual,
		Example: "  dials alerts list\n  dials alerts test \"defects rise\"\n  dials alerts digest",
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "How each rule stands", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.alerts(cmd.Context(), "alerts list", "") },
	}
	o.addFormat(list)
	test := &cobra.Command{
		Use: "test [NAME]", Short: "Tell the recipients of a rule, or of all, what it finds now", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.alerts(cmd.Context(), "alerts test", strings.Join(args, ""))
		},
	}
	digest := &cobra.Command{
		Use: "digest", Short: "Mail page 1 now, as [digest] says", Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.alerts(cmd.Context(), "alerts digest", "") },
	}
	cmd.AddCommand(list, test, digest)
	return cmd
}

// alerts asks the operator and prints its answer.
func (o *options) alerts(ctx context.Context, request, name string) error {
	asJSON, err := o.wantJSON()
	if err != nil {
		return err
	}
	var result alertsResult
	err = o.withOperator(ctx, func(op operator) (err error) {
		result, err = call[alertsResult](ctx, op, request, alertsRequest{name}, sink{})
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(o.stdout, result)
	}
	for _, line := range result.Sent {
		fmt.Fprintln(o.stdout, line)
	}
	if request != "alerts list" {
		return nil
	}
	return printStanding(o.stdout, result.Standing)
}

func printStanding(w io.Writer, all []alerts.Standing) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "alert\tto\tas\tstate\tsince\tlast look")
	for _, s := range all {
		since := ""
		if !s.Since.IsZero() {
			since = s.Since.Format("2006-01-02 15:04")
		}
		text := s.Text
		if s.Waiting > 0 {
			text += fmt.Sprintf(" (%d not delivered yet: %s)", s.Waiting, s.LastFail)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Alert, s.To, s.As, s.State, since, text)
	}
	return table.Flush()
}

// checkAlerts reports what is wrong with [alerts], [[alert]] and [digest].
func (c *Config) checkAlerts(found *configError) {
	mailed := alerts.Mailed(c.Digest.To)
	seen := map[string]bool{}
	for i, r := range c.AlertRules {
		for _, err := range r.Check() {
			found.add(0, "alert %d: %v", i+1, err)
		}
		if seen[r.Name] {
			found.add(0, "alert %d: name %q is taken by another alert", i+1, r.Name)
		}
		seen[r.Name] = true
		mailed = mailed || alerts.Mailed(r.To)
	}
	for _, err := range c.Digest.Check() {
		found.add(0, "digest: %v", err)
	}
	if c.Digest.Schedule != "" {
		if _, err := cron.ParseStandard(c.Digest.Schedule); err != nil {
			found.add(0, "digest: schedule %q is not like \"0 7 * * 1\": %v", c.Digest.Schedule, err)
		}
	}
	for _, err := range c.Alerts.Check(mailed) {
		found.add(0, "%v", err)
	}
}

// withAlerts does f with the alerts; one at a time, for what was said is in one file.
func (l *local) withAlerts(ctx context.Context, log *slog.Logger, f func(*alerts.Alerts) error) error {
	l.alerting.Lock()
	defer l.alerting.Unlock()
	page, err := dashboards.NewDigest(dashboards.Options{DB: l.w.DB(), Company: l.cfg.Company, Clock: time.Now}, l.cfg.Server.BaseURL)
	if err != nil {
		return err
	}
	p := peerOf(ctx)
	a, err := alerts.New(alerts.Options{
		Config: l.cfg.Alerts, Rules: l.cfg.AlertRules, Digest: l.cfg.Digest, Company: l.cfg.Company.Name, BaseURL: l.cfg.Server.BaseURL,
		Path: alertsPath(l.cfg.Warehouse.Path), Marts: queries.Open(l.w.DB()), Clock: time.Now, Log: log, Stdout: os.Stdout, Getenv: os.Getenv,
		Page: func(ctx context.Context, policy queries.Policy, unit, period string) (alerts.Page, error) {
			d, err := page(ctx, policy, unit, period)
			return alerts.Page{Title: d.Title, HTML: d.HTML, Text: d.Text}, err
		},
		Record: func(m alerts.Message) error {
			return l.audit.Write(audit.Event{
				Kind: audit.Extract, By: p.identity(), Address: p.address(), What: "alert " + m.Rule,
				Fields: map[string]string{"to": m.To, "policy": m.As, "what": m.What, "message": m.ID},
			})
		},
	})
	if err != nil {
		return err
	}
	return f(a)
}

// AlertsList says how each rule stands.
func (l *local) AlertsList(ctx context.Context, _ alertsRequest, _ report) (out alertsResult, err error) {
	err = l.withAlerts(ctx, slog.New(slog.DiscardHandler), func(a *alerts.Alerts) error { out.Standing = a.List(); return nil })
	return out, err
}

// standings is how the page of alerts asks.
func (l *local) standings(ctx context.Context) ([]alerts.Standing, error) {
	if len(l.cfg.AlertRules) == 0 {
		return nil, nil
	}
	out, err := l.AlertsList(ctx, alertsRequest{}, nil)
	return out.Standing, err
}

// AlertsTest tells what rules find now.
func (l *local) AlertsTest(ctx context.Context, req alertsRequest, _ report) (out alertsResult, err error) {
	err = l.withAlerts(ctx, slog.New(slog.DiscardHandler), func(a *alerts.Alerts) (err error) {
		out.Sent, err = a.Test(ctx, req.Name)
		return err
	})
	return out, err
}

// AlertsDigest mails page 1.
func (l *local) AlertsDigest(ctx context.Context, _ alertsRequest, _ report) (out alertsResult, err error) {
	if len(l.cfg.Digest.To) == 0 {
		return out, errors.New("there is no [digest] in config.toml, or nobody in its to")
	}
	err = l.withAlerts(ctx, slog.New(slog.DiscardHandler), func(a *alerts.Alerts) (err error) {
		out.Sent, err = a.SendDigest(ctx)
		return err
	})
	return out, err
}

// tellAlerts looks at the rules, if there are any.
func (l *local) tellAlerts(ctx context.Context, log *slog.Logger) error {
	if len(l.cfg.AlertRules) == 0 && len(l.cfg.Digest.To) == 0 {
		return nil
	}
	return l.withAlerts(ctx, log, func(a *alerts.Alerts) error { return a.Check(ctx) })
}

// scheduleAlerts looks at the rules again and again, and mails the digest at its times,
// until ctx ends. What fails is logged, and tried again.
func (l *local) scheduleAlerts(log *slog.Logger, zone *time.Location) func(context.Context) error {
	return func(ctx context.Context) error {
		every, err := time.ParseDuration(l.cfg.Alerts.Every)
		if err != nil {
			return err
		}
		times := cron.New(cron.WithLocation(zone), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
		if l.cfg.Digest.Schedule != "" {
			_, err := times.AddFunc(l.cfg.Digest.Schedule, func() {
				err := l.withAlerts(ctx, log, func(a *alerts.Alerts) error {
					_, err := a.SendDigest(ctx)
					return err
				})
				if err != nil {
					log.ErrorContext(ctx, "digest", "err", err)
				}
			})
			if err != nil {
				return fmt.Errorf("digest: schedule: %w", err)
			}
		}
		if len(l.cfg.AlertRules)+len(l.cfg.Digest.To) > 0 {
			times.Schedule(cron.Every(every), cron.FuncJob(func() {
				if err := l.tellAlerts(ctx, log); err != nil {
					log.ErrorContext(ctx, "alerts", "err", err)
				}
			}))
		}
		times.Start()
		<-ctx.Done()
		<-times.Stop().Done()
		return nil
	}
}
