package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const unitRows = "select unit_id, name, valid_from, valid_to, valid_basis from raw.org_unit where superseded_at is null and deleted_at is null order by all"

func (s *site) same(what string, want []string, q string) {
	s.t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, s.query(q)); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// check runs a source and compares what it did.
func (s *site) check(cfg, want string) {
	s.t.Helper()
	r := s.sync(cfg)
	if r.Err != nil {
		s.t.Fatal(r.Err)
	}
	if got := counts(r); got != want {
		s.t.Errorf("%s\n     want %s\n     warnings %q", got, want, r.Warnings)
	}
}

// checkFull reads everything again, which must change nothing.
func (s *site) checkFull(cfg string) {
	s.t.Helper()
	before := s.query("select * exclude (extra) from raw.org_unit order by all")
	r := s.run(cfg, true)
	if r.Err != nil {
		s.t.Fatal(r.Err)
	}
	if r.Inserted+r.Updated+r.Deleted != 0 {
		s.t.Errorf("reading everything again: %s", counts(r))
	}
	s.same("after reading everything again", before, "select * exclude (extra) from raw.org_unit order by all")
}

// A complete delivery of records without dates: changes supersede, what is gone is
// marked, what comes back is current again, and nothing is overwritten.
func TestSnapshotUndated(t *testing.T) {
	s := newSite(t)
	cfg := stream("framework", "snapshot", "f.csv")
	s.write("f.csv", "framework_id,name\nf1,One\nf2,Two\nf3,Three\n")
	s.check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("f.csv", "framework_id,name\nf1,One\nf2,Second\n")
	s.check(cfg, "read 2 inserted 0 updated 1 unchanged 1 rejected 0 deleted 1")
	s.write("f.csv", "framework_id,name\nf1,One\nf2,Second\nf3,Three\n")
	s.check(cfg, "read 3 inserted 1 updated 0 unchanged 2 rejected 0 deleted 0")
	s.same("versions", []string{
		"f1|One|1|2026-03-02 08:00:00|-|-",
		"f2|Second|2|2026-03-03 08:00:00|-|-",
		"f2|Two|1|2026-03-02 08:00:00|2026-03-03 08:00:00|-",
		"f3|Three|1|2026-03-02 08:00:00|2026-03-03 08:00:00|-",
		"f3|Three|2|2026-03-03 08:00:00|2026-03-04 08:00:00|2026-03-03 08:00:00",
		"f3|Three|3|2026-03-04 08:00:00|-|-",
	}, "select framework_id, name, run_id, recorded_at, superseded_at, deleted_at from raw.framework order by framework_id, name, run_id")
	s.same("versions of raw", []string{"raw.framework|3"}, "select * from meta.raw_version where table_name = 'raw.framework'")
	s.check(cfg, "read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0")
	s.same("versions of raw", []string{"raw.framework|3"}, "select * from meta.raw_version where table_name = 'raw.framework'")
}

// frameworks is a file of n frameworks, from one on.
func frameworks(from, n int) string {
	var b strings.Builder
	b.WriteString("framework_id,name\n")
	for i := range n {
		fmt.Fprintf(&b, "f%d,Framework\n", from+i)
	}
	return b.String()
}

// An empty or a suddenly small delivery deletes nothing until a person says so.
func TestTooManyDeletions(t *testing.T) {
	s := newSite(t)
	cfg := stream("framework", "snapshot", "f.csv")
	s.write("f.csv", frameworks(0, 300))
	s.check(cfg, "read 300 inserted 300 updated 0 unchanged 0 rejected 0 deleted 0")
	for content, want := range map[string]string{
		frameworks(0, 0):    "a complete delivery of 0 records would delete 300 of 300: at least 1 must come (min_rows)",
		frameworks(20, 280): "20 of 300 records (7 %) are no longer delivered, and one delivery may delete 15; nothing was loaded: if this is right, confirm it: dials sync src --confirm-deletes src.",
	} {
		s.write("f.csv", content)
		if r := s.sync(cfg); r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("error = %v, want %q", r.Err, want)
		}
		s.same("current", []string{"300"}, "select count(*) from raw.framework where superseded_at is null and deleted_at is null")
	}
	s.write("f.csv", frameworks(20, 280))
	s.check(stream("framework", "snapshot", "f.csv", "max_deleted_fraction = 0.08"), "read 280 inserted 0 updated 0 unchanged 280 rejected 0 deleted 20")
	s.write("f.csv", frameworks(34, 266))
	s.check(cfg, "read 266 inserted 0 updated 0 unchanged 266 rejected 0 deleted 14")
}

// A key that came in a bad record is not gone; one that could not be read may be any.
func TestRefusedIsNotGone(t *testing.T) {
	s := newSite(t)
	cfg := stream("scale", "snapshot", "s.csv")
	rows := "scale_id,low_value,high_value\n"
	for i := range 20 {
		rows += fmt.Sprintf("s%d,0,5\n", i)
	}
	s.write("s.csv", rows)
	s.check(cfg, "read 20 inserted 20 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("s.csv", strings.Replace(strings.Replace(rows, "s3,0,5\n", "s3,zero,5\n", 1), "s4,0,5\n", "", 1))
	s.check(cfg, "read 19 inserted 0 updated 0 unchanged 18 rejected 1 deleted 1")
	s.same("gone", []string{"s4"}, "select scale_id from raw.scale where superseded_at is null and deleted_at is not null")
	s.write("s.csv", strings.Replace(strings.Replace(rows, "s3,0,5\n", "s3,0\n", 1), "s5,0,5\n", "", 1))
	s.check(cfg, "read 19 inserted 1 updated 0 unchanged 17 rejected 1 deleted 0")
}

// Completions, scores and payslips do not unhappen: one that a complete delivery no longer
// holds stays, with the time since when it is not seen.
func TestKeepUnseen(t *testing.T) {
	for target, rows := range map[string]string{
		"enrolment":    "enrolment_id,person_id,course_id\n1,p,c\n2,p,c\n",
		"assessment":   "assessment_id,person_id,competency_id,rater_type,value,assessed_date\n1,p,c,self,3,2026-01-01\n2,p,c,self,4,2026-01-01\n",
		"payroll_line": "payroll_line_id,payroll_run_id,person_id,element,amount,currency\n1,r,p,base,10,EUR\n2,r,p,base,20,EUR\n",
	} {
		s := newSite(t)
		cfg := stream(target, "snapshot", "e.csv")
		s.write("e.csv", rows)
		s.check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
		s.write("e.csv", rows[:strings.Index(rows, "\n")+1]+rows[strings.Index(rows, "\n2,")+1:])
		s.check(cfg, "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0")
		s.same(target, []string{"1|true", "2|false"}, "select "+target+"_id, not_seen_since is not null from raw."+target+" where superseded_at is null and deleted_at is null order by 1")
		s.write("e.csv", rows)
		s.check(cfg, "read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0")
		s.same(target+" seen again", []string{"2"}, "select count(*) from raw."+target+" where superseded_at is null and not_seen_since is null")
	}
}

// A stated history: corrections supersede, future records are stored, a file that is
// delivered again replaces its own records and leaves those of other files.
func TestHistory(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "history", "units/*.csv")
	s.write("units/a.csv", "unit_id,name,valid_from,valid_to\na,A,2020-01-01,2024-01-01\na,AA,2024-01-01,\na,AAA,2030-01-01,\n")
	s.write("units/b.csv", "unit_id,name,valid_from,valid_to\nb,B,2020-01-01,\n")
	s.check(cfg, "read 4 inserted 4 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("units/a.csv", "unit_id,name,valid_from,valid_to\na,A,2020-01-01,2023-01-01\na,AA,2024-01-01,\n")
	s.check(cfg, "read 3 inserted 0 updated 1 unchanged 2 rejected 0 deleted 1")
	s.same("units", []string{"a|A|2020-01-01|2023-01-01|stated", "a|AA|2024-01-01|-|stated", "b|B|2020-01-01|-|stated"}, unitRows)
	s.checkFull(cfg)
}

// Without valid_to a record ends where the next of its key begins.
func TestHistoryWithoutEnds(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "history", "u.csv")
	s.write("u.csv", "unit_id,name,valid_from\na,A,2020-01-01\na,AAA,2024-01-01\nb,B,2020-01-01\n")
	s.check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2020-01-01|2024-01-01|stated", "a|AAA|2024-01-01|-|stated", "b|B|2020-01-01|-|stated"}, unitRows)
	s.write("u.csv", "unit_id,name,valid_from\na,A,2020-01-01\na,AA,2022-01-01\na,AAA,2024-01-01\nb,B,2020-01-01\n")
	s.check(cfg, "read 4 inserted 1 updated 1 unchanged 2 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2020-01-01|2022-01-01|stated", "a|AA|2022-01-01|2024-01-01|stated", "a|AAA|2024-01-01|-|stated", "b|B|2020-01-01|-|stated"}, unitRows)
	s.checkFull(cfg)
}

// A delta adds and changes, and never deletes; an effective-dated change ends what
// was in force.
func TestDelta(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "delta", "d/*.csv")
	s.write("d/1.csv", "unit_id,name,valid_from\na,A,2020-01-01\nb,B,2020-01-01\n")
	s.check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("d/2.csv", "unit_id,name,valid_from\na,AA,2024-01-01\n")
	s.check(cfg, "read 3 inserted 1 updated 1 unchanged 2 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2020-01-01|2024-01-01|stated", "a|AA|2024-01-01|-|stated", "b|B|2020-01-01|-|stated"}, unitRows)
	s.checkFull(cfg)
	s.write("d/1.csv", "unit_id,name,valid_from\na,A,2020-01-01\n")
	s.check(cfg, "read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 1")
	s.same("units", []string{"a|A|2020-01-01|2024-01-01|stated", "a|AA|2024-01-01|-|stated"}, unitRows)
}

// From snapshots alone a record is true from the day on which it was first seen.
func TestObservedSnapshots(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "snapshot", "u/*.csv", "", `as_of = { file = "units_%Y-%m.csv" }`)
	s.write("u/units_2024-01.csv", "unit_id,name\na,A\nb,B\n")
	s.write("u/units_2024-02.csv", "unit_id,name\na,A\nb,BB\n")
	s.check(cfg, "read 4 inserted 2 updated 1 unchanged 1 rejected 0 deleted 0")
	two := []string{"a|A|2024-01-31|-|observed", "b|B|2024-01-31|2024-02-29|observed", "b|BB|2024-02-29|-|observed"}
	s.same("units", two, unitRows)
	s.checkFull(cfg)
	s.write("u/units_2024-03.csv", "unit_id,name\na,A\nc,C\n")
	s.check(cfg, "read 6 inserted 1 updated 0 unchanged 5 rejected 0 deleted 1")
	s.same("units", []string{"a|A|2024-01-31|-|observed", "b|B|2024-01-31|2024-02-29|observed", "c|C|2024-03-31|-|observed"}, unitRows)
	s.checkFull(cfg)
	// An older file that comes late takes its place in the order.
	s.write("u/units_2023-12.csv", "unit_id,name\na,Old A\n")
	s.check(cfg, "read 7 inserted 1 updated 0 unchanged 6 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2024-01-31|-|observed", "a|Old A|2023-12-31|2024-01-31|observed", "b|B|2024-01-31|2024-02-29|observed", "c|C|2024-03-31|-|observed"}, unitRows)
	s.checkFull(cfg)
	// A corrected snapshot changes its own month.
	s.write("u/units_2024-02.csv", "unit_id,name\na,A2\nb,BB\n")
	s.check(cfg, "read 7 inserted 0 updated 2 unchanged 5 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2024-01-31|2024-02-29|observed", "a|A|2024-03-31|-|observed", "a|A2|2024-02-29|2024-03-31|observed", "a|Old A|2023-12-31|2024-01-31|observed", "b|B|2024-01-31|2024-02-29|observed", "c|C|2024-03-31|-|observed"}, unitRows)
	s.checkFull(cfg)
	s.same("as of", []string{"2024-03-31"}, "select max(data_as_of) from meta.run")
}

// With active records alone, absence is an inferred end on the day after the last
// one seen, marked as such.
func TestActiveOnly(t *testing.T) {
	s := newSite(t)
	cfg := stream("employment", "snapshot", "e.csv", `population = "active_only"`, `as_of = { column = "as_of" }`)
	head := "employment_id,person_id,hire_date,employment_type,as_of\n"
	jan := "e1,p1,2020-01-01,employee,2024-01-31\ne2,p2,2020-01-01,employee,2024-01-31\n"
	feb := "e1,p1,2020-01-01,employee,2024-02-29\n"
	mar := "e1,p1,2020-01-01,employee,2024-03-31\ne2,p2,2020-01-01,employee,2024-03-31\n"
	const rows = "select employment_id, valid_from, valid_to, term_date, valid_basis, extra from raw.employment where superseded_at is null and deleted_at is null order by all"
	s.write("e.csv", head+jan)
	s.check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("e.csv", head+jan+feb)
	s.check(cfg, "read 3 inserted 0 updated 1 unchanged 3 rejected 0 deleted 0")
	want := []string{
		"e1|2024-01-31|-|-|observed|-",
		`e2|2024-01-31|2024-02-01|2024-02-01|observed|{"inferred_end":"2024-02-01"}`,
	}
	s.same("employments", want, rows)
	s.write("e.csv", head+feb+mar+jan) // in any order
	s.check(cfg, "read 5 inserted 1 updated 0 unchanged 4 rejected 0 deleted 0")
	want = append(want, "e2|2024-03-31|-|-|observed|-")
	s.same("employments", want, rows)
	if r := s.run(cfg, true); r.Err != nil || r.Inserted+r.Updated+r.Deleted != 0 {
		t.Errorf("again: %s %v", counts(r), r.Err)
	}
}

// Snapshots that state since when a record holds: the one before ends there, and a
// corrected begin takes the place of the wrong one.
func TestStatedSnapshots(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "snapshot", "u/*.csv", "", `as_of = { file = "units_%Y-%m-%d.csv" }`)
	s.write("u/units_2024-01-31.csv", "unit_id,name,valid_from\na,A,2020-01-01\nb,B,2021-01-01\n")
	s.write("u/units_2024-02-29.csv", "unit_id,name,valid_from\na,AA,2024-02-15\nb,B,2021-01-01\n")
	s.check(cfg, "read 4 inserted 3 updated 1 unchanged 1 rejected 0 deleted 0")
	s.same("units", []string{"a|A|2020-01-01|2024-02-15|stated", "a|AA|2024-02-15|-|stated", "b|B|2021-01-01|-|stated"}, unitRows)
	s.checkFull(cfg)
	s.write("u/units_2024-03-31.csv", "unit_id,name,valid_from\na,AA,2024-02-10\n")
	s.check(cfg, "read 5 inserted 1 updated 1 unchanged 4 rejected 0 deleted 2")
	s.same("units", []string{"a|A|2020-01-01|2024-02-10|stated", "a|AA|2024-02-10|-|stated"}, unitRows)
}

// A delivered parent replaces all its children.
func TestReplaceWithin(t *testing.T) {
	s := newSite(t)
	cfg := stream("scale_point", "delta", "p/*.csv", `replace_within = "scale_id"`)
	s.write("p/1.csv", "scale_id,value,label\nx,1,one\nx,2,two\ny,1,one\n")
	s.check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("p/2.csv", "scale_id,value,label\nx,1,uno\n")
	s.check(cfg, "read 4 inserted 0 updated 1 unchanged 3 rejected 0 deleted 1")
	s.same("points", []string{"x|1.0|uno", "y|1.0|one"}, "select scale_id, value, label from raw.scale_point where superseded_at is null and deleted_at is null order by all")
}

// A key may have empty parts.
func TestEmptyKeyParts(t *testing.T) {
	s := newSite(t)
	cfg := stream("requirement", "snapshot", "r.csv", "", "", `valid_from = { value = "2018-01-01" }`)
	s.write("r.csv", "competency_id,job_title_id,unit_id,level\nc,t,,3\nc,t,u,4\n")
	s.check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("r.csv", "competency_id,job_title_id,unit_id,level\nc,t,,3\nc,t,u,5\n")
	s.check(cfg, "read 2 inserted 0 updated 1 unchanged 1 rejected 0 deleted 0")
}

// Two streams of one source that fill one table leave each other's records alone.
func TestStreamsOfOneTarget(t *testing.T) {
	s := newSite(t)
	a := stream("framework", "snapshot", "a.csv")
	b := strings.ReplaceAll(stream("framework", "snapshot", "b.csv"), `name = "s"`, `name = "other"`)
	s.write("a.csv", "framework_id,name\na,A\n")
	s.write("b.csv", "framework_id,name\nb,B\n")
	s.mustSync(a)
	s.check(b, "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0")
	s.write("a.csv", "framework_id,name\na,AA\n")
	s.check(a, "read 1 inserted 0 updated 1 unchanged 0 rejected 0 deleted 0")
	s.same("frameworks", []string{"a|AA", "b|B"}, "select framework_id, name from raw.framework where superseded_at is null and deleted_at is null order by 1")
}

// Unknown columns are dropped with a warning; those listed in keep go to extra.
func TestKeep(t *testing.T) {
	s := newSite(t)
	cfg := stream("framework", "snapshot", "f.csv", `keep = ["Cost centre", "none"]`)
	s.write("f.csv", "framework_id,name,Cost centre,Badge\na,A,17,x\nb,B,,y\n")
	r := s.mustSync(cfg)
	s.same("extra", []string{`a|{"Cost centre":"17"}`, "b|-"}, "select framework_id, extra from raw.framework order by 1")
	if diff := cmp.Diff([]string{`dropped what framework does not know: column 4 is "Badge"`, `keep: the header has no "none"`}, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	s.write("f.csv", "framework_id,name,Cost centre,Badge\na,A,18,x\nb,B,,z\n")
	s.check(cfg, "read 2 inserted 0 updated 1 unchanged 1 rejected 0 deleted 0")
}

// A stream that is configured otherwise is read anew, though its file is the same.
func TestNewMapping(t *testing.T) {
	s := newSite(t)
	s.write("f.csv", "framework_id,name,title\na,A,T\n")
	s.mustSync(stream("framework", "snapshot", "f.csv"))
	s.check(stream("framework", "snapshot", "f.csv", "", "", `name = "title"`), "read 1 inserted 0 updated 1 unchanged 0 rejected 0 deleted 0")
	s.check(stream("framework", "snapshot", "f.csv", "", "", `name = "title"`), "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0")
}
