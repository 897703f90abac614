package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dials/warehouse"
)

// A sourceColumn is a column as it is read: its own name, its DuckDB type and the
// SQL that reads it.
type sourceColumn struct {
	Name, Type, Expr string
	trimmed          bool // see Batch.Trimmed
}

// reading is what is known of a file or a batch before its columns are mapped.
type reading struct {
	cols   []sourceColumn
	json   bool      // records are JSON: a column that was not seen may still be there
	paths  *[]string // of the columns of JSON records; column i reads j[i+1]
	odd    bool      // holds control characters or unusual blanks
	notes  bool      // see Batch.Notes
	sparse bool      // see Batch.Sparse
	gone   bool      // see Batch.Gone
	serial string    // day 0 of the spreadsheet that it is, or ""
}

// mapping is how the records of a reading become rows of landing.
type mapping struct {
	fields   []field
	cols     []sourceColumn // as the reading has them, for payloads
	extra    string         // SQL of the kept columns
	dropped  []string       // source columns that nothing reads
	absent   []string       // canonical columns whose source column was not seen
	from, to bool           // valid_from, valid_to are stated
	asOf     bool           // as_of is a source column
	json     bool
	paths    *[]string
	notes    bool
	gone     bool
}

// newMapping finds where each canonical column comes from. A header that does not
// fit is one error that names what is missing and what is new.
func newMapping(st *SourceStream, s Stream, r reading) (*mapping, error) {
	m := &mapping{cols: r.cols, json: r.json, paths: r.paths, notes: r.notes, gone: r.gone}
	used := map[string]bool{}
	lenient := r.json || r.sparse
	var missing, errs []string
	for _, c := range fillable(st.target) {
		if r.gone && !slices.Contains(st.target.Key, c.Name) {
			continue // what is deleted is known by its key
		}
		rule, explicit := st.Map[c.Name], true
		if rule == nil {
			rule, explicit = &Rule{From: []string{c.Name}}, false
		}
		f, lacks, err := newField(len(m.fields), c, rule, explicit, s, r, st.Timezone, used)
		switch {
		case err != nil:
			errs = append(errs, err.Error())
		case len(lacks) > 0 && explicit && !lenient:
			missing = append(missing, quotedList(lacks)+" (for "+c.Name+")")
		case len(lacks) > 0 && c.Required && (!lenient || r.sparse && !explicit):
			missing = append(missing, fmt.Sprintf("%q (required; map can say where it is)", c.Name))
		case explicit && rule.Value == nil && (len(lacks) > 0 || r.sparse) && !r.gone:
			m.absent = append(m.absent, c.Name)
		}
		stated := f.value != "null" || explicit && r.sparse
		m.from = m.from || stated && c.Name == "valid_from"
		m.to = m.to || stated && c.Name == "valid_to"
		m.fields = append(m.fields, f)
	}
	if r.gone {
		s.AsOfColumn = ""
	}
	if err := m.addAsOf(s, r, used); err != nil {
		missing = append(missing, err.Error())
	}
	m.addExtra(st.Keep, r, used)
	for i, c := range r.cols {
		if !used[c.Name] && !r.gone {
			m.dropped = append(m.dropped, fmt.Sprintf("column %d is %q", i+1, c.Name))
		}
	}
	errs = append(errs, m.checkTimes(st)...)
	if len(missing) > 0 {
		words := headerWords(missing, m.dropped)
		if len(used) == 0 && !r.json {
			words += ": if the column names stand in another row, set header_row"
		}
		errs = append(errs, words)
	}
	if len(errs) > 0 {
		return nil, errors.New(strings.Join(errs, "; "))
	}
	return m, nil
}

// headerWords says what is missing from a header, and what nothing reads: it may be
// the missing one under a new name.
func headerWords(missing, dropped []string) string {
	words := list(missing) + " is missing"
	if len(missing) > 1 {
		words = list(missing) + " are missing"
	}
	if len(dropped) > 0 {
		const few = 5
		more := ""
		if len(dropped) > few {
			dropped, more = dropped[:few], ", …"
		}
		return "header " + list(dropped) + more + ", which nothing reads; " + words
	}
	return "header: " + words
}

// checkTimes finds effective dates that do not fit the delivery.
func (m *mapping) checkTimes(st *SourceStream) []string {
	if !st.target.Dated || m.gone {
		return nil
	}
	var errs []string
	if st.Delivery == warehouse.History && !m.from {
		errs = append(errs, `delivery = "history" needs valid_from, which is neither mapped nor in the header: map it, or set delivery = "snapshot" for a table of what is true now`)
	}
	if m.to && !m.from {
		errs = append(errs, "valid_to needs valid_from, which is neither mapped nor in the header")
	}
	return errs
}

// newField builds one field. lacks are the source columns that it needs and the
// header does not have; then its value is null.
func newField(i int, c warehouse.Column, rule *Rule, explicit bool, s Stream, r reading, zone string, used map[string]bool) (f field, lacks []string, err error) {
	f = field{name: c.Name, t: fmt.Sprintf("t%d", i), v: fmt.Sprintf("v%d", i), b: fmt.Sprintf("b%d", i), text: "null::varchar", value: "null"}
	if rule.Value != nil {
		f.text, f.constant = "nullif(trim("+literal(*rule.Value)+"), '')", true
		setValue(&f, c, rule, s, reading{}, "VARCHAR", zone)
		return f, nil, nil
	}
	var cols []sourceColumn
	for _, name := range rule.From {
		col, ok := r.find(name)
		if !ok && r.json && explicit {
			col, ok = r.addPath(name), true
			lacks = append(lacks, name)
		}
		if !ok {
			lacks = append(lacks, name)
			continue
		}
		cols = append(cols, col)
	}
	if len(cols) < len(rule.From) {
		if c.Required {
			setBad(&f, c, "'is missing'", "false")
		}
		return f, lacks, nil
	}
	for _, col := range cols {
		used[col.Name] = true
	}
	typ := "VARCHAR"
	plain := len(rule.Null)+len(rule.Values)+len(rule.Format)+len(s.Writing.Null) == 0 && rule.Pad == 0
	if len(cols) == 1 && cols[0].Type != "VARCHAR" {
		_, _, ok, fits := native(c, cols[0].Type, "x", zone)
		if !ok && !fits {
			return f, nil, fmt.Errorf("column %q is %s, which cannot be %s (%s)", cols[0].Name, cols[0].Type, article(c.Kind), c.Name)
		}
		if ok && plain {
			typ = cols[0].Type
		}
	}
	f.text = textOf(cols, rule, s.Writing, r.odd)
	f.digits = plain && len(cols) == 1 && wholeType.MatchString(cols[0].Type)
	if typ != "VARCHAR" {
		f.text = cols[0].Expr
	}
	setValue(&f, c, rule, s, r, typ, zone)
	return f, lacks, nil
}

// article writes a kind as in "cannot be a date".
func article(k warehouse.Kind) string {
	switch k {
	case warehouse.Integer, warehouse.Instant:
		return "an " + string(k)
	case warehouse.Decimal:
		return "an amount"
	case warehouse.JSON:
		return "JSON"
	}
	return "a " + string(k)
}

// setValue sets the conversion of a field from its text, or from its typed value.
func setValue(f *field, c warehouse.Column, rule *Rule, s Stream, r reading, typ, zone string) {
	reason := ""
	w := s.Writing
	if rule.Value != nil {
		w = Writing{} // a constant is written as Dials writes
	}
	if typ != "VARCHAR" {
		f.value, reason, _, _ = native(c, typ, f.t, zone)
	} else {
		f.value, reason = convert(c, f.t, rule, w, zone, r.serial)
	}
	if rule.Inclusive {
		f.value = "case when " + f.value + " < date '9999-12-31' then " + f.value + " + 1 else " + f.value + " end"
	}
	if len(rule.From) == 1 && !strings.EqualFold(rule.From[0], c.Name) {
		reason += fmt.Sprintf(" (column %q)", rule.From[0])
	}
	bad := f.t + " is not null and " + f.v + " is null"
	switch {
	case c.Kind == warehouse.Number:
		bad = f.t + " is not null and (" + f.v + " is null or not isfinite(" + f.v + "))"
	case c.Kind == warehouse.OneOf:
		bad = f.v + " not in (" + literals(c.OneOf) + ")"
	case c.Kind == warehouse.Text && typ == "VARCHAR":
		bad = fmt.Sprintf("strlen(%s) > %d", f.t, maxText)
		if r.odd || r.notes {
			bad += " or contains(" + f.t + ", chr(0))"
		}
	}
	why := literal(reason)
	if c.Kind == warehouse.Text && typ == "VARCHAR" && rule.Value == nil && !f.digits {
		for _, no := range notIDs(c, f.t) {
			bad += " or " + no.when
			why = "case when " + no.when + " then " + literal(no.reason) + " else " + why + " end"
		}
	}
	if r.odd {
		why = "case when contains(" + f.t + "::varchar, chr(0)) then 'holds a NUL byte' else " + why + " end"
	}
	setBad(f, c, why, bad)
}

// notID is a text that cannot be an identifier, and why.
type notID struct{ when, reason string }

// notIDs says which texts t are no identifiers of a column c: what a spreadsheet left
// of a long number, and the label of a row of totals where people or amounts are counted.
func notIDs(c warehouse.Column, t string) []notID {
	var out []notID
	if strings.HasSuffix(c.Name, "_id") {
		out = append(out, notID{
			"case when contains(" + t + ", 'E+') then regexp_full_match(" + t + `, '0*\d([.,]\d+)?E\+\d+') else false end`,
			"is a number as a spreadsheet shortens it, with digits lost: have the column exported as text",
		})
	}
	switch c.Name {
	case "person_id", "employment_id", "absence_id", "enrolment_id", "cost_id", "payroll_line_id", "review_id", "assessment_id":
		out = append(out, notID{
			"case when strlen(" + t + ") < 20 then trim(lower(" + t + "), '0 :') in ('total', 'totals', 'grand total', 'subtotal', 'sub-total', 'sum', 'summe', 'gesamt', 'gesamtsumme', 'zwischensumme') else false end",
			"is the label of a row of totals, not an identifier",
		})
	}
	return out
}

// setBad sets when a value is bad: as the condition says, or because it is missing.
func setBad(f *field, c warehouse.Column, reason, bad string) {
	f.bad, f.reason = "coalesce("+bad+", false)", reason
	if c.Required || c.Name == "valid_from" && f.value != "null" {
		f.bad = "(" + f.t + " is null or " + f.bad + ")"
		f.reason = "case when " + f.t + " is null then 'is missing' else " + reason + " end"
	}
}

// addAsOf adds the date that a record's delivery is of.
func (m *mapping) addAsOf(s Stream, r reading, used map[string]bool) error {
	if s.AsOfColumn == "" {
		return nil
	}
	c := warehouse.Column{Name: "as_of", Type: "DATE", Kind: warehouse.Date, Required: true}
	f, lacks, err := newField(len(m.fields), c, &Rule{From: []string{s.AsOfColumn}}, true, s, r, "", used)
	if err != nil {
		return err
	}
	if len(lacks) > 0 {
		return fmt.Errorf("%q (as_of)", s.AsOfColumn)
	}
	m.asOf = true
	m.fields = append(m.fields, f)
	return nil
}

// noExtra is what records without kept columns have in extra.
const noExtra = "null::json"

// addExtra builds the JSON of the kept columns, null where they are all empty.
func (m *mapping) addExtra(keep []string, r reading, used map[string]bool) {
	var parts, values []string
	for _, name := range keep {
		c, ok := r.find(name)
		if !ok && r.json {
			c, ok = r.addPath(name), true
		}
		if !ok {
			continue
		}
		used[c.Name] = true
		t := asText(c, r.odd)
		parts = append(parts, literal(c.Name), t)
		values = append(values, t)
	}
	m.extra = noExtra
	if len(parts) > 0 {
		m.extra = "case when coalesce(" + strings.Join(values, ", ") + ") is not null then json_object(" + strings.Join(parts, ", ") + ") end"
	}
}

// find returns the source column of that name, letter case apart if none is equal.
func (r reading) find(name string) (sourceColumn, bool) {
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		i := slices.IndexFunc(r.cols, func(c sourceColumn) bool { return equal(c.Name, name) })
		if i >= 0 {
			return r.cols[i], true
		}
	}
	return sourceColumn{}, false
}

// addPath returns the column of JSON records at a dotted path; a key may hold the dots
// as well. Paths are JSON pointers, in which every key can be written.
func (r reading) addPath(path string) sourceColumn {
	add := func(steps ...string) string {
		pointer := ""
		for _, s := range steps {
			pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
		}
		*r.paths = append(*r.paths, pointer)
		return fmt.Sprintf("j[%d]", len(*r.paths))
	}
	expr := add(path)
	if strings.Contains(path, ".") {
		expr = "coalesce(" + expr + ", " + add(strings.Split(path, ".")...) + ")"
	}
	return sourceColumn{Name: path, Type: "VARCHAR", Expr: expr}
}
