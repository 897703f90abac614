package queries

import (
	"fmt"
	"slices"
	"strings"

	"dials/queries/evidence"
)

// A choice is a design with the reason for it.
type choice struct {
	design     evidence.Design
	rule       string
	runnersUp  []string
	isRandom   bool
	overridden bool
}

// isBesideSeries reports whether the units that started are best taken as one series
// beside that of the others: too few of both for anything else, and a year before.
func (p *panel) isBesideSeries() bool {
	treated, comparison := p.counts()
	return treated < 5 && comparison >= 1 && comparison < 10 && len(p.base()) >= 12 && len(p.dates()) == 1
}

// choose picks the design for a panel by rule, from the strongest that the roll-out
// allows:
//
//	dates or units at random      the randomised design
//	several dates                 each wave against those not started
//	1 to 4 units, 10 or more others, 12 months before   synthetic difference in differences
//	fewer than 5 units and fewer than 10 others, 12 months before   their series together, against that of the others
//	more units and others         difference in differences
//	nobody to compare with        the series before and after
//
// A person may name another feasible design in the link.
func choose(l linkRow, p *panel, waves []waveRow) choice {
	treated, comparison := p.counts()
	dates := p.dates()
	random := len(waves) > 0
	for _, w := range waves {
		random = random && w.AssignedBy == "random"
	}
	type option struct {
		ok     bool
		design evidence.Design
		rule   string
	}
	options := []option{
		{random && comparison >= 2 && treated >= 2 && len(dates) == 1, evidence.Experiment, "Units were drawn at random for one date."},
		{len(dates) > 1 && treated+comparison >= 4 && (comparison >= 2 || len(dates) > 2), evidence.RollOut, "It started at different dates: each start is compared with units that had not started."},
		{treated <= 4 && comparison >= 10 && len(p.base()) >= 12 && len(dates) == 1, evidence.Synthetic, "Few units started: they are compared with a weighted mix of others that moved alike before."},
		{p.isBesideSeries(), evidence.Series, "There are too few units to compare one by one: the difference between those that started and the others is compared with what the months before lead one to expect."},
		{treated >= 2 && comparison >= 2 && len(dates) == 1, evidence.Difference, "Units that started at one date are compared with units that did not."},
		{true, evidence.Series, "There is nobody to compare with: the months since are compared with what the months before lead one to expect."},
	}
	var c choice
	for _, o := range options {
		if !o.ok {
			continue
		}
		if c.design == evidence.NoDesign {
			c.design, c.rule = o.design, o.rule
			c.isRandom = random && o.design != evidence.Series
			continue
		}
		if o.design != c.design {
			c.runnersUp = append(c.runnersUp, string(o.design))
		}
	}
	if l.Override == nil || string(c.design) == strings.TrimSpace(*l.Override) {
		return c
	}
	for _, o := range options {
		if o.ok && string(o.design) == strings.TrimSpace(*l.Override) {
			c.runnersUp = append(slices.DeleteFunc(c.runnersUp, func(d string) bool { return d == string(o.design) }), string(c.design))
			c.design, c.overridden = o.design, true
			c.rule = "A person chose this design in the link."
			return c
		}
	}
	c.rule += fmt.Sprintf(" The link asks for %q, which this roll-out does not allow.", *l.Override)
	return c
}
