package register

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func peopleAsk() PeopleAsk {
	return PeopleAsk{Events: 120, PersonMonths: 12_000, People: 1000, EffectPct: 50, Share: 0.5, Months: []int{6, 12, 24}, Power: 0.8, Alpha: 0.05}
}

func TestPlanPeople(t *testing.T) {
	plan, err := PlanPeople(peopleAsk())
	if err != nil {
		t.Fatal(err)
	}
	// 1 − 0.99¹² leave in a year; the change is (1.9623 + 0.8420) of its errors
	last := plan.Cells[len(plan.Cells)-2]
	p := 1 - math.Pow(0.99, 12)
	q := p * (1 - last.MDE)
	if got := p * last.MDE / math.Sqrt((p*(1-p)+q*(1-q))/500); last.Units != 1000 || last.Months != 12 || math.Abs(got-2.8043) > 1e-3 {
		t.Errorf("%+v is %v of its errors", last, got)
	}
	if plan.Months != 12 || plan.MDE != last.MDE || plan.People != 1000 {
		t.Errorf("%+v", plan)
	}
	a := peopleAsk()
	a.EffectPct = 1
	if plan, err = PlanPeople(a); err != nil || plan.Months != 0 || plan.MDE != plan.Cells[len(plan.Cells)-1].MDE {
		t.Errorf("%+v, %v", plan, err)
	}
	a.People = 40
	if plan, err = PlanPeople(a); err != nil || !math.IsNaN(plan.Cells[0].MDE) {
		t.Errorf("of 10 people so few leave that nothing can be found: %+v, %v", plan.Cells[0], err)
	}
	for name, spoil := range map[string]func(*PeopleAsk){
		"few leavers": func(a *PeopleAsk) { a.Events = 9 }, "few people": func(a *PeopleAsk) { a.People = 19 },
		"all get it": func(a *PeopleAsk) { a.Share = 1 }, "no effect": func(a *PeopleAsk) { a.EffectPct = 0 }, "NaN": func(a *PeopleAsk) { a.Events = math.NaN() },
	} {
		a := peopleAsk()
		spoil(&a)
		if _, err := PlanPeople(a); err == nil || name == "few leavers" && !errors.Is(err, ErrNoLeavers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A change of the size that a plan promises is found four times in five.
func TestPlanPeopleKeepsItsPromise(t *testing.T) {
	plan, err := PlanPeople(peopleAsk())
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Base[1]
	random := rand.New(rand.NewPCG(3, 1))
	left := func(p float64) (k float64) {
		for range 500 {
			if random.Float64() < p {
				k++
			}
		}
		return k / 500
	}
	found := 0
	const runs = 2000
	for range runs {
		with, without := left(p*(1-plan.MDE)), left(p)
		se := math.Sqrt((with*(1-with) + without*(1-without)) / 500)
		if math.Abs(with-without) > 1.96*se {
			found++
		}
	}
	if share := float64(found) / runs; share < 0.77 || share > 0.83 {
		t.Errorf("found %v of the time", share)
	}
}
