package bamboohr

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// fewChanged is how many employees are asked for one by one, so to say: beyond it the
// whole dataset is read.
const (
	fewChanged = 500
	atOnce     = 100
)

// dataset reads the fields that the map names.
func (w *walk) dataset() error {
	fields := slices.Clone(w.p.columns)
	if !slices.Contains(fields, w.p.ID) {
		fields = append(fields, w.p.ID)
	}
	w.columns(w.p.columns...)
	if w.from.IsZero() {
		if err := w.pages(fields, w.p.Filter); err != nil {
			return err
		}
		w.next(w.began)
		return nil
	}
	c, err := w.changed()
	if err != nil {
		return err
	}
	if len(c.ids) > fewChanged {
		if err := w.pages(fields, w.p.Filter); err != nil {
			return err
		}
	} else {
		for ids := range slices.Chunk(c.ids, atOnce) {
			quoted := make([]string, len(ids))
			for i, id := range ids {
				quoted[i] = "'" + strings.ReplaceAll(id, "'", "''") + "'"
			}
			filter := w.p.ID + " in (" + strings.Join(quoted, ",") + ")"
			if w.p.Filter != "" {
				filter = "(" + w.p.Filter + ") and " + filter
			}
			if err := w.pages(fields, filter); err != nil {
				return err
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.gone(w.p.ID, c.deleted)
}

// pages reads all pages of a dataset, ordered by the employee's id so that a page is
// the same page tomorrow. Where employees moved between pages it reads them again.
func (w *walk) pages(fields []string, filter string) error {
	const walks = 3
	for n := 1; ; n++ {
		err := w.onePass(fields, filter)
		if err == nil || n == walks || !errors.Is(err, web.ErrMoved) {
			return err
		}
		w.result.Warnings = append(w.result.Warnings, fmt.Sprintf("walked again: %v", err))
	}
}

func (w *walk) onePass(fields []string, filter string) error {
	path := "/api/v2/datasets/" + url.PathEscape(w.p.Dataset) + "/data"
	guard := web.NewGuard(0)
	at := slices.Index(fields, w.p.ID)
	read := web.NewColumns(fields)
	values := make([]string, len(fields))
	record := map[string]string{}
	for page := 1; ; page++ {
		ask := map[string]any{"fields": fields, "orderBy": w.p.ID + " asc", "page": page, "pageSize": w.c.o.PageSize}
		if filter != "" {
			ask["filter"] = filter
		}
		body, err := json.Marshal(ask)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("POST %s page %d", path, page)
		a, err := w.c.client.Do(w.ctx, web.Request{Method: http.MethodPost, Path: path, Body: body, Rules: w.c.rules, What: what})
		if err != nil {
			return err
		}
		if err := guard.Begin(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		n := 0
		meta, err := web.Walk(a.Reader(), "data", func(_ string, raw []byte) error {
			n++
			inner, err := fieldsOf(raw)
			if err != nil {
				return err
			}
			if err := read.Read(inner, values); err != nil {
				return fmt.Errorf("record %d %w", guard.Rows()+1, err)
			}
			if values[at] == "" {
				return fmt.Errorf("record %d has no %s: set id_field to the field with the employee's id", guard.Rows()+1, w.p.ID)
			}
			guard.Key(values[at])
			clear(record)
			for i, name := range fields {
				if values[i] != "" {
					record[name] = values[i]
				}
			}
			return w.add(record)
		})
		if err == nil && n > 0 {
			err = guard.Body(a.Hash())
		}
		hash := a.Close()
		if err != nil || hash != nil {
			return fmt.Errorf("%s: %w", what, errors.Join(err, hash))
		}
		total, err := json.Number(meta["meta.totalItems"]).Int64()
		if err != nil {
			return fmt.Errorf("%s: the answer does not say how many records there are", what)
		}
		guard.Total(total)
		w.total = total
		// A short page is not the last one: the end is where nothing more comes.
		if n == 0 || meta["links.next"] == "" && guard.Rows() >= total {
			return guard.End()
		}
	}
}

// fieldsOf returns the fields of a record of a dataset.
func fieldsOf(raw []byte) ([]byte, error) {
	var r struct {
		Fields json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(raw, &r); err != nil || len(r.Fields) == 0 {
		return nil, errors.New(`a record has no "fields"`)
	}
	return r.Fields, nil
}

// table reads a table of employees: of all, or of those that changed. Whoever comes
// comes with all rows.
func (w *walk) table() error {
	w.columns(w.p.columns...)
	w.result.Within = true
	read := web.NewColumns(w.p.columns)
	values := make([]string, len(w.p.columns))
	record := map[string]string{}
	row := func(employee string, raw []byte) error {
		if err := read.Read(raw, values); err != nil {
			return fmt.Errorf("a row of employee %q %w", employee, err)
		}
		clear(record)
		for i, name := range w.p.columns {
			if values[i] != "" {
				record[name] = values[i]
			}
		}
		if employee != "" && slices.Contains(w.p.columns, "employeeId") {
			record["employeeId"] = employee
		}
		splitMoney(record, w.p.columns, raw)
		return w.add(record)
	}
	name := url.PathEscape(w.p.Table)
	if w.from.IsZero() {
		a, err := w.get("/api/v1/employees/all/tables/"+name, nil)
		if err != nil {
			return err
		}
		defer a.Close()
		if _, err := web.Walk(a.Reader(), "", func(_ string, raw []byte) error { return row("", raw) }); err != nil {
			return fmt.Errorf("GET /api/v1/employees/all/tables/%s: %w", name, err)
		}
		w.next(w.began)
		return nil
	}
	c, err := w.changed()
	if err != nil {
		return err
	}
	if len(c.deleted) > 0 {
		w.result.Warnings = append(w.result.Warnings, fmt.Sprintf("%d employees were deleted in BambooHR: their rows stay until the weekly full walk", len(c.deleted)))
	}
	since := w.from.Add(-ingest.Overlap).UTC().Format(time.RFC3339)
	a, err := w.get("/api/v1/employees/changed/tables/"+name, url.Values{"since": {since}})
	if err != nil {
		return err
	}
	defer a.Close()
	_, err = web.Walk(a.Reader(), "employees.*", func(employee string, raw []byte) error {
		_, err := web.Walk(strings.NewReader(string(raw)), "rows", func(_ string, raw []byte) error { return row(employee, raw) })
		return err
	})
	if err != nil {
		return fmt.Errorf("GET /api/v1/employees/changed/tables/%s: %w", name, err)
	}
	return nil
}

// splitMoney reads an amount that is one text, "52000.00 USD", where the map wants its
// value and currency, as which it comes otherwise.
func splitMoney(record map[string]string, columns []string, raw []byte) {
	for _, name := range columns {
		field, ok := strings.CutSuffix(name, ".value")
		if !ok || record[name] != "" {
			continue
		}
		one := make([]string, 1)
		if err := web.NewColumns([]string{field}).Read(raw, one); err != nil || one[0] == "" || one[0][0] == '{' {
			continue
		}
		value, currency, _ := strings.Cut(strings.TrimSpace(one[0]), " ")
		record[name] = value
		if slices.Contains(columns, field+".currency") && currency != "" {
			record[field+".currency"] = strings.TrimSpace(currency)
		}
	}
}

// timeOff reads the requests for time off, year by year.
func (w *walk) timeOff() error {
	w.columns("absence_id", "person_id", "absence_type", "from_date", "to_date", "absent_hours")
	from := w.began.AddDate(-2, 0, 0)
	if w.p.From != "" {
		var err error
		if from, err = time.Parse(time.DateOnly, w.p.From); err != nil {
			return err
		}
	}
	ahead := w.p.Ahead
	if ahead == 0 {
		ahead = 365
	}
	end := w.began.AddDate(0, 0, ahead)
	seen := map[string]bool{}
	inDays := 0
	for ; !from.After(end); from = from.AddDate(1, 0, 0) {
		last := from.AddDate(1, 0, -1)
		if last.After(end) {
			last = end
		}
		query := url.Values{
			"start": {from.Format(time.DateOnly)}, "end": {last.Format(time.DateOnly)},
			"status": {strings.Join(w.p.Status, ",")}, "excludeNote": {"1"},
		}
		a, err := w.get("/api/v1/time_off/requests", query)
		if err != nil {
			return err
		}
		n, err := w.requests(a, seen)
		a.Close()
		if err != nil {
			return fmt.Errorf("GET /api/v1/time_off/requests from %s: %w", query.Get("start"), err)
		}
		inDays += n
	}
	if inDays > 0 {
		w.result.Warnings = append(w.result.Warnings, fmt.Sprintf("%d requests are counted in days: how many hours were missed is not known of them", inDays))
	}
	return nil
}

// requests reads one answer, and returns how many of its requests are counted in days.
// Those that reach over a border of years come in two answers.
func (w *walk) requests(a *web.Answer, seen map[string]bool) (int, error) {
	columns := web.NewColumns([]string{"id", "employeeId", "type.name", "start", "end", "amount.unit", "amount.amount"})
	v := make([]string, 7)
	inDays := 0
	_, err := web.Walk(a.Reader(), "", func(_ string, raw []byte) error {
		if err := columns.Read(raw, v); err != nil {
			return err
		}
		if v[0] != "" && seen[v[0]] {
			return nil
		}
		seen[v[0]] = true
		record := map[string]string{"absence_id": v[0], "person_id": v[1], "absence_type": v[2], "from_date": v[3]}
		if end, err := time.Parse(time.DateOnly, v[4]); err == nil {
			record["to_date"] = end.AddDate(0, 0, 1).Format(time.DateOnly)
		}
		switch {
		case v[5] == "hours" && v[6] != "":
			record["absent_hours"] = v[6]
		case v[5] == "days":
			inDays++
		}
		return w.add(record)
	})
	return inDays, err
}
