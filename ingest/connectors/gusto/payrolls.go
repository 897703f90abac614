package gusto

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/ingest/web"
)

// employees reads who is paid, as accounts: numbers and addresses match them to people.
func (p *pull) employees(ctx context.Context) error {
	type employee struct {
		ID         string `json:"uuid"`
		Code       string `json:"employee_code"`
		Email      string `json:"email"`
		WorkEmail  string `json:"work_email"`
		Terminated *bool  `json:"terminated"`
	}
	all := map[string]employee{}
	err := p.pages(ctx, "/employees", "", url.Values{}, func(record []byte) (string, error) {
		var e employee
		if err := json.Unmarshal(record, &e); err != nil {
			return "", err
		}
		if e.ID == "" {
			return "", errors.New("an employee has no uuid")
		}
		all[e.ID] = e
		return e.ID, nil
	})
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(all) {
		e := all[id]
		active := ""
		if e.Terminated != nil {
			active = fmt.Sprint(!*e.Terminated)
		}
		err := p.Add(map[string]string{
			"system": p.source, "account_id": id, "source_id": id, "employee_number": e.Code, "email": strings.ToLower(cmp.Or(e.WorkEmail, e.Email)), "is_active": active,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A payroll is a pay run.
type payroll struct {
	ID       string `json:"uuid"`
	OldID    string `json:"payroll_uuid"`
	Paid     string `json:"check_date"`
	Done     bool   `json:"processed"`
	OffCycle bool   `json:"off_cycle"`
	Reason   string `json:"off_cycle_reason"`
	Period   struct {
		Start string `json:"start_date"`
		End   string `json:"end_date"`
	} `json:"pay_period"`
	Reversals []string `json:"reversal_payroll_uuids"` // those that reverse it
}

// payrolls lists the processed payrolls since a day, by year: Gusto answers for a year
// at most, and for the last six months if it is not told otherwise. A payroll that
// lies in two slices comes once.
func (p *pull) payrolls(ctx context.Context) ([]payroll, error) {
	all := map[string]payroll{}
	const ahead, sliceDays, overlapDays = 60, 364, 35
	end := p.clock().UTC().AddDate(0, 0, ahead)
	for from := p.since; from.Before(end); from = from.AddDate(0, 0, sliceDays-overlapDays) {
		to := from.AddDate(0, 0, sliceDays)
		if to.After(end) {
			to = end
		}
		query := url.Values{
			"processing_statuses": {"processed"}, "payroll_types": {"regular,off_cycle"}, "include": {"totals,reversals"},
			"start_date": {from.Format(time.DateOnly)}, "end_date": {to.Format(time.DateOnly)},
		}
		err := p.pages(ctx, "/payrolls", "", query, func(record []byte) (string, error) {
			var r payroll
			if err := json.Unmarshal(record, &r); err != nil {
				return "", err
			}
			r.ID = cmp.Or(r.ID, r.OldID)
			if r.ID == "" {
				return "", errors.New("a payroll has no uuid")
			}
			if r.Done {
				all[r.ID] = r
			}
			return r.ID, nil
		})
		if err != nil {
			return nil, err
		}
		if !to.Before(end) {
			break
		}
	}
	out := make([]payroll, 0, len(all))
	for _, id := range sortedKeys(all) {
		out = append(out, all[id])
	}
	slices.SortStableFunc(out, func(a, b payroll) int { return cmp.Compare(a.Paid, b.Paid) })
	return out, nil
}

// payRuns reads the payrolls. Those that were not processed do not count, and are not
// asked for.
func (p *pull) payRuns(ctx context.Context) error {
	all, err := p.payrolls(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		err := p.Add(map[string]string{
			"payroll_run_id": r.ID, "source_id": r.ID, "legal_entity": p.o.LegalEntity, "status": "posted", "is_off_cycle": fmt.Sprint(r.OffCycle),
			"period_start_date": r.Period.Start, "period_end_date": r.Period.End, "pay_date": r.Paid,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// payLines reads what each payroll paid.
func (p *pull) payLines(ctx context.Context) error {
	all, err := p.payrolls(ctx)
	if err != nil {
		return err
	}
	reverses := map[string]string{}
	for _, r := range all {
		for _, id := range r.Reversals {
			reverses[id] = r.ID
		}
	}
	var unread tally
	err = web.Each(ctx, p.client.Concurrency(), all, func(ctx context.Context, r payroll) ([]compensation, error) {
		return p.compensations(ctx, r.ID)
	}, func(r payroll, paid []compensation) error {
		original, reversal := reverses[r.ID]
		reversal = reversal || strings.EqualFold(r.Reason, "Reversal")
		for _, c := range paid {
			if err := p.compensation(r, c, original, reversal, &unread); err != nil {
				return err
			}
		}
		return nil
	})
	if unread.percent > 0 {
		p.Warn("%d deductions state a percentage alone, and are left out", unread.percent)
	}
	if unread.unnamed > 0 {
		p.Warn("%d compensations name no employee, and are left out", unread.unnamed)
	}
	return err
}

// A tally counts what is left out.
type tally struct{ percent, unnamed int }

// compensation emits the lines of one person in one payroll.
func (p *pull) compensation(r payroll, c compensation, original string, reversal bool, unread *tally) error {
	if c.Excluded {
		return nil
	}
	if c.Employee == "" {
		unread.unnamed++
		return nil
	}
	lines, percent := c.lines(p.o.Elements, reversal)
	unread.percent += percent
	for _, l := range lines {
		values := map[string]string{
			"payroll_line_id": r.ID + "/" + c.Employee + "/" + l.key, "source_id": r.ID, "payroll_run_id": r.ID, "person_id": c.Employee,
			"element": l.element, "amount": l.amount.String(), "currency": "USD", "paid_hours": l.hours.String(),
		}
		if l.employer {
			values["is_employer_cost"] = "true"
		}
		if original != "" {
			values["reverses_line_id"] = original + "/" + c.Employee + "/" + l.key
		}
		if err := p.Add(values); err != nil {
			return err
		}
	}
	return nil
}

// compensations reads what one payroll paid to whom.
func (p *pull) compensations(ctx context.Context, id string) ([]compensation, error) {
	all := map[string]compensation{}
	var order []string
	query := url.Values{"include": {"taxes,benefits,deductions"}}
	err := p.pages(ctx, "/payrolls/"+url.PathEscape(id), "employee_compensations", query, func(record []byte) (string, error) {
		var c compensation
		if err := json.Unmarshal(record, &c); err != nil {
			return "", err
		}
		if _, ok := all[c.Employee]; !ok {
			order = append(order, c.Employee)
		}
		all[c.Employee] = c
		return c.Employee, nil
	})
	out := make([]compensation, 0, len(order))
	for _, k := range order {
		out = append(out, all[k])
	}
	return out, err
}
