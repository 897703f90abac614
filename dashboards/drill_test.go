package dashboards

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dials/warehouse"
)

var (
	anyLink   = regexp.MustCompile(`href="(/[^"]*)`)
	anyFigure = regexp.MustCompile(`(?s)<figure id="([^"]+)".*?<script type="application/json">(.*?)</script>.*?<tbody>(.*?)</tbody>`)
	anyRow    = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
)

// marksOf are the values of a chart that are drawn for themselves, with where they lead.
func marksOf(option map[string]any) (links []string) {
	series, _ := option["series"].([]any)
	for _, s := range series {
		one, _ := s.(map[string]any)
		if name := fmt.Sprint(one["name"]); name == "from" || strings.Contains(name, "range") || strings.HasPrefix(name, "at ") || one["silent"] == true {
			continue // what holds bars up, and bands and bounds of others
		}
		var each func(data []any)
		each = func(data []any) {
			for _, d := range data {
				item, ok := d.(map[string]any)
				if !ok {
					links = append(links, "")
					continue
				}
				if inside, ok := item["children"].([]any); ok {
					each(inside)
					continue
				}
				if v := fmt.Sprint(item["value"]); v == "-" || v == "0" || strings.HasPrefix(v, "[0 0") {
					continue // not drawn
				}
				link, _ := item["link"].(string)
				links = append(links, link)
			}
		}
		data, _ := one["data"].([]any)
		each(data)
	}
	return links
}

// Each cell, bar, point and leaf of pages 5 to 8 leads to what it is made of, and what it
// leads to answers, filters and all.
func TestDrillDowns(t *testing.T) {
	w := learnedWarehouse(t)
	// what nobody is told of by name: their answers
	exempt := map[string]int{"chart-reached": 1}
	drillDowns(t, w, []string{"/gaps", "/gaps?unit=sales", "/gaps?rule=self", "/learning", "/learning?by=title", "/learning?course=safety&period=last-fy", "/investment", "/investment?of=course%3Aselling", "/programmes", "/programmes?unit=sales"}, exempt)
}

// learnedWarehouse has the marts of pages 5 to 8.
func learnedWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, slices.Concat(company(), learned(), spentOn(), chained(), gapStatements())); err != nil {
		t.Fatal(err)
	}
	return w
}

func drillDowns(t *testing.T, w *warehouse.Warehouse, paths []string, exempt map[string]int) {
	t.Helper()
	app, doors := guarded(t, w)
	headers := signedInAs(t, app, doors, "hr")
	asked, figures := map[string]bool{}, 0
	for _, path := range paths {
		resp, body := get(t, app, path, headers...)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, resp.Status)
		}
		for _, f := range anyFigure.FindAllStringSubmatch(body, -1) {
			figures++
			var option map[string]any
			if err := json.Unmarshal([]byte(f[2]), &option); err != nil {
				t.Fatalf("%s %s: %v", path, f[1], err)
			}
			without, all := 0, marksOf(option)
			for _, link := range all {
				if link == "" {
					without++
				}
				asked[link] = true
			}
			if without > exempt[f[1]] || len(all) == 0 {
				t.Errorf("%s %s: %d of %d marks lead nowhere", path, f[1], without, len(all))
			}
			for _, row := range anyRow.FindAllStringSubmatch(f[3], -1) {
				if !strings.Contains(row[1], "<a ") {
					without--
				}
			}
			if without < -exempt[f[1]] {
				t.Errorf("%s %s: %d rows of the table lead nowhere", path, f[1], -without)
			}
		}
		_, main, _ := strings.Cut(body, "<main")
		for _, link := range anyLink.FindAllStringSubmatch(main, -1) {
			asked[html.UnescapeString(link[1])] = true
		}
	}
	delete(asked, "")
	for path := range asked {
		link, _, _ := strings.Cut(path, "#")
		if strings.HasPrefix(link, "/gaps/") || strings.HasPrefix(link, "/learning/people") {
			if !strings.Contains(link, "?") {
				link += "?"
			}
			link += "&reason=who+is+behind+it"
		}
		if resp, body := get(t, app, link, headers...); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s: %.200s", link, resp.Status, text(body))
		}
	}
	if figures < 15 || len(asked) < 100 {
		t.Errorf("%d figures and %d links were looked at", figures, len(asked))
	}
}
