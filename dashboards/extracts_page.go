package dashboards

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/dashboards/extracts"
	"dials/queries"
)

// extractList is what analysts may take away, and how.
var extractList = page{
	Path: "/extracts", Name: "Extracts", Heading: "Extracts", Template: "extracts.html",
	Topics: []queries.Topic{queries.TopicDefinitions}, Action: queries.ActionExtract, Load: loadExtracts,
}

// extractsView is the data of templates/extracts.html.
type extractsView struct {
	Extracts []extractEntry
	Formats  []formatNote
}

// An extractEntry is one extract of the list.
type extractEntry struct {
	Name, Title, Grain, Key, Owner, Filters string

	IsAboutPeople bool // groups of them
	IsPerson      bool
	Links         []extractLink
	Columns       []queries.ExtractColumn
}

type extractLink struct{ Ending, URL string }

// A formatNote says whom a format is for.
type formatNote struct{ Ending, For string }

func loadExtracts(_ context.Context, r *request) (*content, error) {
	catalogue, err := queries.Extracts()
	if err != nil {
		return nil, err
	}
	view := &extractsView{Formats: []formatNote{
		{"parquet", "pandas, polars, R, DuckDB, Power BI: typed, small, read in parts over HTTP"},
		{"arrows", "Arrow readers that begin before the end: pyarrow, polars, R arrow, Arrow in JavaScript"},
		{"arrow", "Arrow readers that want to jump about in a file, or map it into memory"},
		{"csv", "everything else; text that a spreadsheet would run as a formula is guarded by an apostrophe unless you add ?raw=1, and ?bom=1 adds the mark that Excel wants"},
		{"xlsx", "Excel, with a sheet of definitions; at most 1,048,575 rows"},
		{"json", "scripts; decimals are text, so that nothing rounds them"},
	}}
	for _, e := range catalogue {
		if !r.reader.Policy.Can(queries.ActionExtract) || !r.reader.Policy.May(e.Topic, e.Class) {
			continue
		}
		entry := extractEntry{
			Name: e.Name, Title: e.Title, Grain: e.Grain, Key: strings.Join(e.Key, ", "), Owner: e.Owner,
			Filters: strings.Join(e.Choices(), ", "),
			Columns: e.Columns, IsAboutPeople: e.Class == queries.Aggregate || e.Class == queries.Pay, IsPerson: e.IsPerson(),
		}
		for _, ending := range extracts.Endings() {
			entry.Links = append(entry.Links, extractLink{ending, "/extracts/" + e.Name + "." + ending})
		}
		view.Extracts = append(view.Extracts, entry)
	}
	answer := &content{
		Title: "You can take " + r.numbers.plural(int64(len(view.Extracts)), "dataset") + " away, in six formats",
		Lead:  "Each holds what you may see and nothing else, with the definition of every column inside the file. Each download is recorded.",
		Body:  view,
	}
	if len(view.Extracts) == 0 {
		answer.Title, answer.Lead = "There is nothing that you may take away", "Extracts need the role analyst, or a role that sees the page which shows the same numbers."
	}
	return answer, nil
}

// openExtracts makes the downloads ready, where there is a folder for them.
func (s *server) openExtracts() (err error) {
	if s.ExtractDir == "" {
		return nil
	}
	s.extracts, err = extracts.New(extracts.Options{
		Marts: s.marts, Engine: s.Engine, Dir: s.ExtractDir, Limit: s.ExtractBytes, Log: s.Log,
		Persons: s.persons, Record: s.recordExtract,
		Reader: func(c *fiber.Ctx) queries.Reader {
			v := access.Of(c)
			return queries.Reader{Policy: v.Policy, Reason: v.Purpose} // a program's reason is its token's purpose
		},
	})
	return err
}

// recordExtract notes who took what away, before it leaves.
func (s *server) recordExtract(c *fiber.Ctx, d extracts.Download) error {
	v := access.Of(c)
	fields := map[string]string{
		"format": d.Format, "rows": strconv.FormatInt(d.Rows, 10), "columns": strings.Join(d.Columns, ","), "policy": v.Policy.GroupKey(), "fingerprint": d.Fingerprint,
	}
	for name, value := range d.Filters {
		fields["filter "+name] = value
	}
	if d.SHA256 != "" {
		fields["sha256"] = d.SHA256
	}
	return s.Access.Audit.Write(audit.Event{
		At: s.Clock(), Kind: audit.Extract, By: audit.Identity(v.ID), Address: v.Address, What: d.Extract, Reason: cmp.Or(d.Reason, v.Purpose), Fields: fields,
	})
}
