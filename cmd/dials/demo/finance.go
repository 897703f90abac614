package demo

import (
	"fmt"
	"math"
)

// writeFinance writes exchange rates and what learning costs.
func (c *company) writeFinance(out *delivery) {
	out.source = source{name: "finance", schedule: "0 4 * * *", about: "Exchange rates, and what learning costs in two currencies."}
	c.writeRates(out)
	c.writeCosts(out)
}

// euros returns the market rate of the pound, in euros, from month -1 on.
func (c *company) euros() []float64 {
	r := c.key("fx").generator(0)
	rate := make([]float64, c.cal.end()-c.cal.month(-1))
	x := 0.0
	for i := range rate {
		x = .995*x + .0025*r.NormFloat64()
		rate[i] = math.Round(1e5*math.Exp(x)/poundsPerEuro) / 1e5
	}
	return rate
}

func (c *company) writeRates(out *delivery) {
	rate, first := c.euros(), c.cal.month(-1)
	out.table(feed{
		name: "fx_rates", target: "fx_rate", delivery: "delta", path: "finance/fx_rates.csv",
		spec: []string{"Currency = currency", "Base = base_currency", "Kind = kind", "Date = rate_date", "Rate = rate"},
	}, func(f *file) {
		row := func(kind string, d day, v float64) {
			f.add(txt("GBP"), txt("EUR"), txt(kind), on(d), rounded(v, 5))
		}
		for i, v := range rate {
			row("daily", first+day(i), v)
		}
		for m := -1; m < c.cal.months; m++ {
			row("monthly_average", c.cal.month(m), mean(rate[c.cal.month(m)-first:c.cal.month(m+1)-first]))
		}
		for fy := c.cal.fiscalYear(0); fy <= c.cal.fiscalYear(c.cal.months-1); fy++ {
			row("budget", date(fy-1, fiscalStart), 1/poundsPerEuro)
		}
	})
}

// writeCosts writes the costs of courses and tactics; some are allocated to
// neither.
func (c *company) writeCosts(out *delivery) {
	k := c.key("costs")
	scale := float64(c.opt.Employees) / 2500
	out.table(feed{
		name: "learning_costs", target: "learning_cost", delivery: "delta", path: "finance/learning_costs.csv",
		spec: []string{
			"Voucher = cost_id", "Kind = cost_type", "Amount = amount", "Currency = currency", "Booked on = cost_date",
			"Course = course_id", "Session = session_id", "Tactic = tactic_id", "Unit = unit_id", "Employee No = person_id",
		},
	}, func(f *file) {
		n := 0
		row := func(kind string, amount float64, currency string, d day, course, tactic, unit string) {
			n++
			if currency == "GBP" {
				amount *= poundsPerEuro
			}
			f.add(txt(fmt.Sprintf("LC-%06d", n)), txt(kind), rounded(amount, 2), txt(currency), on(d), txt(course), cell{}, txt(tactic), txt(unit), cell{})
		}
		learning := c.units[c.bases[corporate][1]].id
		for m := range c.cal.months {
			d := c.cal.month(m) + 14
			row("staff", 21000*scale*(.95+.1*k.draw(m, 0)), "EUR", d, "", "", learning)
			row("delivery", 5200*scale*(.6+.8*k.draw(m, 1)), "EUR", d, "", "", "")
			for i, s := range courses() {
				if s.tactic != "" || k.draw(m, 10+i) > .5 {
					continue
				}
				currency := "EUR"
				if k.draw(m, 100+i) < .25 {
					currency = "GBP"
				}
				row("vendor", s.hours*(120+160*k.draw(m, 200+i))*scale, currency, d+3, s.id, "", "")
			}
		}
		for _, t := range c.tactics() {
			tacticCosts(t, k, func(kind string, amount float64, currency string, d day) {
				if d < c.cal.end() {
					row(kind, amount, currency, d, t.course, t.id, "")
				}
			})
		}
	})
}

// tacticCosts spreads the direct cost of a tactic over the months of its work,
// the last fifth of the vouchers in pounds.
func tacticCosts(t tactic, k key, row func(kind string, amount float64, currency string, d day)) {
	const vouchers = 10
	months := max(1, t.spendMonths)
	for i := range vouchers {
		kind := [...]string{"vendor", "delivery", "vendor", "travel", "vendor"}[i%5]
		currency := "EUR"
		if i >= vouchers*4/5 {
			currency = "GBP"
		}
		d := t.launched + day(30*months*i/vouchers) + 9
		amount := t.cost / vouchers * (.9 + .2*k.draw(int(t.launched), 300+i))
		row(kind, math.Round(amount), currency, d)
	}
}
