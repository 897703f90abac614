package queries

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// correctedMonth is the first month that late corrections are about.
const correctedMonth = 8

// lateCorrections are what becomes known later of every other company: who was in another
// unit all along, who had left, and who had joined.
func lateCorrections(companies int) []string {
	from := worldStart.AddDate(0, correctedMonth, 0).Format(time.DateOnly)
	const at = "timestamp '2025-03-10'"
	known := fmt.Sprintf("(regexp_extract(person_id, '[0-9]+')::int %% 2 = 0 and regexp_extract(person_id, '[0-9]+')::int < %d)", companies)
	return append([]string{
		"create or replace temp macro late(who, n) as hash(who || '/late') % n",
		`create or replace temp table moved as select j.*, e.person_id from raw.job as j join raw.employment as e using (employment_id)
			where ` + known + ` and late(e.person_id, 4) = 0 qualify row_number() over (partition by employment_id order by j.valid_from desc) = 1`,
		"create or replace temp table gone as select * from raw.employment where " + known + " and late(person_id, 5) = 1 and term_date > date '" + from + "'",
		fmt.Sprintf(`insert into raw.job (employment_id, assignment_id, is_primary, fte_share, unit_id, job_title_id, location, valid_from, source, recorded_at)
			select employment_id, '1', true, 1, regexp_replace(unit_id, '[0-9]+$', '0'), job_title_id, location, date '%s', 'hris', %s from moved where valid_from < date '%[1]s'`, from, at),
		"update raw.employment set superseded_at = " + at + " where employment_id in (select employment_id from gone)",
		fmt.Sprintf(`insert into raw.employment (employment_id, person_id, hire_date, term_date, is_voluntary, employment_type, valid_from, source, recorded_at)
			select employment_id, person_id, hire_date, greatest(hire_date, date '%s'), true, employment_type, valid_from, 'hris', %s from gone`, from, at),
		fmt.Sprintf(`insert into raw.employment (employment_id, person_id, hire_date, is_voluntary, employment_type, valid_from, source, recorded_at)
			select employment_id || 'x', person_id || 'x', date '%s', false, 'employee', date '%[1]s', 'hris', %s from moved where late(person_id, 3) = 0`, from, at),
		fmt.Sprintf(`insert into raw.job (employment_id, assignment_id, is_primary, fte_share, unit_id, job_title_id, location, valid_from, source, recorded_at)
			select employment_id || 'x', '1', true, 1, unit_id, job_title_id, location, date '%s', 'hris', %s from moved where late(person_id, 3) = 0`, from, at),
	}, loaded("job", "employment")...)
}

// TestAttackVersions keeps what was told before late corrections, and reads it together with what is told after them: of
// months that were not corrected no more is told in one version than in the other, and what is told of what was corrected
// gives nothing back.
func TestAttackVersions(t *testing.T) {
	t.Parallel()
	const companies, taught = 10, 8
	w := smallCompanies(t, 0, companies)
	earlier := martsOfPeople(t, w)
	rebuilt(t, w, lateCorrections(companies)...)
	f := readForest(t, w)
	shown := map[string]map[string]*martRow{}
	for _, m := range martsOfPeople(t, w) {
		shown[m.name] = m.byKey()
	}
	same, other := 0, 0
	until := worldStart.AddDate(0, correctedMonth-1, 0).Format(time.DateOnly) // who left on the first day is counted in the month before
	for _, m := range earlier {
		wrong := 0
		for _, r := range m.rows {
			if r.month == "" {
				continue
			}
			now := shown[m.name][r.key()]
			isSame := now != nil && now.isHidden == r.isHidden && maps.EqualFunc(now.values, r.values, func(a, b *float64) bool { return (a == nil) == (b == nil) })
			switch {
			case isSame:
				same++
			case r.month >= until:
				other++
			default:
				if wrong++; wrong <= 2 {
					t.Errorf("marts.%s: of %s another version told more or less: %s, now %s", m.name, r.key(), figures(r), figures(now))
				}
			}
		}
	}
	tellAll(t, w)
	truth := martsOfPeople(t, w)
	var sum attackTally
	sum.attackClusters(t, applied(learnSeries(t, truth, f, taught), truth), shown, f, rand.New(rand.NewPCG(1, 4)), 20)
	slices.Sort(sum.found)
	for _, x := range sum.found[:min(20, len(sum.found))] {
		t.Error(x)
	}
	t.Logf("%d rows are told alike in both versions, %d otherwise; %d hidden values against %d shown ones, %d by bounds", same, other, sum.asked, sum.shown, sum.bounded)
	if same < 1000*companies/4 || other < 100 || sum.asked < 500*companies {
		t.Error("hardly anything was tested")
	}
}

// figures are the numbers of a row, in words.
func figures(r *martRow) string {
	if r == nil {
		return "nothing"
	}
	out := fmt.Sprint("hidden ", r.isHidden)
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if v := r.values[name]; v != nil {
			out += fmt.Sprint(" ", name, " ", *v)
		}
	}
	return out
}
