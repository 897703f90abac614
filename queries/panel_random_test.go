package queries

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"dials/queries/evidence"
)

func pilotRows(treated, control, leftTreated, leftControl int64) []pilotRow {
	from := firstMonth.AddDate(0, 20, 0)
	row := func(arm string, n int64, month *int64, tenure float64) pilotRow {
		r := pilotRow{Arm: arm, IsKnown: true, People: n, LeftInMonth: month, Months: 12, From: from, Until: from.AddDate(0, 12, 0), Tenure: &tenure}
		if month != nil {
			r.Leavers = n
		}
		return r
	}
	var rows []pilotRow
	for _, arm := range []struct {
		name    string
		n, left int64
	}{{"control", control, leftControl}, {"treated", treated, leftTreated}} {
		rows = append(rows, row(arm.name, (arm.n-arm.left)/2, nil, 1.5), row(arm.name, arm.n-arm.left-(arm.n-arm.left)/2, nil, 7.5),
			row(arm.name, arm.left, ptr(int64(3)), 3.5))
	}
	return rows
}

func TestStudyPilot(t *testing.T) {
	l := linkRow{ID: "L", Metric: ptr("m"), Baseline: ptr(0.18), Target: ptr(0.126), Direction: "down"}
	wave := byRule("random", 1)
	wave[0].Start, wave[0].AssignedAt = firstMonth.AddDate(0, 20, 0), ptr(firstMonth)
	rows := pilotRows(200, 2300, 17, 370)
	s, err := studyPilot(l, rows, wave, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := 17./200 - 370./2300
	if e := s.Trial.Estimate; math.Abs(e.Value-want) > 0.02 || e.P > 0.01 {
		t.Errorf("%+v, want about %v", e, want)
	}
	if got := s.Trial.Random.Treated.Assigned; got != 200 {
		t.Errorf("%d in the arm", got)
	}
	s.Trial.Case, s.Trial.Wanted = found().Case, evidence.Down
	if f := evidence.Conclude([]evidence.Trial{s.Trial})[0]; f.Rung != evidence.Randomised || !f.IsClaim {
		t.Errorf("rung %d, %s, %v", f.Rung, f.Result, f.Missing)
	}
	rows[0].IsKnown, rows[4].IsKnown = false, false
	s, err = studyPilot(l, rows, wave, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Trial.Random; r.Treated.Unknown == 0 || r.Treated.Assigned != 200 {
		t.Errorf("%+v", r)
	}
	if _, err := studyPilot(l, rows, nil, nil); err == nil {
		t.Error("people of whom nobody says how they were assigned are an experiment")
	}
}

func TestOmnibus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 200
	x, z, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], z[i] = r.NormFloat64(), r.NormFloat64()
		y[i] = x[i] + r.NormFloat64()
	}
	if p := omnibus(y, [][]float64{x, z}); p > 0.002 {
		t.Errorf("a strong tie has p %v", p)
	}
	if p := omnibus(z, [][]float64{x, x}); p < 0.01 {
		t.Errorf("no tie has p %v", p)
	}
	if p := omnibus(y, [][]float64{make([]float64, n)}); p != 1 {
		t.Errorf("a constant has p %v", p)
	}
}

// A few leavers are told neither as a count nor as a step between two months.
func TestTellable(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone [][2]float64
		want []int
	}{
		{"enough in every month", [][2]float64{{5, 6}, {10, 12}, {15, 18}}, []int{0, 1, 2}},
		{"a step of four", [][2]float64{{5, 6}, {9, 12}, {15, 18}}, []int{1, 2}},
		{"steps are taken from the last month", [][2]float64{{20, 5}, {40, 8}, {60, 11}}, []int{0, 2}},
		{"few at first", [][2]float64{{3, 9}, {9, 14}}, []int{1}},
		{"few to the end", [][2]float64{{30, 4}}, nil},
		{"nobody", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tellable(tt.gone); !slices.Equal(got, tt.want) {
				t.Errorf("tellable(%v) = %v, want %v", tt.gone, got, tt.want)
			}
		})
	}
}

// People who were chosen are compared with others like them, and never credited: the
// effect would be the difference that tenure makes.
func TestPeopleWhoWereChosen(t *testing.T) {
	l := linkRow{ID: "L", Metric: ptr("m"), Baseline: ptr(0.18), Target: ptr(0.126), Direction: "down"}
	from := firstMonth.AddDate(0, 20, 0)
	var rows []pilotRow
	for _, k := range []struct {
		arm       string
		tenure    float64
		n, leaves int64
	}{{"treated", 7.5, 160, 16}, {"treated", 1.5, 40, 16}, {"control", 7.5, 100, 10}, {"control", 1.5, 300, 120}} {
		stay := pilotRow{Arm: k.arm, IsKnown: true, People: k.n - k.leaves, Months: 12, From: from, Until: from.AddDate(0, 12, 0), Tenure: &k.tenure}
		gone := stay
		gone.People, gone.LeftInMonth = k.leaves, ptr(int64(4))
		rows = append(rows, stay, gone)
	}
	s, err := studyPilot(l, rows, byRule("choice", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	naive := 32./200 - 130./400
	if e := s.Trial.Estimate; math.Abs(e.Value) > 1e-9 || naive > -0.16 {
		t.Errorf("with tenure %v, without %v: want 0, as within each tenure", e.Value, naive)
	}
	if c, ok := checkNamed(s, "e-value"); !ok || c.Statistic < 1 {
		t.Errorf("E-value %+v, %v", c, ok)
	}
	s.Trial.Case, s.Trial.Wanted = found().Case, evidence.Down
	s.Trial.Estimate.Value, s.Trial.Estimate.P = -0.2, 1e-9
	f := evidence.Conclude([]evidence.Trial{s.Trial})[0]
	if f.Rung != evidence.BeforeAfter || f.IsClaim || f.Result != evidence.CannotTell || !slices.Contains(f.Caps, "people were chosen") {
		t.Errorf("rung %d, %s, %v", f.Rung, f.Result, f.Caps)
	}
}
