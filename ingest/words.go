package ingest

import (
	"fmt"
	"strings"

	"dials/warehouse"
)

// word writes a value of a one_of column as it is declared.
func word(v string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(v)))
}

// list writes names with commas.
func list(values []string) string { return strings.Join(values, ", ") }

// quotedList writes names in quotes, with commas.
func quotedList(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return list(out)
}

func names(cols []warehouse.Column) string {
	var out []string
	for _, c := range cols {
		out = append(out, c.Name)
	}
	return list(out)
}

// nearest suggests the stream that a misspelt name may mean.
func nearest(name string, streams []warehouse.Stream) string {
	best, at := "", 4
	for _, s := range streams {
		if d := distance(name, s.Name); d < at {
			best, at = s.Name, d
		}
	}
	if best == "" {
		return ": help lists them"
	}
	return fmt.Sprintf(": is it %q?", best)
}

// distance is the number of letters to change, add or take from a to have b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(last+cost, row[j]+1, row[j+1]+1)
			last, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

// plural writes "1 record" or "2 records".
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
