package evidence

import (
	"fmt"
	"math"
)

// A Status is how a gate stands.
type Status string

// The states of a gate. One that is not applicable opens nothing.
const (
	Passed        Status = "passed"
	Failed        Status = "failed"
	NotApplicable Status = "not applicable"
)

// A Gate is one condition of a rung, and how it was met.
type Gate struct {
	Name   string // stable, such as drift
	Rung   Rung   // that it guards, or that a cap allows at most
	IsCap  bool
	Status Status
	// Measure says what Value counts: months, units, share, points, p, smd,
	// ratio, waves, assignments; empty for a plain yes or no.
	Measure      string
	Value, Limit float64
	AtLeast      bool   // Limit is the least that passes, else the most
	Words        string // as a sentence without numbers
}

// The limits of domain.md §5.
const (
	seasonPre, seasonPost = 24, 12
	plainPre, plainPost   = 12, 6
	minTreated            = 5
	minComparison         = 10
	minDonors             = 19
	minPlacebos           = 19
	maxPlaceboP           = 0.05
	maxLargerShare        = 0.10
	minSMD                = 0.25
	maxDriftShare         = 0.5
	minWaves              = 3
	minBalanceP           = 0.01
	maxUnknown            = 0.20
	maxUnknownApart       = 0.05
	minEarlier            = 12
	maxRivalApart         = 0.20
	falseAlarm            = 0.05
	minTrendP             = 0.02
)

// A card collects the gates of one trial.
type card []Gate

func (c *card) yes(rung Rung, name string, ok bool, words, not string) {
	g := Gate{Name: name, Rung: rung, Status: Passed, Words: words}
	if !ok {
		g.Status, g.Words = Failed, not
	}
	*c = append(*c, g)
}

func (c *card) atLeast(rung Rung, name, measure string, value, limit float64, words string) {
	g := Gate{Name: name, Rung: rung, Status: Failed, Measure: measure, Value: value, Limit: limit, AtLeast: true, Words: words}
	if value >= limit {
		g.Status = Passed
	}
	*c = append(*c, g)
}

// atMost passes values up to limit, below where strict.
func (c *card) atMost(rung Rung, name, measure string, value, limit float64, strict bool, words string) {
	g := Gate{Name: name, Rung: rung, Status: Failed, Measure: measure, Value: value, Limit: limit, Words: words}
	if value < limit || !strict && value == limit {
		g.Status = Passed
	}
	*c = append(*c, g)
}

func (c *card) skip(rung Rung, name, words string) {
	*c = append(*c, Gate{Name: name, Rung: rung, Status: NotApplicable, Words: words})
}

// Gates evaluates every gate and cap of the ladder for a trial.
func Gates(t Trial) []Gate {
	var c card
	c.link(t)
	c.series(t)
	c.groups(t)
	c.waves(t)
	c.random(t)
	c.caps(t)
	return c
}

func (c *card) link(t Trial) {
	c.yes(Linked, "approved", t.Exists && t.IsApproved, "The link is approved.", "There is no approved link.")
	c.yes(Linked, "complete", t.Exists && len(t.missing()) == 0,
		"Goal, dial, baseline, target with date, business owner, mechanism and lag are registered.", "The link is not complete.")
	c.yes(BeforeAfter, "launched", t.IsLaunched, "The tactic is launched.", "The tactic is not launched yet.")
	c.yes(BeforeAfter, "same-months", t.Change.Known && t.Change.Skipped == 0,
		"Complete months since the launch have their counterparts in the year before it.", "Complete months of the same season are missing.")
}

func (c *card) series(t Trial) {
	s := t.Series
	if s == nil {
		c.skip(Interrupted, "months-before", "There is no series to look for a break in.")
		return
	}
	pre, post := float64(plainPre), float64(plainPost)
	if s.HasSeason {
		pre, post = seasonPre, seasonPost
	}
	c.atLeast(Interrupted, "months-before", "months", float64(s.Pre), pre, "Complete months before the launch.")
	c.atLeast(Interrupted, "months-after", "months", float64(s.Post), post, "Complete months after the launch.")
	c.yes(Interrupted, "small-sample", s.IsSmallSample,
		"The error allows for months that hang together and for how few they are.", "The error does not allow for months that hang together.")
	c.oneSign(t, Interrupted)
	if t.Estimate != nil && t.Estimate.P > falseAlarm {
		c.skip(Interrupted, "placebo-dates", "Nothing was found at the launch that other start dates could show as well.")
		return
	}
	c.commonTrend(t, Interrupted)
	if s.Placebos == 0 {
		c.skip(Interrupted, "placebo-dates", "There are too few months before the launch to try other dates.")
		return
	}
	// one date of few may beat the launch by chance
	allowed := max(1, maxLargerShare*float64(s.Placebos))
	c.atMost(Interrupted, "placebo-dates", "dates", float64(s.Larger), allowed, false,
		"Other start dates, at which nothing began, with an effect as large.")
}

// rungs that rest on comparison units have these gates in common.
func (c *card) compared(t Trial, rung Rung) {
	g := t.Groups
	c.yes(rung, "registered", t.IsRegisteredBeforeLaunch, "The link was registered before the launch.", "The link was registered after the launch.")
	if g.Treated >= minTreated {
		c.atLeast(rung, "treated-units", "units", float64(g.Treated), minTreated, "Units with the tactic.")
		c.atLeast(rung, "comparison-units", "units", float64(g.Comparison), minComparison, "Units to compare with.")
	} else {
		c.atLeast(rung, "treated-units", "units", float64(g.Treated), 1, "Units with the tactic.")
		c.yes(rung, "synthetic", t.Design == Synthetic, "So few units are compared with a synthetic one.", "So few units must be compared with a synthetic one.")
		c.atLeast(rung, "comparison-units", "units", float64(g.Comparison), minDonors, "Units to compare with.")
		c.atMost(rung, "permutation", "p", g.PlaceboP, maxPlaceboP, false, "How often another unit in its place shows as much.")
	}
	c.commonTrend(t, rung)
	c.oneSign(t, rung)
	drift := "A difference in trend before the launch that the test would have missed, as a share of the estimate."
	switch {
	case !g.HasDrift:
		c.yes(rung, "drift", false, "", "The trend before the launch cannot be compared.")
	case t.Estimate == nil || t.Estimate.Value == 0:
		c.yes(rung, "drift", false, "", "The estimate is too small for any drift to be ruled out.")
	default:
		c.atMost(rung, "drift", "ratio", math.Abs(g.Drift)*g.Exposure/math.Abs(t.Estimate.Value), maxDriftShare, false, drift)
	}
}

// commonTrend refuses groups whose trends differed before the launch, where an effect
// was found: they would have gone on to differ.
func (c *card) commonTrend(t Trial, rung Rung) {
	if g := t.Groups; g != nil && g.HasTrend && (t.Estimate == nil || t.Estimate.P <= falseAlarm) {
		c.atLeast(rung, "pre-trend", "p", g.TrendP, minTrendP, "How often chance alone makes the trends before the launch differ as much.")
	}
}

// oneSign refuses an average that depends on the weighting: some waves gained and some lost. That
// the sign of two averages differs says so only where an effect was found.
func (c *card) oneSign(t Trial, rung Rung) {
	w := t.Waves
	if w == nil || !w.IsOpposed && t.Estimate != nil && t.Estimate.P > falseAlarm {
		return
	}
	c.yes(rung, "averages", !w.Flips && !w.IsOpposed, "The waves point the same way, however they are averaged.",
		"Some waves gained and some lost: the answer depends on how they are averaged.")
}

func (c *card) groups(t Trial) {
	g := t.Groups
	if g == nil {
		c.skip(Compared, "comparison-units", "There are no units to compare with.")
		return
	}
	c.compared(t, Compared)
	limit := SMDLimit(g.Treated, g.Comparison)
	if len(g.Balance) == 0 {
		c.yes(Compared, "balance", false, "", "Whether the units were alike before the launch is not known.")
	}
	for _, b := range g.Balance {
		c.atMost(Compared, "balance-"+b.Name, "smd", math.Abs(b.SMD), limit, true,
			fmt.Sprintf("Difference between the groups before the launch: %s.", b.Name))
	}
	c.atLeast(Compared, "placebo-assignments", "assignments", float64(g.Placebos), minPlacebos, "Other assignments that were tried.")
}

// SMDLimit is the standardised mean difference that chance explains:
// max(0.25, 1.96·√(1/n₁ + 1/n₀)).
func SMDLimit(treated, comparison int) float64 {
	if treated <= 0 || comparison <= 0 {
		return minSMD
	}
	return max(minSMD, 1.96*math.Sqrt(1/float64(treated)+1/float64(comparison)))
}

func (c *card) waves(t Trial) {
	w := t.Waves
	if w == nil || t.Groups == nil {
		c.skip(Staggered, "waves", "It was not rolled out in waves.")
		return
	}
	c.compared(t, Staggered)
	c.atLeast(Staggered, "waves", "waves", float64(w.Waves), minWaves, "Waves.")
	c.yes(Staggered, "only-untreated", w.OnlyUntreated,
		"Each wave is compared with units that had not started.", "Some waves are compared with units that had started.")
	c.yes(Staggered, "order-rule", w.IsByRule, "Units and order were set by a rule or at random.", "Units or their order were chosen.")
	c.yes(Staggered, "order-logged", w.IsLogged, "The order was logged before the launch.", "The order was not logged before the launch.")
	c.yes(Staggered, "not-chosen-on-dial", t.Selection == nil, "No unit was chosen for its dial.", "Units were chosen for their dial.")
	c.atLeast(Staggered, "order-and-dial", "p", w.OrderP, minBalanceP, "How often chance alone ties the order to the dial as closely.")
	c.atLeast(Staggered, "choice-and-dial", "p", w.ChosenP, minBalanceP, "How often chance alone ties the choice of units to the dial as closely.")
}

func (c *card) random(t Trial) {
	r := t.Random
	if r == nil {
		c.skip(Randomised, "assignment-logged", "Nobody was assigned at random.")
		return
	}
	c.yes(Randomised, "registered", t.IsRegisteredBeforeLaunch, "The link was registered before the launch.", "The link was registered after the launch.")
	c.yes(Randomised, "assignment-logged", r.IsLogged, "The draw was logged before the launch.", "The draw was not logged before the launch.")
	a, b := r.Treated.unknown(), r.Control.unknown()
	all := Arm{r.Treated.Assigned + r.Control.Assigned, r.Treated.Unknown + r.Control.Unknown}
	c.atMost(Randomised, "outcome-unknown", "share", all.unknown(), maxUnknown, true, "Those assigned whose outcome is not known.")
	// rounded, so that 10 % against 5 % are 5 points apart
	c.atMost(Randomised, "outcome-apart", "points", math.Round(math.Abs(a-b)*1e9)/1e9, maxUnknownApart, false, "How far apart the arms are in this.")
	if !r.HasBalance {
		c.yes(Randomised, "omnibus", false, "", "Whether the arms were alike before the launch is not known.")
	} else {
		p := r.BalanceP
		g := Gate{Name: "omnibus", Rung: Randomised, Status: Failed, Measure: "p", Value: p, Limit: minBalanceP, AtLeast: true, Words: "How often chance alone makes the arms as different before the launch."}
		if p > minBalanceP {
			g.Status = Passed
		}
		*c = append(*c, g)
	}
	c.yes(Randomised, "as-assigned", r.IsAsAssigned, "Everyone is counted in the arm of the draw, whoever took it up.", "People are not counted in the arm of the draw.")
}

func (c *card) caps(t Trial) {
	before := len(*c)
	c.yes(Interrupted, "found-afterwards", !t.Exists || !t.IsLaunched || t.IsRegisteredBeforeLaunch,
		"The link was registered before the launch.", "Found afterwards: the link was registered after the launch.")
	delivered, not := t.DeliveredWords, t.DeliveredWords
	if delivered == "" {
		delivered, not = "It is on record that the tactic was delivered.", "Nothing on record shows that the tactic was delivered."
	}
	c.yes(BeforeAfter, "delivered", t.IsDelivered, delivered, not)
	if s := t.Selection; s != nil {
		c.yes(BeforeAfter, "window-left-out", s.IsLeftOut && s.IsMatched,
			"Units were chosen for their dial: the months that they were chosen on are left out, and they are matched on earlier ones.",
			"Units were chosen for their dial, and the months that they were chosen on are part of the comparison.")
		c.atLeast(BeforeAfter, "earlier-months", "months", float64(s.EarlierMonths), minEarlier, "Complete months before those that the units were chosen on.")
	} else {
		c.skip(BeforeAfter, "window-left-out", "No unit was chosen for its dial.")
	}
	if t.Design == Adjusted {
		c.yes(BeforeAfter, "people-chosen", false, "", "People were chosen, not drawn, and nothing is known of their outcome before: what was not measured may explain the difference.")
	}
	for i := range (*c)[before:] {
		(*c)[before+i].IsCap = true
	}
	c.atLeast(Interrupted, "reporting", "share", t.Reporting, minReporting, "Units that reported in every month of the analysis.")
	for _, r := range t.Rivals {
		apart := math.Round(math.Abs(r.Treated-r.Comparison)*1e9) / 1e9
		g := Gate{Name: "rival", Rung: Randomised, IsCap: true, Status: Passed, Measure: "points", Value: apart, Limit: maxRivalApart, Words: fmt.Sprintf("%s touched both groups alike.", r.Name)}
		switch {
		case t.Random != nil && r.IsIndependent:
			g.Status, g.Words = NotApplicable, fmt.Sprintf("%s started independently of the draw.", r.Name)
		case apart > maxRivalApart:
			g.Status, g.Words = Failed, fmt.Sprintf("%s touched one group more than the other.", r.Name)
		}
		*c = append(*c, g)
	}
}

// rungOf is the highest rung all of whose gates passed, below every cap.
func rungOf(t Trial, gates []Gate) Rung {
	base := judge(t.Case).Rung
	if base == Unlinked || !t.IsLaunched {
		return base
	}
	rung := base
	for r := Interrupted; r <= Top; r++ {
		if t.Estimate != nil && opened(gates, r) {
			rung = r
		}
	}
	for _, g := range gates {
		if g.IsCap && g.Status == Failed {
			rung = min(rung, g.Rung)
		}
	}
	return rung
}

// opened reports whether a rung has gates and none of them failed; reporting is
// about the result.
func opened(gates []Gate, r Rung) bool {
	found := false
	for _, g := range gates {
		if g.Rung != r || g.IsCap || g.Name == "reporting" {
			continue
		}
		switch g.Status {
		case Failed:
			return false
		case Passed:
			found = true
		}
	}
	return found
}
