package gusto

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// An amount is a decimal number as it was written: money is never a binary fraction.
type amount struct{ rat *big.Rat }

// UnmarshalJSON reads a text that holds a number, or a number.
func (a *amount) UnmarshalJSON(data []byte) error {
	*a = amount{}
	text := strings.Trim(string(data), `" `)
	if text == "null" || text == "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/_xXpP") || len(text) > 40 {
		return fmt.Errorf("%q is no amount", text)
	}
	a.rat = r
	return nil
}

// String writes an amount with up to four places.
func (a amount) String() string {
	if a.rat == nil {
		return ""
	}
	const places = 4
	return strings.TrimSuffix(strings.TrimRight(a.rat.FloatString(places), "0"), ".")
}

func (a amount) zero() bool { return a.rat == nil || a.rat.Sign() == 0 }

// plus adds, taking what is unknown for nothing.
func (a amount) plus(b amount) amount {
	switch {
	case a.rat == nil:
		return b
	case b.rat == nil:
		return a
	}
	return amount{new(big.Rat).Add(a.rat, b.rat)}
}

// below is the amount as a negative one.
func (a amount) below() amount {
	if a.rat == nil {
		return a
	}
	return amount{new(big.Rat).Neg(new(big.Rat).Abs(a.rat))}
}

func (a amount) minus(b amount) amount {
	if b.rat == nil {
		return a
	}
	return a.plus(amount{new(big.Rat).Neg(b.rat)})
}

// A compensation is what one payroll paid to one person.
type compensation struct {
	Employee string `json:"employee_uuid"`
	Excluded bool   `json:"excluded"`
	Gross    amount `json:"gross_pay"`
	Fixed    []struct {
		Name   string `json:"name"`
		Amount amount `json:"amount"`
	} `json:"fixed_compensations"`
	Hourly []struct {
		Name       string `json:"name"`
		Hours      amount `json:"hours"`
		Amount     amount `json:"amount"`
		Multiplier amount `json:"compensation_multiplier"`
	} `json:"hourly_compensations"`
	TimeOff []struct {
		Hours amount `json:"hours"`
	} `json:"paid_time_off"`
	Taxes []struct {
		Name     string `json:"name"`
		Employer bool   `json:"employer"`
		Amount   amount `json:"amount"`
	} `json:"taxes"`
	Benefits []struct {
		Name     string `json:"name"`
		Employee amount `json:"employee_deduction"`
		Company  amount `json:"company_contribution"`
	} `json:"benefits"`
	Deductions []struct {
		Name   string `json:"name"`
		Amount amount `json:"amount"`
		Kind   string `json:"amount_type"`
	} `json:"deductions"`
}

// A line is one element of what somebody was paid.
type line struct {
	key           string
	element       string
	amount, hours amount
	employer      bool
}

// lines are the elements of a compensation. A salary, and time off, is not among what
// is listed: it is what gross pay holds besides. A reversal takes all of it back. A
// line has no id of its own: its key is its kind, its name and its place among those.
func (c compensation) lines(known map[string]string, reversal bool) (out []line, percent int) {
	places := map[string]int{}
	listed := amount{}
	add := func(kind, name string, l line) {
		if l.amount.zero() && l.hours.zero() {
			return
		}
		if reversal {
			l.amount, l.hours = l.amount.below(), l.hours.below()
		}
		place := kind + "/" + name
		places[place]++
		l.key = fmt.Sprintf("%s/%d", place, places[place])
		out = append(out, l)
	}
	for _, f := range c.Fixed {
		if strings.Contains(strings.ToLower(f.Name), "reimbursement") {
			continue // no pay, and not in gross pay
		}
		listed = listed.plus(f.Amount)
		add("fixed", f.Name, line{element: elementOf(f.Name, known, "other"), amount: f.Amount})
	}
	var unpriced amount // hours whose amount is not told: it is in the rest
	for _, h := range c.Hourly {
		if h.Amount.rat == nil {
			unpriced = unpriced.plus(h.Hours)
			continue
		}
		listed = listed.plus(h.Amount)
		fallback := "base"
		if h.Multiplier.rat != nil && h.Multiplier.rat.Cmp(big.NewRat(1, 1)) > 0 {
			fallback = "overtime"
		}
		add("hourly", h.Name, line{element: elementOf(h.Name, known, fallback), amount: h.Amount, hours: h.Hours})
	}
	if c.Gross.rat != nil {
		rest := line{element: "base", amount: c.Gross.minus(listed), hours: unpriced}
		for _, t := range c.TimeOff {
			rest.hours = rest.hours.plus(t.Hours)
		}
		add("salary", "rest", rest)
	}
	for _, t := range c.Taxes {
		add("tax", t.Name, costOf(t.Employer, t.Amount))
	}
	for _, b := range c.Benefits {
		add("benefit", b.Name, costOf(false, b.Employee))
		add("contribution", b.Name, costOf(true, b.Company))
	}
	for _, d := range c.Deductions {
		if d.Kind == "percent" {
			percent++
			continue
		}
		add("deduction", d.Name, costOf(false, d.Amount))
	}
	return out, percent
}

// costOf is a line of the employer's cost, or of a deduction.
func costOf(employer bool, a amount) line {
	if employer {
		return line{element: "employer_cost", amount: a, employer: true}
	}
	return line{element: "deduction", amount: a}
}

// elementOf is what a compensation of that name is.
func elementOf(name string, known map[string]string, fallback string) string {
	if e, ok := known[name]; ok {
		return e
	}
	lower := strings.ToLower(name)
	for _, w := range []struct{ word, element string }{
		{"overtime", "overtime"}, {"commission", "commission"}, {"bonus", "bonus"}, {"allowance", "allowance"}, {"stipend", "allowance"},
	} {
		if strings.Contains(lower, w.word) {
			return w.element
		}
	}
	return fallback
}
