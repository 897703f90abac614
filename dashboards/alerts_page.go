package dashboards

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"dials/dashboards/alerts"
	"dials/queries"
)

// Standings says how every alert stands, as of the last time it was looked at.
type Standings func(ctx context.Context) ([]alerts.Standing, error)

// alertsPage is how the alerts stand, for those who may set them.
var alertsPage = page{
	Path: "/alerts", Heading: "Alerts", Topics: []queries.Topic{queries.TopicTrust}, Action: queries.ActionAlerts, Template: "overview.html", Live: true, Load: loadAlerts,
}

func loadAlerts(ctx context.Context, r *request) (*content, error) {
	var all []alerts.Standing
	if r.standings != nil {
		var err error
		if all, err = r.standings(ctx); err != nil {
			return nil, err
		}
	}
	others := len(all)
	all = slices.DeleteFunc(all, func(s alerts.Standing) bool { return !r.isToldTo(s.As) })
	others -= len(all)
	if len(all) == 0 && others > 0 {
		return &content{Title: "No alert is told to you", Body: &overview{Empty: "The alerts that are set are told to other roles, or of other units."}}, nil
	}
	if len(all) == 0 {
		return &content{Title: "No alert is set", Body: &overview{Empty: "Add [[alert]] to config.toml (a query, what to watch, a threshold, to whom), then restart. “dials alerts test” tells what it would find now."}}, nil
	}
	order := []string{"alert", "pending", "quiet"}
	slices.SortStableFunc(all, func(a, b alerts.Standing) int {
		return cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State))
	})
	l := listing{ID: "alerts", Title: "Which alerts fire, and since when?", Head: []listHead{{Text: "Alert"}, {Text: "State"}, {Text: "Since"}, {Text: "Told"}, {Text: "By"}, {Text: "At the last look"}, {Text: "Not delivered yet", IsNumber: true}}}
	firing, waiting := 0, 0
	for _, s := range all {
		if s.State == "alert" {
			firing++
		}
		waiting += s.Waiting
		way := "mail"
		switch {
		case s.To == "stdout":
			way = "standard output"
		case strings.Contains(s.To, "://"):
			way = "webhook"
		}
		l.Rows = append(l.Rows, words(s.Alert, map[string]string{"alert": "▲ fires", "pending": "◆ holds, not yet long enough", "quiet": "● quiet"}[s.State],
			r.instantOr(s.Since), r.instantOr(s.Told), way, cmp.Or(s.Text, unknown), r.numbers.count(int64(s.Waiting))))
	}
	l.Foot = []footItem{{Text: "set in config.toml, [[alert]]"}, {Text: "each delivery is in the audit"}}
	title := "No alert fires"
	if firing > 0 {
		title = capital(counted(firing, "alert", "fires", "fire")) + ", of " + inWords(len(all)) + " set for you"
	}
	lead := "Who is told, sees what their own role may see, never pay or single people."
	if others > 0 {
		lead += " Others are told to other roles, or of other units."
	}
	if waiting > 0 {
		lead += " " + capital(counted(waiting, "message", "waits", "wait")) + " to be delivered."
	}
	return &content{Title: title, Lead: lead, Body: &overview{Lists: []listing{l}}}, nil
}

func (r *request) instantOr(t time.Time) string {
	if t.IsZero() {
		return unknown
	}
	return t.In(r.zone).Format("2 Jan 2006, 15:04")
}

// isToldTo reports whether what is told to a role, ROLE or ROLE:UNIT, is the reader's to see.
func (r *request) isToldTo(as string) bool {
	role, unit, _ := strings.Cut(as, ":")
	p := r.visitor.Policy
	return slices.Contains(p.Roles, queries.Role(role)) && (p.Whole() || unit != "" && slices.Contains(p.Units, unit))
}
