package xero

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// since is the time to ask for changes from: Xero compares a header, to the second.
func (p *pull) since() time.Time {
	if p.cursor.at.IsZero() {
		return time.Time{}
	}
	return p.cursor.at.Add(-ingest.OverlapHeader)
}

// resume sets the cursor that a stream of changes reaches.
func (p *pull) resume(newest time.Time) {
	p.next = cursor{at: ingest.Resume(p.cursor.at, newest, p.started, p.client.ServerNow())}
}

// employees reads who is paid, as accounts: their e-mail addresses match them to people.
func (p *pull) employees(ctx context.Context) error {
	var newest time.Time
	err := p.pages(ctx, "/Employees", p.since(), func(record []byte) error {
		var e struct {
			ID      string `json:"EmployeeID"`
			Email   string `json:"Email"`
			Status  string `json:"Status"`
			Updated moment `json:"UpdatedDateUTC"`
		}
		if err := json.Unmarshal(record, &e); err != nil {
			return err
		}
		newest = later(newest, e.Updated.Time)
		active := ""
		if e.Status != "" {
			active = fmt.Sprint(e.Status == "ACTIVE")
		}
		return p.Add(map[string]string{
			"system": p.source, "account_id": e.ID, "source_id": e.ID, "email": strings.ToLower(strings.TrimSpace(e.Email)), "is_active": active,
		})
	})
	p.resume(newest)
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// A payRun is a pay run.
type payRun struct {
	ID      string `json:"PayRunID"`
	Status  string `json:"PayRunStatus"`
	Start   moment `json:"PayRunPeriodStartDate"`
	End     moment `json:"PayRunPeriodEndDate"`
	Paid    moment `json:"PaymentDate"`
	Updated moment `json:"UpdatedDateUTC"`
	Slips   []slip `json:"Payslips"`
}

// A slip is a payslip as its run lists it.
type slip struct {
	ID    string `json:"PayslipID"`
	Wages amount `json:"Wages"`
}

// payRuns reads the pay runs. A draft is one that does not count.
func (p *pull) payRuns(ctx context.Context) error {
	var newest time.Time
	err := p.pages(ctx, "/PayRuns", p.since(), func(record []byte) error {
		var r payRun
		if err := json.Unmarshal(record, &r); err != nil {
			return err
		}
		newest = later(newest, r.Updated.Time)
		status := "draft"
		if r.Status == "POSTED" {
			status = "posted"
		}
		return p.Add(map[string]string{
			"payroll_run_id": r.ID, "source_id": r.ID, "legal_entity": p.o.LegalEntity, "status": status, "recorded_at": r.Updated.instant(),
			"period_start_date": r.Start.day(), "period_end_date": r.End.day(), "pay_date": r.Paid.day(),
		})
	})
	p.resume(newest)
	return err
}

// payslips reads the lines of the payslips of each posted run that changed, oldest
// change first. What one run of Dials may not ask for is left to the next.
func (p *pull) payslips(ctx context.Context) error {
	kinds, err := p.payItems(ctx)
	if err != nil {
		return err
	}
	var runs []payRun
	err = p.pages(ctx, "/PayRuns", p.since(), func(record []byte) error {
		var r payRun
		err := json.Unmarshal(record, &r)
		if err == nil && r.Status == "POSTED" {
			runs = append(runs, r)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(runs, func(a, b payRun) int { return cmp.Or(a.Updated.Compare(b.Updated.Time), cmp.Compare(a.ID, b.ID)) })
	runs = slices.CompactFunc(runs, func(a, b payRun) bool { return a.ID == b.ID })
	done := map[string]time.Time{}
	asked := 0
	var reached time.Time
	for _, r := range runs {
		key := fmt.Sprintf("%s@%d", r.ID, r.Updated.UnixMilli())
		if !p.cursor.done[key] {
			if asked > 0 && asked >= p.o.MaxPayslips {
				p.more = true
				break
			}
			n, err := p.lines(ctx, r, kinds)
			if err != nil {
				return fmt.Errorf("pay run %s: %w", r.ID, err)
			}
			asked += n
		}
		done[key] = r.Updated.Time
		reached = later(reached, r.Updated.Time)
	}
	if p.more {
		p.Warn("one run may ask for %d payslips (max_payslips): the pay runs changed after %s are left to the next run", p.o.MaxPayslips, reached.UTC().Format(time.DateTime))
	}
	p.resume(reached)
	p.next.done = map[string]bool{}
	for key, at := range done {
		if !at.Before(p.next.at.Add(-ingest.OverlapHeader - time.Second)) {
			p.next.done[key] = true
		}
	}
	return nil
}

// lines reads the payslips of one run, and returns how many they were.
func (p *pull) lines(ctx context.Context, r payRun, kinds items) (int, error) {
	answer, err := p.get(ctx, "/PayRuns/"+r.ID, nil, time.Time{})
	if err != nil {
		return 0, err
	}
	defer answer.Close()
	var whole *payRun
	if _, err := web.Walk(answer.Reader(), "PayRuns", func(_ string, record []byte) error {
		var one payRun
		if err := json.Unmarshal(record, &one); err != nil {
			return err
		}
		if one.ID == r.ID {
			whole = &one
		}
		return nil
	}); err != nil {
		return 0, err
	}
	if whole == nil {
		return 0, errors.New("the answer does not hold it")
	}
	if whole.Status != "POSTED" {
		return 0, nil // it was reverted to a draft meanwhile
	}
	odd := 0
	err = web.Each(ctx, p.client.Concurrency(), whole.Slips, func(ctx context.Context, s slip) (payslip, error) {
		return p.payslip(ctx, s.ID)
	}, func(s slip, got payslip) error {
		lines := got.lines(kinds)
		if !adds(lines, s.Wages) {
			odd++
		}
		for _, l := range lines {
			values := map[string]string{
				"payroll_line_id": got.ID + "/" + l.key, "source_id": got.ID, "payroll_run_id": r.ID, "person_id": got.Employee,
				"element": l.element, "amount": l.amount.String(), "currency": p.o.Currency, "paid_hours": l.hours.String(), "recorded_at": got.Updated.instant(),
			}
			if l.employer {
				values["is_employer_cost"] = "true"
			}
			if err := p.Add(values); err != nil {
				return err
			}
		}
		return nil
	})
	if odd > 0 {
		p.Warn("the earnings of %d payslips of the pay run of %s do not add up to their wages", odd, r.Paid.day())
	}
	return len(whole.Slips), err
}

// payslip reads one payslip.
func (p *pull) payslip(ctx context.Context, id string) (payslip, error) {
	answer, err := p.get(ctx, "/Payslip/"+id, nil, time.Time{})
	if err != nil {
		return payslip{}, err
	}
	defer answer.Close()
	var got struct {
		Payslip payslip `json:"Payslip"`
	}
	if err := json.NewDecoder(answer.Reader()).Decode(&got); err != nil {
		return payslip{}, fmt.Errorf("payslip %s: %w", id, err)
	}
	if got.Payslip.ID != id {
		return payslip{}, fmt.Errorf("payslip %s: the answer holds another one", id)
	}
	return got.Payslip, nil
}
