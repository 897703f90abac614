package dashboards

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dials/queries"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file; go test -update accepts it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), make golden accepts:\n%s", file, diff)
	}
}

// optionLine is how a chart stands in a page: alone on its line.
var optionLine = regexp.MustCompile(`(?m)^<script type="application/json">(.*)</script>$`)

// The options of page 1's charts are those of the golden file.
func TestResultsCharts(t *testing.T) {
	resp, body := get(t, serveFixture(t), "/")
	if resp.StatusCode != 200 {
		t.Fatalf("%s\n%s", resp.Status, body)
	}
	var options []any
	for _, m := range optionLine.FindAllStringSubmatch(body, -1) {
		var o any
		if err := json.Unmarshal([]byte(m[1]), &o); err != nil {
			t.Fatalf("%v in %.200s", err, m[1])
		}
		options = append(options, o)
	}
	if len(options) != 5 {
		t.Fatalf("%d charts, want 5", len(options))
	}
	got, err := json.MarshalIndent(options, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "strategic-results.json", append(got, '\n'))
}

// text is a page without its tags, each element on a line.
func text(body string) string {
	body = optionLine.ReplaceAllString(body, "")
	body = regexp.MustCompile(`(?s)<details.*?</details>|<noscript>.*?</noscript>|<form.*?</form>|<header class="top">.*?</header>`).ReplaceAllString(body, "")
	body = regexp.MustCompile(`</?(b|a|span|small|i|em)\b[^>]*>`).ReplaceAllString(body, "")
	body = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, "\n")
	body = regexp.MustCompile(`[ \t]*\n\s*`).ReplaceAllString(body, "\n")
	return plain(strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(body))
}

// What page 1 says, in words and numbers.
func TestResultsWords(t *testing.T) {
	app := serveFixture(t)
	for name, path := range map[string]string{"results": "/", "results-sales-last-year": "/?period=last-fy&unit=sales&org=now", "results-as-of": "/?as_of=2025-03-31"} {
		_, body := get(t, app, path)
		golden(t, name+".txt", []byte(strings.TrimSpace(text(body))+"\n"))
	}
}

// Every number of a card is one click from its definition; every chart has a
// name and a table.
func TestResultsAreTransparent(t *testing.T) {
	app := serveFixture(t)
	_, body := get(t, app, "/")
	for _, m := range regexp.MustCompile(`(?s)<dd>(.*?)</dd>`).FindAllStringSubmatch(body, -1) {
		if !strings.HasPrefix(m[1], `<a href="/definitions/`) {
			t.Errorf("a number without a definition: %s", m[1])
		}
	}
	figures := strings.Count(body, "<figure ")
	for _, part := range []string{`role="img" aria-label="`, "<details class=\"data\">", "<caption>"} {
		if n := strings.Count(body, part); n < figures {
			t.Errorf("%d figures, but %d times %s", figures, n, part)
		}
	}
	for _, m := range regexp.MustCompile(`href="/definitions/([^"#]*)"`).FindAllStringSubmatch(body, -1) {
		resp, _ := get(t, app, "/definitions/"+m[1])
		if resp.StatusCode != 200 {
			t.Errorf("/definitions/%s: %s", m[1], resp.Status)
		}
	}
}

// Names that come from the sources are text, wherever they stand.
func TestNamesAreText(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const evil = `</script><script>alert("x")</script><img src=x onerror=alert(1)>`
	statements := company()
	for i, s := range statements {
		for _, name := range []string{"'Revenue'", "'Sales director'", "'Consultative selling'", "'price change'", "'Sales team 1'", "'finance'", "'training'"} {
			s = strings.ReplaceAll(s, name, "'"+evil+"'")
		}
		statements[i] = strings.ReplaceAll(s, "'revenue'", `'re"ven/ue<b>'`)
	}
	if err := fill(w, statements); err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, serve(t, w, fixtureCompany), "/")
	if resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	for _, raw := range []string{"<script>alert", "<img", `</script><script`, "ue<b>"} {
		if strings.Contains(body, raw) {
			at := strings.Index(body, raw)
			t.Errorf("the page holds %s: …%s…", raw, body[max(0, at-80):min(len(body), at+80)])
		}
	}
	if scripts := strings.Count(body, "<script"); scripts != 5+2 {
		t.Errorf("%d script elements, want 5 options and 2 files", scripts)
	}
}

// A unit that is too small to be shown alone says so, and shows nothing.
func TestSmallGroups(t *testing.T) {
	_, body := get(t, serveFixture(t), "/?unit=logistics")
	page := text(body)
	if !strings.Contains(page, "Some groups are hidden to protect people.") {
		t.Error("no stamp")
	}
	if queries.Loopback().Policy.May(queries.TopicWorkforce, queries.Person) {
		t.Error("a reader on loopback sees person rows")
	}
}

func TestSpans(t *testing.T) {
	for n, want := range map[int][]int{1: {12}, 2: {6, 6}, 3: {4, 4, 4}, 4: {6, 6, 6, 6}, 5: {4, 4, 4, 6, 6}, 7: {4, 4, 4, 6, 6, 6, 6}, 8: {4, 4, 4, 4, 4, 4, 6, 6}} {
		if diff := cmp.Diff(want, spans(n)); diff != "" {
			t.Errorf("%d cards (-want +got):\n%s", n, diff)
		}
	}
}
