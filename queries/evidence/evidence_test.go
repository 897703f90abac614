package evidence

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func complete() Link {
	return Link{
		Exists: true, IsApproved: true, HasGoal: true, HasMetric: true, HasBaseline: true, HasTarget: true,
		HasOwner: true, HasMechanism: true, HasLag: true, IsRegisteredBeforeLaunch: true,
	}
}

func TestJudge(t *testing.T) {
	moved := Change{Known: true, Months: 12, Relative: 0.06, Points: 6, Reporting: 1}
	with := func(f func(*Case)) Case {
		c := Case{Link: complete(), IsLaunched: true, IsDelivered: true, Change: moved}
		f(&c)
		return c
	}
	tests := []struct {
		name    string
		c       Case
		rung    Rung
		how     string
		missing string // all of them
		next    string // part of it
	}{
		{"no link", Case{}, Unlinked, "not linked (0 of 6)", "a link to a goal and a dial", "Link it"},
		{"launched without a link", Case{IsLaunched: true, IsDelivered: true, Change: moved}, Unlinked, "not linked (0 of 6)", "a link to a goal and a dial", "Link it"},
		{"without approval", with(func(c *Case) { c.IsApproved = false }), Unlinked, "not linked (0 of 6)", "an approval", "approve"},
		{"without a goal", with(func(c *Case) { c.HasGoal = false }), Unlinked, "not linked (0 of 6)", "a goal", "Complete"},
		{"without a dial", with(func(c *Case) { c.HasMetric = false }), Unlinked, "not linked (0 of 6)", "a dial", "Complete"},
		{"without a baseline", with(func(c *Case) { c.HasBaseline = false }), Unlinked, "not linked (0 of 6)", "a baseline", "Complete"},
		{"without a target", with(func(c *Case) { c.HasTarget = false }), Unlinked, "not linked (0 of 6)", "a target with its date", "Complete"},
		{"without an owner", with(func(c *Case) { c.HasOwner = false }), Unlinked, "not linked (0 of 6)", "a business owner", "Complete"},
		{"without a mechanism", with(func(c *Case) { c.HasMechanism = false }), Unlinked, "not linked (0 of 6)", "a mechanism", "Complete"},
		{"without a lag", with(func(c *Case) { c.HasLag = false }), Unlinked, "not linked (0 of 6)", "an expected lag", "Complete"},
		{
			"with an empty link",
			Case{Link: Link{Exists: true}},
			Unlinked, "not linked (0 of 6)",
			"a goal, a dial, a baseline, a target with its date, a business owner, a mechanism, an expected lag, an approval", "Complete",
		},
		{"before launch", with(func(c *Case) { c.IsLaunched = false }), Linked, "linked (1 of 6)", "a launch", "before the launch"},
		{"too early", with(func(c *Case) { c.Change = Change{Why: "a complete month since the launch"} }), Linked, "linked (1 of 6)", "a complete month since the launch", "Wait"},
		{
			"months missing", with(func(c *Case) { c.Change.Skipped, c.Change.Why = 2, "the year before the launch in full" }), Linked, "linked (1 of 6)",
			"complete months: the year before the launch in full", "Deliver the months",
		},
		{"few units report", with(func(c *Case) { c.Change.Reporting = 0.79 }), Linked, "linked (1 of 6)", "reports from at least 80 % of the units", "do not report"},
		{
			"enough units report", with(func(c *Case) { c.Change.Reporting = 0.80 }), BeforeAfter, "before/after (2 of 6)",
			"a test of what would have happened without it", "Compare with units",
		},
		{"all there", with(func(*Case) {}), BeforeAfter, "before/after (2 of 6)", "a test of what would have happened without it", "Compare with units"},
		{
			"found afterwards", with(func(c *Case) { c.IsRegisteredBeforeLaunch = false }), BeforeAfter,
			"before/after (2 of 6), found afterwards", "a test of what would have happened without it", "Compare with units",
		},
		{
			"linked afterwards, incomplete", with(func(c *Case) { c.IsRegisteredBeforeLaunch, c.HasLag = false, false }), Unlinked,
			"not linked (0 of 6), found afterwards", "an expected lag", "Complete",
		},
		{
			"not delivered", with(func(c *Case) { c.IsDelivered = false }), BeforeAfter,
			"before/after (2 of 6), delivery not recorded",
			"a test of what would have happened without it, records that it was delivered", "who took part",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := Judge(tt.c)
			if v.Rung != tt.rung || v.Words != tt.rung.Words() || v.HowWeKnow() != tt.how {
				t.Errorf("got rung %d, %q, %q; want %d, %q", v.Rung, v.Words, v.HowWeKnow(), tt.rung, tt.how)
			}
			if got := strings.Join(v.Missing, ", "); got != tt.missing {
				t.Errorf("missing %q, want %q", got, tt.missing)
			}
			if !strings.Contains(v.Next, tt.next) || !strings.HasSuffix(v.Next, ".") {
				t.Errorf("next is %q, want a sentence with %q", v.Next, tt.next)
			}
			if v.Rung > BeforeAfter {
				t.Error("more was claimed than registers and changes can tell")
			}
		})
	}
}

func TestWordsOfTheLadderAreFixed(t *testing.T) {
	want := "0 is not linked to|1 is aimed at|2 coincided with|3 was followed by a break in trend in|" +
		"4 probably contributed to|5 probably contributed to|6 caused"
	var got []string
	for r := Unlinked; r <= Top; r++ {
		got = append(got, fmt.Sprint(int(r), " ", r.Words()))
	}
	if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Compared.HowWeKnow(); got != "comparison group (4 of 6)" {
		t.Errorf("got %q", got)
	}
	if Rung(-1).Words() != Unlinked.Words() || Rung(9).Design() != Randomised.Design() {
		t.Error("a rung off the ladder has words of its own")
	}
}

func TestStrongest(t *testing.T) {
	if _, ok := Strongest(nil); ok {
		t.Error("no verdict is the strongest of none")
	}
	got, ok := Strongest([]Verdict{{Rung: 1, Next: "a"}, {Rung: 2, Next: "b"}, {Rung: 2, Next: "c"}, {Rung: 0}})
	if !ok || got.Next != "b" {
		t.Errorf("got %v, want the first on rung 2", got)
	}
}

func month(year, m int) time.Time { return time.Date(year, time.Month(m), 1, 0, 0, 0, 0, time.UTC) }

// series makes complete months from the first of from on.
func series(from time.Time, values ...float64) []Month {
	months := make([]Month, len(values))
	for i := range values {
		months[i] = Month{Month: from.AddDate(0, i, 0), Value: &values[i], IsComplete: true, Units: 10}
	}
	return months
}

func repeat(n int, v float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = v
	}
	return values
}

func TestSinceLaunch(t *testing.T) {
	launch, until := month(2024, 1), month(2030, 1)
	year := func(values ...float64) []float64 { return values }
	flows := append(repeat(12, 100), repeat(12, 106)...)
	ratio := func(months []Month, numerators, denominators []float64) []Month {
		for i := range months {
			months[i].Numerator, months[i].Denominator = &numerators[i], &denominators[i]
		}
		return months
	}
	edit := func(months []Month, i int, f func(*Month)) []Month {
		f(&months[i])
		return months
	}
	tests := []struct {
		name     string
		kind     Kind
		months   []Month
		until    time.Time
		relative float64
		points   float64
		k        int
		skipped  int
		why      string // not known where relative is NaN
	}{
		{"a full year", Flow, series(month(2023, 1), flows...), until, 0.06, 72, 12, 0, ""},
		{"the first quarter against its own season", Flow, series(month(2023, 1), append(year(50, 60, 70, 9, 9, 9, 9, 9, 9, 9, 9, 9), 55, 66, 77)...), until, 0.10, 18, 3, 0, ""},
		{"the running month is left out", Flow, edit(series(month(2023, 1), append(repeat(13, 100), 20)...), 13, func(m *Month) { m.IsComplete = false }), until, 0, 0, 1, 0, ""},
		{"years later: the last 12 months against the year before launch", Flow, series(month(2023, 1), append(append(repeat(12, 100), repeat(24, 90)...), repeat(12, 120)...)...), until, 0.20, 240, 12, 0, ""},
		{"months from until on are not looked at", Flow, series(month(2023, 1), append(append(repeat(12, 100), repeat(6, 110)...), repeat(6, 500)...)...), month(2024, 7), 0.10, 60, 6, 0, ""},
		{"any order", Flow, []Month{series(month(2024, 1), 3)[0], series(month(2023, 1), 2)[0]}, until, 0.5, 1, 1, 0, ""},
		{"a month unknown before: its counterpart goes too", Flow, edit(series(month(2023, 1), append(repeat(12, 100), repeat(3, 110)...)...), 1, func(m *Month) { m.Value = nil }), until, 0.10, 20, 2, 1, "the year before the launch in full"},
		{"a month unknown since", Flow, edit(series(month(2023, 1), append(repeat(12, 100), repeat(3, 110)...)...), 13, func(m *Month) { m.Value = nil }), until, 0.10, 20, 2, 1, "all months since the launch"},
		{"NaN is unknown", Flow, edit(series(month(2023, 1), append(repeat(12, 100), repeat(3, 110)...)...), 13, func(m *Month) { nan := math.NaN(); m.Value = &nan }), until, 0.10, 20, 2, 1, "all months since the launch"},
		{"no year before", Flow, series(month(2024, 1), repeat(6, 1)...), until, math.NaN(), 0, 0, 6, "the year before the launch in full"},
		{"not yet", Flow, series(month(2023, 1), repeat(12, 1)...), until, math.NaN(), 0, 0, 0, "a complete month since the launch"},
		{"nothing at all", Flow, nil, until, math.NaN(), 0, 0, 0, "a complete month since the launch"},
		{
			"a ratio is Σ ÷ Σ, not the mean of ratios", Ratio,
			ratio(series(month(2023, 1), repeat(14, 0)...), append(repeat(12, 10), 10, 20), append(year(100, 300), append(repeat(10, 1), 100, 100)...)),
			until, 30.0/200/(20.0/400) - 1, 30.0/200 - 20.0/400, 2, 0, "",
		},
		{"a ratio without denominator is unknown", Ratio, series(month(2023, 1), flows...), until, math.NaN(), 0, 0, 0, "a complete month since the launch"},
		{"a ratio over nothing", Ratio, ratio(series(month(2023, 1), repeat(13, 0)...), repeat(13, 0), repeat(13, 0)), until, math.NaN(), 0, 0, 0, "a denominator above zero"},
		{"a weighted mean", Mean, ratio(series(month(2023, 1), append(year(10, 20), append(repeat(10, 0), 20, 20)...)...), repeat(14, 0), append(year(1, 3), append(repeat(10, 1), 1, 1)...)), until, 20/17.5 - 1, 2.5, 2, 0, ""},
		{"an unweighted mean", Mean, series(month(2023, 1), append(year(10, 20), append(repeat(10, 0), 18, 18)...)...), until, 0.2, 3, 2, 0, ""},
		{"a level", Level, series(month(2023, 1), append(repeat(12, 50), 60, 80)...), until, 0.4, 20, 2, 0, ""},
		{"below zero there is no relative change", Flow, series(month(2023, 1), append(repeat(12, -5), 5)...), until, math.Inf(1), 10, 1, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := SinceLaunch(tt.kind, tt.months, launch, tt.until)
			if c.Known == math.IsNaN(tt.relative) || c.Why != tt.why || c.Skipped != tt.skipped || c.Months != tt.k {
				t.Fatalf("got %+v, want %d months, %d skipped, why %q", c, tt.k, tt.skipped, tt.why)
			}
			if !c.Known {
				return
			}
			if math.IsInf(tt.relative, 1) {
				if !math.IsNaN(c.Relative) {
					t.Errorf("relative is %v, want none", c.Relative)
				}
			} else if math.Abs(c.Relative-tt.relative) > 1e-12 {
				t.Errorf("relative is %v, want %v", c.Relative, tt.relative)
			}
			if math.Abs(c.Points-tt.points) > 1e-9 || c.Reporting != 1 {
				t.Errorf("got %+v, want %v points", c, tt.points)
			}
		})
	}
}

func TestReporting(t *testing.T) {
	months := series(month(2023, 1), repeat(14, 1)...)
	months[0].Units, months[12].Units, months[13].Units, months[5].Units = 20, 15, 0, 1
	if c := SinceLaunch(Flow, months, month(2024, 1), month(2025, 1)); c.Reporting != 0.5 {
		t.Errorf("got %v, want 10 of 20 units; month 6 is not compared, and 0 is not counted", c.Reporting)
	}
	for i := range months {
		months[i].Units = 0
	}
	if c := SinceLaunch(Flow, months, month(2024, 1), month(2025, 1)); c.Reporting != 1 {
		t.Errorf("got %v where units are not counted", c.Reporting)
	}
}

// R: poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)), the example of its help
// page, gives the rate ratio 1.971488 with 95 % limits 0.8584264 and 4.2772659.
func TestRateInterval(t *testing.T) {
	c := Change{Known: true}.WithRateInterval(11, 800, 21, 3011)
	if math.Abs(c.Low+1-0.8584264) > 1e-6 || math.Abs(c.High+1-4.2772659) > 1e-6 || !c.HasInterval {
		t.Errorf("got %.7f to %.7f, R says 0.8584264 to 4.2772659", c.Low+1, c.High+1)
	}
	if c := (Change{Known: true}).WithRateInterval(0, 100, 8, 100); c.Low != -1 || c.High > 0 || !c.HasInterval {
		t.Errorf("no event after: got %v to %v", c.Low, c.High)
	}
	if c := (Change{Known: true}).WithRateInterval(8, 100, 0, 100); c.Low < 0 || !math.IsInf(c.High, 1) {
		t.Errorf("no event before: got %v to %v", c.Low, c.High)
	}
	for _, bad := range [][4]float64{{0, 1, 0, 1}, {1, 0, 1, 1}, {1, 1, 1, 0}, {-1, 1, 1, 1}, {math.NaN(), 1, 1, 1}, {1, math.Inf(1), 1, 1}} {
		if c := (Change{Known: true}).WithRateInterval(bad[0], bad[1], bad[2], bad[3]); c.HasInterval {
			t.Errorf("%v: got %v to %v", bad, c.Low, c.High)
		}
	}
	if c := (Change{}).WithRateInterval(1, 1, 1, 1); c.HasInterval {
		t.Error("an unknown change has an interval")
	}
}

func TestMove(t *testing.T) {
	tests := []struct {
		name   string
		c      Change
		wanted Wanted
		want   Move
	}{
		{"unknown", Change{Relative: 1}, Up, Unknown},
		{"up is good", Change{Known: true, Relative: 0.06}, Up, Better},
		{"down is bad", Change{Known: true, Relative: -0.06}, Up, Worse},
		{"down is good", Change{Known: true, Relative: -0.25}, Down, Better},
		{"up is bad", Change{Known: true, Relative: 0.25}, Down, Worse},
		{"too small to see", Change{Known: true, Relative: 0.009}, Up, Steady},
		{"within chance", Change{Known: true, Relative: -0.25, Low: -0.5, High: 0.1, HasInterval: true}, Down, Steady},
		{"beyond chance", Change{Known: true, Relative: -0.25, Low: -0.4, High: -0.1, HasInterval: true}, Down, Better},
		{"beyond chance, small", Change{Known: true, Relative: 0.005, Low: 0.001, High: 0.009, HasInterval: true}, Up, Better},
		{"from below zero", Change{Known: true, Relative: math.NaN(), Points: 10}, Up, Better},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.c.Move(tt.wanted); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestPlanToDate(t *testing.T) {
	tests := []struct {
		value, plan float64
		wanted      Wanted
		want        float64
		ok          bool
	}{
		{110, 100, Up, 1.1, true},
		{90, 100, Up, 0.9, true},
		{8, 10, Down, 1.25, true},
		{10, 8, Down, 0.8, true},
		{0, 10, Down, 0, false},
		{10, 0, Up, 0, false},
		{-1, 10, Up, 0, false},
		{math.NaN(), 10, Up, 0, false},
		{10, math.Inf(1), Up, 0, false},
	}
	for _, tt := range tests {
		got, ok := PlanToDate(tt.value, tt.plan, tt.wanted)
		if math.Abs(got-tt.want) > 1e-12 || ok != tt.ok {
			t.Errorf("PlanToDate(%v, %v, %v) = %v, %v; want %v, %v", tt.value, tt.plan, tt.wanted, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSentence(t *testing.T) {
	rose := Change{Known: true, Relative: 0.06, Points: 6}
	fell := Change{Known: true, Relative: -0.25, Points: -4.5}
	still := Change{Known: true, Relative: 0.001, Points: 0.1}
	verdict := func(r Rung) Verdict { return Verdict{Rung: r, Words: r.Words()} }
	tests := []struct {
		name string
		s    Saying
		want string
	}{
		{
			"up is good",
			Saying{Dial: "Revenue", Tactic: "Consultative selling", By: "6.0 %", Since: "January 2025", Change: rose, Verdict: verdict(BeforeAfter)},
			"Revenue rose 6.0 % against the same months of the year before January 2025. Consultative selling coincided with this.",
		},
		{
			"down is good, with interval",
			Saying{Dial: "Voluntary turnover", Tactic: "The leadership pilot", By: "4.5 points, 25 %", Range: "12 to 36 %", Since: "March 2025", Change: fell, Wanted: Down, Verdict: verdict(BeforeAfter)},
			"Voluntary turnover fell 4.5 points, 25 % (12 to 36 %) against the same months of the year before March 2025. The leadership pilot coincided with this.",
		},
		{
			"linked",
			Saying{Dial: "Revenue", Tactic: "Coaching", By: "6.0 %", Since: "May 2025", Change: rose, Verdict: verdict(Linked)},
			"Revenue rose 6.0 % against the same months of the year before May 2025. Coaching is aimed at this.",
		},
		{
			"against, linked",
			Saying{Dial: "Revenue", Tactic: "Coaching", By: "25 %", Since: "May 2025", Change: fell, Verdict: verdict(Linked)},
			"Revenue fell 25 % against the same months of the year before May 2025. Coaching is aimed at the opposite.",
		},
		{
			"against, before/after",
			Saying{Dial: "Revenue", Tactic: "Coaching", By: "25 %", Since: "May 2025", Change: fell, Verdict: verdict(BeforeAfter)},
			"Revenue fell 25 % against the same months of the year before May 2025. Coaching coincided with this, which is not the way we want.",
		},
		{
			"steady",
			Saying{Dial: "Revenue", Tactic: "Coaching", By: "0.1 %", Since: "May 2025", Change: still, Verdict: verdict(BeforeAfter)},
			"Revenue did not clearly change against the same months of the year before May 2025. Coaching is aimed at it.",
		},
		{
			"unlinked",
			Saying{Dial: "Revenue", Tactic: "Away days", By: "6.0 %", Since: "May 2025", Change: rose, Verdict: verdict(Unlinked)},
			"Away days is not linked to Revenue.",
		},
		{"unknown", Saying{Dial: "Revenue", Tactic: "Coaching", Verdict: verdict(Linked)}, "Coaching is aimed at Revenue."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.s.Sentence()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTitle(t *testing.T) {
	dials := func(moves string, rung Rung) []Reading {
		var all []Reading
		for _, m := range moves {
			all = append(all, Reading{map[rune]Move{'+': Better, '-': Worse, '=': Steady, '?': Unknown}[m], rung})
		}
		return all
	}
	tests := []struct {
		dials []Reading
		want  string
	}{
		{nil, "No dial is being watched yet."},
		{dials("??", Linked), "No dial can be compared with the year before yet."},
		{dials("++++=", BeforeAfter), "Four of five dials improved. Our tactics coincided with all of these; whether they helped is not tested yet."},
		{dials("++-", BeforeAfter), "Two of three dials improved, one got worse. Our tactics coincided with all of these; whether they helped is not tested yet."},
		{append(dials("++", BeforeAfter), dials("+?", Linked)...), "Three of four dials improved. Our tactics coincided with two of these; whether they helped is not tested yet."},
		{dials("+=", Linked), "One of two dials improved. Our tactics are aimed at it; whether they helped is not tested yet."},
		{dials("++-", Linked), "Two of three dials improved, one got worse. Our tactics are aimed at them; whether they helped is not tested yet."},
		{dials("+=", Unlinked), "One of two dials improved. No tactic of ours is linked to what improved."},
		{dials("+++", BeforeAfter), "All three dials improved. Our tactics coincided with all of these; whether they helped is not tested yet."},
		{dials("--=", Linked), "None of three dials improved, two got worse. No tactic has been tested yet."},
		{dials("+", BeforeAfter), "The dial improved. Our tactics coincided with it; whether they helped is not tested yet."},
		{dials("-", Linked), "The dial got worse. No tactic has been tested yet."},
		{dials("=", Linked), "The dial did not clearly change. No tactic has been tested yet."},
		{dials(strings.Repeat("+", 13), Unlinked), "All 13 dials improved. No tactic of ours is linked to what improved."},
	}
	for _, tt := range tests {
		got := Title(tt.dials)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, never := range []string{" proved", "drove", "significant", "caused"} {
			if strings.Contains(got, never) {
				t.Errorf("%q says %q", got, never)
			}
		}
	}
}
