package dashboards

import (
	"math"
	"strings"
	"testing"
)

// plain shows the special characters of a formatted number.
func plain(s string) string {
	return strings.NewReplacer("\u202f", "_", "\u2212", "~").Replace(s)
}

func TestNumbers(t *testing.T) {
	en, de := numbersFor("en-GB"), numbersFor("de")
	eur := measureOf("EUR", "sum", "EUR")
	rate := measureOf("%", "ratio", "")
	share := measureOf("%", "mean", "")
	defects := measureOf("per 1,000", "ratio", "")
	minutes := measureOf("min", "mean", "")
	for _, tt := range []struct{ name, got, want string }{
		{"card money", en.card(148_200_000, eur), "€_148_m"},
		{"card money in German", de.card(1_482_000, eur), "€_1,48_m"},
		{"card money, thousands", en.card(905_400, eur), "€_905_k"},
		{"card money, small", en.card(7_410, eur), "€_7410"},
		{"card money, billions", en.card(2.5e9, eur), "€_2.50_bn"},
		{"card money, rounds up a scale", en.card(999_960, eur), "€_1.00_m"},
		{"card money, negative", en.card(-905_400, eur), "~€_905_k"},
		{"card unknown currency", en.card(12, moneyIn("XAU")), "XAU_12.0"},
		{"card ratio in per cent", en.card(0.13512, rate), "13.5_%"},
		{"card ratio of one", en.card(1, rate), "100_%"},
		{"card mean in per cent", en.card(13.512, share), "13.5_%"},
		{"card per thousand", en.card(0.00412, defects), "4.12_per 1,000"},
		{"card minutes", en.card(7.7, minutes), "7.70_min"},
		{"card, many", en.card(12_345, measureOf("", "sum", "")), "12_300"},
		{"card zero", en.card(0, minutes), "0_min"},
		{"card not a number", en.card(math.NaN(), eur), "–"},
		{"card infinite", en.card(math.Inf(1), eur), "–"},
		{"exact money", en.exact(905_432.4, eur), "€_905_432"},
		{"exact money, negative", en.exact(-905_432.4, eur), "~€_905_432"},
		{"exact rate", en.exact(0.13512, rate), "13.51_%"},
		{"exact in German", de.exact(1234.567, minutes), "1234,57_min"},
		{"count", en.count(1_234_567), "1_234_567"},
		{"count of four digits", en.count(1234), "1234"},
		{"relative up", en.relative(0.0602), "+6.0_%"},
		{"relative down", en.relative(-0.25), "~25_%"},
		{"relative nothing", en.relative(-0.0001), "0.0_%"},
		{"relative infinite", en.relative(math.Inf(1)), "–"},
		{"relative range", en.relativeRange(-0.38, -0.09), "~38 to ~9_%"},
		{"percent", en.percent(0.714), "71.4_%"},
		{"whole percent", en.wholePercent(0.18), "18_%"},
		{"change of money", en.change(106, 100, eur), "+6.0_%"},
		{"change of a rate", en.change(0.135, 0.18, rate), "~4.5 points, ~25_%"},
		{"change of a rate from zero", en.change(0.01, 0, rate), "+1.0 points"},
		{"change of a score", en.change(71, 73, measureOf("points", "mean", "")), "~2.0 points"},
		{"change from zero", en.change(5, 0, minutes), "+5.0_min"},
		{"significant rounds over a power", en.significant(9.996), "10.0"},
		{"significant small", en.significant(0.001234), "0.00123"},
		{"significant large", en.significant(123_456), "123_000"},
		{"plural", en.plural(1, "month") + ", " + en.plural(12, "month"), "1 month, 12 months"},
	} {
		if got := plain(tt.got); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReaderLanguage(t *testing.T) {
	for header, want := range map[string]string{
		"":                           "",
		"de-DE,de;q=0.9,en;q=0.8":    "de-de",
		"fr;q=0.5":                   "fr",
		"<script>":                   "",
		strings.Repeat("x", 10_000):  "",
		"en-GB-oed-very-long-subtag": "",
	} {
		if got := readerLanguage(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := list(names); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
