package demo

import (
	"fmt"
	"math"
	"time"
)

// writePerformance writes the dials: definitions, plans and observations.
func (c *company) writePerformance(out *delivery) {
	out.source = source{name: "performance", schedule: "30 5 * * *", about: "The dials of the business: definitions, plans and monthly observations."}
	c.writeMetrics(out)
	c.writeTargets(out)
	c.writeObservations(out)
}

func (c *company) writeMetrics(out *delivery) {
	out.table(feed{
		name: "metrics", target: "metric", delivery: "history", path: "performance/metrics.csv",
		spec: []string{
			"metric_id", "name", "unit_of_measure", "direction", "unit_aggregation", "time_aggregation", "base_grain", "base_unit_type", "formula",
			"owner_id", "owner_name", "Owner in L&D = is_owner_in_ld : bool yes no", "signed_off_at", "money_per_unit", "margin", "currency",
			"computed_from", "valid_from", "valid_to",
		},
	}, func(f *file) {
		start := date(2020, time.January)
		row := func(id, name, unit, direction, across, over, of, formula string, owner int, role string, signed day, money, margin cell, currency, computed string, from, to day) {
			f.add(txt(id), txt(name), txt(unit), txt(direction), txt(across), txt(over), txt("month"), txt(of), txt(formula),
				txt(personID(c.owner(owner))), txt(role), flag(false), at(signed.at(10)), money, margin, txt(currency), txt(computed), on(from), on(to))
		}
		signed, change := c.cal.month(c.cal.months-5)+8, c.cal.month(c.cal.months-16)
		row(revenueDial, "Revenue", "EUR", "up", "sum", "sum", "team", "Invoiced revenue of the sales teams, net of credit notes",
			c.divisions[sales], "Sales director", signed, cell{}, num(.34), "EUR", "", start, 0)
		row(turnoverDial, "Voluntary turnover", "%", "down", "ratio", "mean", "", "Separations by the person's choice ÷ average headcount of employees",
			c.bases[corporate][0], "Head of human resources", signed, num(21000), cell{}, "EUR", "employment", start, 0)
		row(orderDial, "Order time", "hours", "down", "mean", "mean", "depot", "Mean hours from order to dispatch",
			c.divisions[logistics], "Logistics director", signed, c.money(logistics, 165), cell{}, "EUR", "", start, 0)
		row(defectsDial, "Defects", "per 1,000", "down", "ratio", "mean", "line", "Pieces that failed inspection ÷ pieces made",
			c.divisions[production], "Production director", c.cal.month(c.cal.months-17)+4, c.money(production, 17000), cell{}, "EUR", "", start, 0)
		row(handlingDial, "Handling time", "min", "down", "ratio", "mean", "desk", "Minutes of handling ÷ calls",
			c.divisions[service], "Service director", signed, c.money(service, 240), cell{}, "EUR", "", start, 0)
		row(satisfactionDial, "Client satisfaction", "points", "up", "mean", "mean", "desk", "Mean answer to the question after a call, 0 to 100",
			c.divisions[service], "Service director", signed, cell{}, cell{}, "", "", start, change)
		row(satisfactionDial, "Client satisfaction", "points", "up", "mean", "mean", "desk", "Mean answer to the question after a call or a chat, 0 to 100",
			c.divisions[service], "Service director", signed, cell{}, cell{}, "", "", change, 0)
	})
}

// money returns what one unit of a dial is worth in a month at a unit of mean size.
func (c *company) money(group int, perHead float64) cell {
	people := 0
	for _, u := range c.bases[group] {
		people += c.units[u].people
	}
	return rounded(perHead*float64(people)/float64(len(c.bases[group])), -1)
}

// A dial is a panel with how it is delivered.
type dial struct {
	id      string
	panel   *panel
	isRatio bool
	plan    func(i, t int) float64
	weight  bool
}

func (c *company) dials() []dial {
	return []dial{
		{revenueDial, c.revenue, false, func(i, t int) float64 { return math.Round(c.revenue.expected(i, t)*1.03/100) * 100 }, false},
		{orderDial, c.orderTime, false, func(i, t int) float64 {
			plan := c.orderTime.expected(i, t) * .99
			if t >= c.when.incentive {
				plan *= .92
			}
			return math.Round(plan*10) / 10
		}, true},
		{defectsDial, c.defects, true, func(_, t int) float64 { return .088 - .00015*float64(max(0, t-c.cal.months+28)) }, true},
		{handlingDial, c.handling, true, func(i, t int) float64 { return math.Round(c.handling.expected(i, t)*97) / 100 }, true},
		{satisfactionDial, c.satisfaction, false, func(_, t int) float64 { return math.Round(10*(72+.09*float64(t))) / 10 }, true},
	}
}

// writeTargets writes the plan of each month of each fiscal year that the data
// touch, the current one to its end.
func (c *company) writeTargets(out *delivery) {
	current := c.cal.fiscalYear(c.cal.months - 1)
	end := c.cal.fiscalFirst(current + 1)
	out.table(feed{
		name: "targets", target: "metric_target", delivery: "snapshot", path: "performance/targets.csv", delimiter: ';',
		spec: []string{
			"Dial = metric_id", "Unit = unit_id", "Month = period_start_date : date %d/%m/%Y", "Version = plan_version", "Plan = plan", "Weight = plan_weight",
		},
	}, func(f *file) {
		for _, x := range c.dials() {
			for i, u := range x.panel.units {
				weight := cell{}
				if x.weight {
					weight = num(math.Round(x.panel.n[i][c.cal.months-1]))
				}
				for t := range end {
					version := fmt.Sprintf("FY%d v1", c.cal.fiscalYear(t))
					plan := rounded(x.plan(i, t), 5)
					f.add(txt(x.id), txt(c.units[u].id), on(c.cal.month(t)), txt(version), plan, weight)
					if x.id == revenueDial && c.cal.fiscalYear(t) == current-1 && c.cal.season(t) < 6 { // revised at half time
						f.add(txt(x.id), txt(c.units[u].id), on(c.cal.month(t)), txt(fmt.Sprintf("FY%d v2", current-1)), rounded(x.plan(i, t)*1.01, -2), weight)
					}
				}
			}
		}
		for i, u := range c.units {
			if u.seats == 0 {
				continue
			}
			for t := range end {
				if from, _ := c.merged(); i == from && t >= c.when.facilities {
					break
				}
				plan := [...]float64{.18, .175, .17, .165, .16}[max(0, 4+c.cal.fiscalYear(t)-current)]
				f.add(txt(turnoverDial), txt(u.id), on(c.cal.month(t)), txt(fmt.Sprintf("FY%d v1", c.cal.fiscalYear(t))), num(plan), whole(u.seats))
			}
		}
	})
}

func (c *company) writeObservations(out *delivery) {
	out.table(feed{
		name: "observations", target: "metric_observation", delivery: "delta", path: "performance/observations.parquet",
		spec: []string{
			"dial = metric_id", "version = metric_version", "unit = unit_id", "month = period_start_date", "value", "numerator", "denominator",
			"n", "closed = is_complete",
		},
	}, func(f *file) {
		for _, x := range c.dials() {
			for i, u := range x.panel.units {
				for t := range c.cal.months {
					n, v := x.panel.n[i][t], x.panel.value[i][t]
					numerator, denominator, count := cell{}, cell{}, cell{}
					if x.isRatio {
						numerator, denominator = num(math.Round(v*n)), num(n)
					}
					if n > 0 {
						count = whole(int(n))
					}
					f.add(txt(x.id), txt("1"), txt(c.units[u].id), on(c.cal.month(t)), num(v), numerator, denominator, count, flag(true))
				}
			}
		}
	})
}
