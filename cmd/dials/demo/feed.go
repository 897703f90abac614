package demo

import (
	"fmt"
	"strings"
)

// A source is one system of the company, with the streams that it delivers.
type source struct {
	name, schedule string
	isTrustedLog   bool
	about          string // one line of comment in config.toml
	feeds          []feed
}

// A feed is one stream as its system spells it: the files, their format, and
// how the columns map to those of the canonical stream.
type feed struct {
	name, target string
	delivery     string // snapshot, delta or history
	path         string // with * where there are several files
	options      string // further lines of [source.stream.options]
	dates        string // how the system writes dates, as in strftime
	comma        bool   // decimal comma
	delimiter    byte
	latin1, bom  bool
	headerRow    int
	sheet        string
	keep         string   // a column that is kept in extra
	fields       []field  // parsed from spec
	spec         []string // "Header = column : rule", one a field
}

// A field is one column of a feed.
type field struct {
	header, column string
	rule           string // date FORMAT | bool YES NO | pad N | values A a B b | join HEADER | const VALUE
}

// parse reads the field specifications of a feed.
func (f feed) parse() feed {
	if f.dates == "" {
		f.dates = "%Y-%m-%d"
	}
	if f.delimiter == 0 {
		f.delimiter = ','
	}
	if f.headerRow == 0 {
		f.headerRow = 1
	}
	f.fields = make([]field, 0, len(f.spec))
	for _, line := range f.spec {
		left, rule, _ := strings.Cut(line, " : ")
		header, column, mapped := strings.Cut(left, " = ")
		if !mapped {
			column = header
		}
		f.fields = append(f.fields, field{strings.TrimSpace(header), strings.TrimSpace(column), strings.TrimSpace(rule)})
	}
	return f
}

// written reports whether the field is a column of the file; the others are
// constants that only config.toml knows.
func (f field) written() bool { return !strings.HasPrefix(f.rule, "const ") }

// mapping returns the field's line of [source.stream.map], or "" where the
// header already is the canonical name.
func (f field) mapping() string {
	word, rest, _ := strings.Cut(f.rule, " ")
	from := fmt.Sprintf("from = %q", f.header)
	switch word {
	case "const":
		return fmt.Sprintf("%s = { value = %q }", f.column, rest)
	case "date":
		return fmt.Sprintf("%s = { %s, format = %q }", f.column, from, rest)
	case "bool":
		yes, no, _ := strings.Cut(rest, " ")
		return fmt.Sprintf("%s = { %s, values = { %q = \"true\", %q = \"false\" } }", f.column, from, yes, no)
	case "pad":
		return fmt.Sprintf("%s = { %s, pad = %s }", f.column, from, rest)
	case "values":
		pairs := strings.Fields(rest)
		var items []string
		for i := 0; i+1 < len(pairs); i += 2 {
			items = append(items, fmt.Sprintf("%q = %q", pairs[i], pairs[i+1]))
		}
		return fmt.Sprintf("%s = { %s, values = { %s } }", f.column, from, strings.Join(items, ", "))
	case "join":
		return fmt.Sprintf("%s = { from = [%q, %q], join = \" \" }", f.column, f.header, rest)
	case "part", "unmapped":
		return ""
	}
	if f.header == f.column {
		return ""
	}
	return fmt.Sprintf("%s = %q", f.column, f.header)
}

// toml returns the feed as a [[source.stream]] of config.toml.
func (f feed) toml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n[[source.stream]]\nname = %q\ntarget = %q\ndelivery = %q\n", f.name, f.target, f.delivery)
	if f.keep != "" {
		fmt.Fprintf(&b, "keep = [%q]\n", f.keep)
	}
	fmt.Fprintf(&b, "[source.stream.options]\npath = %q\n", f.path)
	if f.delimiter != ',' {
		fmt.Fprintf(&b, "delimiter = %q\n", string(f.delimiter))
	}
	if f.latin1 {
		b.WriteString("encoding = \"latin-1\"\n")
	}
	if f.comma {
		b.WriteString("decimal = \",\"\n")
	}
	if f.dates != "%Y-%m-%d" {
		fmt.Fprintf(&b, "date_format = %q\n", f.dates)
	}
	if f.sheet != "" && strings.HasSuffix(f.path, ".xlsx") {
		fmt.Fprintf(&b, "sheet = %q\n", f.sheet)
		if f.headerRow > 1 {
			fmt.Fprintf(&b, "header_row = %d\n", f.headerRow)
		}
	}
	b.WriteString(f.options)
	var lines []string
	for _, c := range f.fields {
		if m := c.mapping(); m != "" {
			lines = append(lines, m)
		}
	}
	if len(lines) > 0 {
		b.WriteString("[source.stream.map]\n" + strings.Join(lines, "\n") + "\n")
	}
	return b.String()
}
