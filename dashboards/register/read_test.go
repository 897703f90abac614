package register

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// known is what entries may refer to, as kind/id.
type known []string

func (k known) Has(kind, id string) bool { return slices.Contains(k, kind+"/"+id) }

var register = known{"tactic/selling", "metric/sales", "goal/g1", "unit/A", "unit/B", "tactic_link/selling-sales", "need/n1"}

// form is a form as "name=value" lines; a name may come twice.
func form(text string) func(string) []string {
	values := map[string][]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[name] = append(values[name], value)
		}
	}
	return func(name string) []string { return values[name] }
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestReadLink(t *testing.T) {
	e, _ := Find("tactic_link")
	changes, errs := e.Read(form(`
		tactic_id=selling
		metric_id=sales
		baseline=1 000,5
		target=1,234.5
		target_date=2027-10-01
		business_owner_id= Sales director
		approved_at=yes
		note=first
	`), nil, register, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := []Change{{
		Stream: "tactic_link", Key: map[string]any{"tactic_link_id": "selling-sales-2"}, Note: "first",
		Moments: map[string][]string{"registered_at": {"tactic_id", "metric_id"}},
		After: map[string]any{
			"tactic_id": "selling", "metric_id": "sales", "baseline": 1000.5, "target": 1234.5, "target_date": "2027-10-01",
			"business_owner_id": "Sales director", "approved_at": "2026-11-01 12:00:00",
		},
	}}
	if d := cmp.Diff(want, changes); d != "" {
		t.Error(d)
	}
}

// A change keeps who is named by a source, and when it was approved.
func TestReadChange(t *testing.T) {
	e, _ := Find("tactic_link")
	held := &Held{
		Key: map[string]any{"tactic_link_id": "l1"}, Version: "register@1", Source: "register",
		Values: map[string]any{"approved_at": "2024-10-20 09:00:00", "tactic_id": "selling"}, Persons: map[string]bool{"business_owner_id": true},
	}
	changes, errs := e.Read(form("tactic_id=selling\nmetric_id=sales\napproved_at=yes"), held, register, noon)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c := changes[0]
	if c.After["business_owner_id"] != Kept || c.After["approved_at"] != "2024-10-20 09:00:00" || c.Version != "register@1" || c.Key["tactic_link_id"] != "l1" {
		t.Errorf("%+v", c)
	}
}

func TestReadUnits(t *testing.T) {
	e, _ := Find("tactic_unit")
	changes, errs := e.Read(form("tactic_id=selling\nunit_id=A\nunit_id=B\nunit_id=A\narm=treated\nwave=2"), nil, register, noon)
	if len(errs) > 0 || len(changes) != 2 {
		t.Fatal(changes, errs)
	}
	if d := cmp.Diff(map[string]any{"tactic_id": "selling", "unit_id": "B"}, changes[1].Key); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]any{"arm": "treated", "wave": 2.0}, changes[1].After); d != "" {
		t.Error(d)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ stream, form, want string }{
		{"need", "", "opened_date: This is needed. title: This is needed."},
		{"need", "title=x\nopened_date=31.12.2026", `opened_date: "31.12.2026" is not a day like 2026-10-31.`},
		{"need", "title=x\nopened_date=2026-01-01\ngoal_id=gone\nis_shared=perhaps", `goal_id: "gone" is not in the register any more. is_shared: Answer yes, no, or not known.`},
		{"tactic", "name=x\ntactic_type=magic", `tactic_type: "magic" is none of the choices.`},
		{"tactic", "name=x\ntactic_type=tool\nlaunched_date=2026-02-01\nended_date=2026-01-01", "ended_date: It would end before its first day."},
		{"tactic", "name=x\ntactic_type=tool\nplanned_cost_amount=5\nsessions_planned=1.5", `currency: An amount needs its currency, such as EUR. sessions_planned: "1.5" is not a whole number.`},
		{"tactic", "name=x\ntactic_type=tool\nplanned_cost_amount=1,000", `planned_cost_amount: "1,000" can be read two ways: leave the comma out, or write a point.`},
		{"tactic", "name=" + strings.Repeat("x", 2001) + "\ntactic_type=tool", "name: " + tooLong},
		{"tactic_link", "tactic_id=selling\nmetric_id=sales\nbaseline=3\ntarget=3", "target: It is the value before: nothing would have to change. target_date: A target needs the day by which it is wanted."},
		{"tactic_wave", "tactic_id=selling\nwave=0\nstart_date=2026-12-01\nassigned_by=order", "order_rule: Say which rule: it must have nothing to do with the dial. wave: It must lie between 1 and 1000."},
		{"tactic_unit", "tactic_id=selling\narm=treated", "unit_id: Name at least one unit."},
		{"tactic_unit", "tactic_id=selling\narm=treated\nunit_id=Z\nis_chosen_on_dial=yes", `selection_from_date: Say on which days it was looked at, so that they are left out of the comparison. unit_id: "Z" is not a unit that you can name.`},
		{"contribution_estimate", "tactic_id=selling\nmetric_id=sales\nrespondent=t1\nrespondent_type=manager\ncontribution_pct=101\nconfidence_pct=NaN", `confidence_pct: "NaN" is not a number. contribution_pct: It must lie between 0 and 100.`},
		{"benefit", "tactic_id=selling\nmonths=9\nplanned_amount=5\ncurrency=euro\ngo_live_date=2026-01-01", `currency: Write a code of three letters, such as EUR. months: "9" is none of the choices.`},
	} {
		e, _ := Find(c.stream)
		changes, errs := e.Read(form(c.form), nil, register, noon)
		var words []string
		for _, name := range slices.Sorted(maps.Keys(errs)) {
			words = append(words, name+": "+errs[name])
		}
		if got := strings.Join(words, " "); got != c.want || changes != nil {
			t.Errorf("%s\n got %s\nwant %s", c.stream, got, c.want)
		}
	}
}

func TestSlug(t *testing.T) {
	for text, want := range map[string]string{"Consultative  Selling!": "consultative-selling", "über": "ber", "": "", "–": ""} {
		if got := slug(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	e, _ := Find("need")
	changes, errs := e.Read(form("title=–\nopened_date=2026-01-01"), nil, register, noon)
	if len(errs) > 0 || changes[0].Key["need_id"] != "need" {
		t.Errorf("%v %v", changes, errs)
	}
}

// FuzzNumber: whatever is read as a number is one.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "1.5", "1,5", "1 000,5", "1.000,5", "−3", "1e5", "Inf", "0x1p3", "1_0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, wrong := Field{Kind: Number}.number(text)
		if x, ok := v.(float64); (wrong == "") != ok || ok && (x != x || x > 1e13 || x < -1e13) {
			t.Errorf("%q: %v %q", text, v, wrong)
		}
	})
}
