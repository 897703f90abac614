package dashboards

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"dials/static"
)

// Text can be read on what it stands on, in light and in dark: at least 4.5:1 by
// WCAG 2.2; lines that carry meaning at least 3:1.
func TestContrast(t *testing.T) {
	css, err := fs.ReadFile(static.Files, "app.css")
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6})\b`)
	light, dark := map[string]string{}, map[string]string{}
	before, after, found := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !found {
		t.Fatal("app.css has no dark tokens")
	}
	after, _, _ = strings.Cut(after, "/* The page. */")
	for _, m := range token.FindAllStringSubmatch(before, -1) {
		light[m[1]], dark[m[1]] = m[2], m[2]
	}
	for _, m := range token.FindAllStringSubmatch(after, -1) {
		dark[m[1]] = m[2]
	}
	for name, tokens := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, ground := range []string{"ground", "card", "raised"} {
			for _, ink := range []string{"ink", "muted", "accent", "good", "bad", "warn", "plan"} {
				if ratio := contrast(t, tokens[ink], tokens[ground]); ratio < 4.5 {
					t.Errorf("%s: --%s on --%s is %.2f:1, want 4.5:1", name, ink, ground, ratio)
				}
			}
		}
		for _, line := range []string{"series-1", "series-2", "series-3", "series-4"} {
			if ratio := contrast(t, tokens[line], tokens["card"]); ratio < 3 {
				t.Errorf("%s: --%s on --card is %.2f:1, want 3:1", name, line, ratio)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#")[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("colour %q: %v", colour, err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}
