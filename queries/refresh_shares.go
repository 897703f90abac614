package queries

import (
	"dials/queries/evidence"
)

// kindOf is how months of a dial are put together.
func kindOf(l linkRow) evidence.Kind {
	switch {
	case l.UnitAggregation == "ratio":
		return evidence.Ratio
	case l.TimeAggregation == "sum":
		return evidence.Flow
	case l.TimeAggregation == "last":
		return evidence.Level
	}
	return evidence.Mean
}

// companyChange compares the dial of the whole company with the year before launch.
func companyChange(l linkRow, rows []companyRow) evidence.Change {
	if l.LaunchedMonth == nil || l.LastMonth == nil {
		return evidence.Change{Why: "a launch"}
	}
	kind := kindOf(l)
	months := make([]evidence.Month, len(rows))
	for i, r := range rows {
		m := evidence.Month{Month: r.Month, Numerator: r.Numerator, Denominator: r.Denominator, IsComplete: r.IsComplete, Units: r.Units}
		total := r.Total
		m.Value = &total
		if l.UnitAggregation != "sum" {
			m.Value = r.Mean
		}
		if kind == evidence.Mean {
			m.Denominator = r.Weight
		}
		months[i] = m
	}
	return evidence.SinceLaunch(kind, months, *l.LaunchedMonth, l.LastMonth.AddDate(0, 1, 0))
}

// companyEffect is what the effect makes of the whole company's dial over the months
// of its change, in the dial's own unit: Σ effect for flows, Σ weight × effect ÷
// Σ weight of all units for ratios and means.
func (p *panel) companyEffect(l linkRow, s *study, company []companyRow, c evidence.Change) float64 {
	_, metric := s.Facts.converters()
	effect := metric(s.Trial.Estimate.Value)
	if !c.Known || effect == nil {
		return 0
	}
	all := 0.0
	for _, r := range company {
		if r.Month.Before(c.From) || r.Month.After(c.To) {
			continue
		}
		all += valueOf(r.Weight)
	}
	exposed, weight := 0.0, 0.0
	for i, f := range p.first {
		for t := max(f, 0); f >= 0 && t < len(p.months); t++ {
			if m := p.months[t]; !m.Before(c.From) && !m.After(c.To) {
				exposed++
				weight += max(0, p.raw[i][t].weight)
			}
		}
	}
	if l.UnitAggregation == "sum" {
		return *effect * exposed
	}
	if !(all > 0) {
		return 0
	}
	return *effect * weight / all
}

// pilotEffect is the same for an experiment on people: those who stayed because of
// it, of all who were there.
func pilotEffect(s *study, company []companyRow, c evidence.Change) float64 {
	all := 0.0
	for _, r := range company {
		if !r.Month.Before(c.From) && !r.Month.After(c.To) {
			all += valueOf(r.Denominator)
		}
	}
	if !c.Known || !(all > 0) {
		return 0
	}
	return s.Trial.Estimate.Value * float64(s.Facts.Treated) / all
}

// sharesOf divides each dial's change among the tactics that are credited with a
// part in it. Who is not credited has none; unless the dial got better nobody has.
func sharesOf(links []linkRow, trials []evidence.Trial, findings []evidence.Finding) []*float64 {
	out := make([]*float64, len(links))
	byDial := map[string][]int{}
	for i, l := range links {
		if findings[i].IsClaim && findings[i].Rung >= evidence.Compared && trials[i].Change.Move(trials[i].Wanted) == evidence.Better {
			byDial[text(l.Metric)] = append(byDial[text(l.Metric)], i)
		}
	}
	for _, at := range byDial {
		effects := make([]float64, len(at))
		for k, i := range at {
			// each in units of its own change, since launches differ
			effects[k] = trials[i].CompanyEffect / trials[i].Change.Points
		}
		shares, _ := evidence.Shares(effects, 1)
		for k, i := range at {
			if shares[k] > 0 {
				out[i] = &shares[k]
			}
		}
	}
	return out
}
