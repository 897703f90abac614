package demo

import (
	"fmt"
	"math"
	"time"
)

// A payslips value writes the pay lines of one legal entity.
type payslips struct {
	*company
	entity                                                   uint8
	prefix                                                   string
	names                                                    [titleCount]title
	merit, leave, commission, overtime, bonus, retro, adjust key
	out                                                      *file
	run                                                      string
	line                                                     int
}

func (c *company) payslips(entity uint8, prefix string) *payslips {
	return &payslips{
		company: c, entity: entity, prefix: prefix, names: titles(), merit: c.key("merit"), leave: c.key("parental"),
		commission: c.key("commission"), overtime: c.key("overtime"), bonus: c.key("bonus"), retro: c.key("retro"), adjust: c.key("adjustment"),
	}
}

// employerShare is what an employer pays on top of gross, by entity.
func employerShare(entity uint8) float64 { return [...]float64{.21, .14}[entity] }

func (c *company) writeGermanPayroll(out *delivery) {
	out.source = source{name: "payroll_de", schedule: "30 3 * * *", about: "German payroll: semicolons, decimal commas, days first, Latin-1."}
	c.writePayroll(out, c.payslips(germany, "DE"), feed{
		name: "runs", target: "payroll_run", delivery: "snapshot", path: "payroll/de/laeufe.csv",
		delimiter: ';', dates: "%d.%m.%Y",
		spec: []string{
			"Lauf = payroll_run_id", "Firma = legal_entity", "Status = status : values Entwurf draft Gebucht posted",
			"Sonderlauf = is_off_cycle : bool J N", "Von = period_start_date", "Bis = period_end_date", "Zahltag = pay_date",
		},
	}, feed{
		name: "lines", target: "payroll_line", delivery: "delta", path: "payroll/de/zeilen-*.csv",
		delimiter: ';', dates: "%d.%m.%Y", comma: true, latin1: true,
		spec: []string{
			"Zeile = payroll_line_id", "Lauf = payroll_run_id", "PersNr = person_id : pad 8",
			"Lohnart = element : values Grundgehalt base Prämie bonus Provision commission Überstunden overtime AG-Anteil employer_cost",
			"Massnahme = tactic_id", "Betrag = amount", "Währung = currency : const EUR", "Stunden = paid_hours",
			"Verdient ab = earned_from_date", "Verdient bis = earned_to_date", "Arbeitgeber = is_employer_cost : bool J N", "Storno zu = reverses_line_id",
		},
	})
}

func (c *company) writeBritishPayroll(out *delivery) {
	out.source = source{name: "payroll_uk", schedule: "30 3 * * *", about: "British payroll, in pounds."}
	c.writePayroll(out, c.payslips(britain, "UK"), feed{
		name: "runs", target: "payroll_run", delivery: "snapshot", path: "payroll/uk/runs.csv", dates: "%d/%m/%Y",
		spec: []string{
			"Run = payroll_run_id", "Employer = legal_entity", "Status = status : values Draft draft Final posted",
			"Supplementary = is_off_cycle : bool Y N", "Period from = period_start_date", "Period to = period_end_date", "Pay date = pay_date",
		},
	}, feed{
		name: "lines", target: "payroll_line", delivery: "delta", path: "payroll/uk/lines-*.csv", dates: "%d/%m/%Y",
		spec: []string{
			"Line = payroll_line_id", "Run = payroll_run_id", "Payroll No = person_id : pad 8",
			"Element = element : values Basic base Bonus bonus Commission commission Overtime overtime Employer_NI employer_cost",
			"Scheme = tactic_id", "Amount = amount", "Currency = currency", "Hours = paid_hours",
			"Earned from = earned_from_date", "Earned to = earned_to_date", "Employer cost = is_employer_cost : bool Y N", "Reverses = reverses_line_id",
		},
	})
}

// writePayroll writes the runs of one legal entity, and its lines by fiscal year.
func (c *company) writePayroll(out *delivery, p *payslips, runs, lines feed) {
	last := c.cal.months - 1
	out.table(runs, func(f *file) {
		row := func(id, status string, off bool, m int, d day) {
			f.add(txt(id), txt(entityName(p.entity)), txt(status), flag(off), on(c.cal.month(m)), on(c.cal.month(m+1)-1), on(d))
		}
		for m := range c.cal.months {
			row(p.runID(m), "posted", false, m, c.cal.month(m)+26)
			if c.cal.season(m) == int(time.December)-1 {
				row(p.runID(m)+"-B", "posted", true, m, c.cal.month(m)+14)
			}
		}
		row(p.runID(last)+"-P", "draft", false, last, c.cal.month(last)+26)
	})
	lines = out.feed(lines)
	for fy := c.cal.fiscalYear(0); fy <= c.cal.fiscalYear(last); fy++ {
		out.part(lines, fmt.Sprintf("FY%d", fy), func(f *file) {
			p.out = f
			for m := max(0, c.cal.fiscalFirst(fy)); m < min(c.cal.months, c.cal.fiscalFirst(fy+1)); m++ {
				p.month(m)
			}
			if last < c.cal.fiscalFirst(fy+1) {
				p.draft(last)
			}
		})
	}
}

func (p *payslips) runID(m int) string {
	return p.prefix + "-" + p.cal.month(m).time().Format("2006-01")
}

// add writes one line of employment e.
func (p *payslips) add(e int, element, tactic string, amount, hours float64, from, to day, reverses string) string {
	p.line++
	id := fmt.Sprintf("%s/%06d", p.run, p.line)
	h := cell{}
	if hours != 0 {
		h = rounded(hours, 2)
	}
	cells := []cell{
		txt(id), txt(p.run), txt(payrollID(p.emps[e].person)), txt(element), txt(tactic), rounded(amount, 2), txt(entityCurrency(p.entity)),
		h, on(from), on(to), flag(element == "employer_cost"), txt(reverses),
	}
	if p.entity == germany { // the currency is a constant of config.toml
		cells = append(cells[:6], cells[7:]...)
	}
	p.out.add(cells...)
	return id
}

// month writes the regular run of a month, and in December the bonuses.
func (p *payslips) month(m int) {
	p.run, p.line = p.runID(m), 0
	for e := range p.emps {
		x := &p.emps[e]
		if x.entity != p.entity || x.kind == contractor || x.kind == agency {
			continue
		}
		if base := p.basePay(e, m); base > 0 {
			p.employee(e, m, base)
		}
		p.late(e, m)
	}
	if p.cal.season(m) != int(time.December)-1 {
		return
	}
	p.run, p.line = p.runID(m)+"-B", 0
	for e := range p.emps {
		x := &p.emps[e]
		if x.entity != p.entity || x.kind != employee || p.basePay(e, m) == 0 {
			continue
		}
		if t := x.titleOn(p.cal.month(m)); p.names[t].level[0] != 'P' || t >= departmentHead {
			p.add(e, "bonus", "", p.basePay(e, m)*(.3+.9*p.bonus.draw(e, m)), 0, p.cal.month(m), p.cal.month(m+1)-1, "")
		}
	}
}

// span returns the days of month m in which e is employed, both included.
func (p *payslips) span(e, m int) (from, to day, share float64) {
	x := &p.emps[e]
	from, to = max(x.hire, p.cal.month(m)), p.cal.month(m+1)
	if x.term != 0 {
		to = min(to, x.term)
	}
	return from, to - 1, math.Max(0, float64(to-from)) / float64(p.cal.days(m))
}

// basePay returns the base pay of e in month m, 0 where there is none.
func (p *payslips) basePay(e, m int) float64 {
	from, _, share := p.span(e, m)
	if share == 0 {
		return 0
	}
	if away, back := p.parental(p.leave, e); m >= away && m < back {
		return 0
	}
	x := &p.emps[e]
	return p.annual(&p.names, p.merit, e, x.titleOn(from), from) / 12 * x.part * share
}

// employee writes the lines of one person in the regular run.
func (p *payslips) employee(e, m int, base float64) {
	x := &p.emps[e]
	from, to, share := p.span(e, m)
	hours := p.hours(x, from) * 52 / 12 * share
	gross := base
	id := p.add(e, "base", "", base, hours, from, to, "")
	if p.adjust.draw(e, m) < .0005 { // posted twice, and taken back
		p.add(e, "base", "", base, hours, from, to, "")
		p.add(e, "base", "", -base, -hours, from, to, id)
	}
	t := x.titleOn(from)
	switch u := p.units[x.unitOn(from)].group; {
	case u == sales && (t == salesJunior || t == salesSenior):
		v := base * .25 * p.commission.draw(e, m)
		p.add(e, "commission", "", v, 0, from, to, "")
		gross += v
	case u == production && p.overtime.draw(e, m) < .2:
		h := 2 + math.Floor(10*p.overtime.draw(e, m+5000))
		v := base / hours * h * 1.25
		p.add(e, "overtime", "", v, h, from, to, "")
		gross += v
	case u == logistics && m >= p.when.incentive && x.kind == employee:
		v := (90 + 110*p.bonus.draw(e, m+9000)) * x.part * share
		p.add(e, "bonus", incentiveTactic, v, 0, from, to, "")
		gross += v
	}
	p.add(e, "employer_cost", "", gross*employerShare(p.entity), 0, from, to, "")
}

// late writes what is paid to some leavers after they left, for their last month.
func (p *payslips) late(e, m int) {
	x := &p.emps[e]
	if x.term == 0 || p.retro.draw(e, 0) > .08 {
		return
	}
	last := p.cal.index(x.term - 1)
	if m != last+1+p.retro.pick(e, 1, 2) || last < 0 {
		return
	}
	from, to, share := p.span(e, last)
	if share > 0 && p.basePay(e, last) > 0 {
		p.add(e, "base", "", 60+300*p.retro.draw(e, 2), 0, from, to, "")
	}
}

// draft writes a preview of a run that was not posted.
func (p *payslips) draft(m int) {
	p.run, p.line = p.runID(m)+"-P", 0
	for e := range p.emps {
		if x := &p.emps[e]; x.entity == p.entity && x.kind == employee && e%10 == 0 {
			if base := p.basePay(e, m); base > 0 {
				from, to, _ := p.span(e, m)
				p.add(e, "base", "", base, 0, from, to, "")
			}
		}
	}
}
