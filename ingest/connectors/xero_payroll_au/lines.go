package xero

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// items are the earnings rates of the organisation.
type items map[string]rate

// A rate is what some earnings are.
type rate struct {
	element string
	hours   bool // its units are hours
}

// payItems reads the earnings rates.
func (p *pull) payItems(ctx context.Context) (items, error) {
	answer, err := p.get(ctx, "/PayItems", nil, time.Time{})
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var got struct {
		Items struct {
			Rates []struct {
				ID    string `json:"EarningsRateID"`
				Name  string `json:"Name"`
				Type  string `json:"EarningsType"`
				Units string `json:"TypeOfUnits"`
			} `json:"EarningsRates"`
		} `json:"PayItems"`
	}
	if err := json.NewDecoder(answer.Reader()).Decode(&got); err != nil {
		return nil, fmt.Errorf("PayItems: %w", err)
	}
	out := items{}
	for _, r := range got.Items.Rates {
		element, ok := p.o.Elements[r.Name]
		if !ok {
			element = elementOf(r.Type, r.Name)
		}
		out[r.ID] = rate{element, strings.EqualFold(r.Units, "hours")}
	}
	return out, nil
}

// elementOf is what earnings of a type are.
func elementOf(kind, name string) string {
	switch kind {
	case "ORDINARYTIMEEARNINGS", "FIXED":
		return "base"
	case "OVERTIMEEARNINGS":
		return "overtime"
	case "ALLOWANCE":
		return "allowance"
	case "BONUSESANDCOMMISSIONS":
		if strings.Contains(strings.ToLower(name), "commission") {
			return "commission"
		}
		return "bonus"
	}
	return "other"
}

// A payslip is what one person was paid in one run.
type payslip struct {
	ID        string `json:"PayslipID"`
	Employee  string `json:"EmployeeID"`
	Updated   moment `json:"UpdatedDateUTC"`
	Earnings  []earning
	Timesheet []earning
	Leave     []earning
	Deduction []deduction
	Super     []contribution
	Tax       []tax
}

type earning struct {
	Rate   string `json:"EarningsRateID"`
	Per    amount `json:"RatePerUnit"`
	Units  amount `json:"NumberOfUnits"`
	Amount amount `json:"Amount"`
	Fixed  amount `json:"FixedAmount"`
}

type deduction struct {
	Type   string `json:"DeductionTypeID"`
	Amount amount `json:"Amount"`
}

type contribution struct {
	Type   string `json:"ContributionType"`
	Amount amount `json:"Amount"`
}

type tax struct {
	Name   string `json:"TaxTypeName"`
	Amount amount `json:"Amount"`
}

// UnmarshalJSON reads a payslip.
func (s *payslip) UnmarshalJSON(data []byte) error {
	var raw struct {
		ID        string         `json:"PayslipID"`
		Employee  string         `json:"EmployeeID"`
		Updated   moment         `json:"UpdatedDateUTC"`
		Earnings  []earning      `json:"EarningsLines"`
		Timesheet []earning      `json:"TimesheetEarningsLines"`
		Leave     []earning      `json:"LeaveEarningsLines"`
		Deduction []deduction    `json:"DeductionLines"`
		Super     []contribution `json:"SuperannuationLines"`
		Tax       []tax          `json:"TaxLines"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*s = payslip{raw.ID, raw.Employee, raw.Updated, raw.Earnings, raw.Timesheet, raw.Leave, raw.Deduction, raw.Super, raw.Tax}
	return nil
}

// A line is one element of a payslip.
type line struct {
	key           string
	element       string
	amount, hours amount
	employer      bool
	gross         bool
}

// lines are the elements of a payslip but for what was reimbursed, which is no pay. A
// line has no id of its own: its key is its kind, its type and its place among those.
func (s payslip) lines(kinds items) []line {
	var out []line
	places := map[string]int{}
	add := func(kind, of string, l line) {
		if l.amount.zero() && l.hours.zero() {
			return
		}
		place := kind + "/" + of
		places[place]++
		l.key = fmt.Sprintf("%s/%d", place, places[place])
		out = append(out, l)
	}
	earn := func(kind string, all []earning, fallback string) {
		for _, e := range all {
			r, ok := kinds[e.Rate]
			if !ok {
				r = rate{element: fallback, hours: kind == "leave"}
			}
			l := line{element: r.element, gross: true, amount: e.Amount.or(e.Fixed, e.Per.times(e.Units))}
			if r.hours {
				l.hours = e.Units
			}
			add(kind, e.Rate, l)
		}
	}
	earn("earnings", s.Earnings, "other")
	earn("timesheet", s.Timesheet, "base")
	earn("leave", s.Leave, "base")
	for _, d := range s.Deduction {
		add("deduction", d.Type, line{element: "deduction", amount: d.Amount})
	}
	for _, t := range s.Tax {
		add("tax", t.Name, line{element: "deduction", amount: t.Amount})
	}
	for _, c := range s.Super {
		if c.Type == "SALARYSACRIFICE" || c.Type == "EMPLOYEE" {
			add("super", c.Type, line{element: "deduction", amount: c.Amount})
			continue
		}
		add("super", c.Type, line{element: "employer_cost", amount: c.Amount, employer: true})
	}
	return out
}

// adds says whether the gross lines come to the wages that the run states, to a cent a
// line; wages that are not stated say nothing.
func adds(lines []line, wages amount) bool {
	if !wages.known() {
		return true
	}
	total, n := new(big.Rat), int64(1)
	for _, l := range lines {
		if l.gross && l.amount.known() {
			total.Add(total, l.amount.rat)
			n++
		}
	}
	const cents = 100
	return new(big.Rat).Abs(total.Sub(total, wages.rat)).Cmp(big.NewRat(n, cents)) <= 0
}
