package warehouse

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarts holds the columns that pages, exports and readers rely on.
func TestMarts(t *testing.T) {
	w := build(t, "")
	whole(t, w)
	for mart, columns := range map[string]string{
		"unit_scope":             "view_name ancestor_id unit_id valid_from valid_to share",
		"units":                  "unit_id name unit_type parent_id depth is_current",
		"dials":                  "metric_id name unit_of_measure direction unit_aggregation time_aggregation base_grain base_unit_type owner_name is_owner_in_ld signed_off_at currency money_per_unit margin formula sources computed_from has_people first_month last_complete_month definition_version recorded_at",
		"dial_monthly":           "metric_id unit_id month value numerator denominator n people_n is_complete plan plan_weight is_hidden is_range numerator_low numerator_high",
		"dial_tree_monthly":      "view_name ancestor_id metric_id month value numerator denominator people_n is_complete is_hidden is_range numerator_low numerator_high",
		"dial_rollup_monthly":    "view_name ancestor_id metric_id month value numerator denominator n units is_complete plan plan_weight",
		"tactics":                "tactic_id name tactic_type approved_date launched_date launch_date launched_month ended_date wave_count wave_months is_one_off links approved_links completeness is_orphan eligible_people reached_people eligible_units reached_units direct_cost_amount participant_hours loaded_cost_amount cost_currency missing_rate_lines planned_cost_amount people_n is_hidden is_reached_hidden is_hours_hidden is_cost_hidden is_direct_cost_hidden",
		"tactic_links":           "tactic_link_id tactic_id metric_id goal_id goal_name has_goal has_metric has_baseline has_target has_owner completeness baseline target target_date mechanism expected_lag_months business_owner_name registered_at registered_basis registered_source approved_at is_approved is_registered_before_launch launched_month wave_months design_override",
		"register_changes":       "change_id changed_at stream action entry_key before after declared_by actor note",
		"register_choices":       "kind choice_id label of_unit",
		"register_entries":       "stream entry_key entry source version recorded_at",
		"rival_events":           "rival_event_id name metric_id unit_id from_date to_date is_independent",
		"source_freshness":       "source kind schedule last_success_at last_status data_as_of rows rejected last_error",
		"runs":                   "run_id source stream target started_at finished_at status rows_read inserted updated unchanged rejected deleted data_as_of warnings error",
		"rejections":             "source stream target column_name reason rows last_seen_at",
		"reconciliation_monthly": "month hris_heads payroll_heads lms_people lms_not_in_hris paid_not_in_hris in_hris_not_paid retro_lines retro_leaver_lines off_cycle_runs is_within_tolerance people_n is_hidden",
		"id_matches":             "source system ids matched_ids unmatched_ids",
		"unallocated_costs":      "month cost_type amount cost_currency lines missing_rate_lines people_n is_hidden",
		"headcount_monthly":      "unit_id month heads fte contractors heads_at_end people_n is_complete is_hidden is_contractors_hidden",
	} {
		got := texts(t, w, "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = '"+mart+"' order by column_index")
		if strings.Join(got, " ") != columns {
			t.Errorf("marts.%s has the columns %v", mart, got)
		}
		if n := scan[int](t, w, "select count(*) from marts."+mart); n != 0 && mart != "source_freshness" {
			t.Errorf("marts.%s has %d rows of nothing", mart, n)
		}
	}
}

// Every model begins with its grain.
func TestModelsSayTheirGrain(t *testing.T) {
	files, err := fs.Glob(models, "models/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := fs.ReadFile(models, file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(src), "-- Grain: ") {
			t.Errorf("%s: line 1 does not say its grain", file)
		}
	}
}

// Each flaw is found, at its severity; what is no flaw is not.
func TestChecksFind(t *testing.T) {
	w := build(t, `
		person: person_id
		p1
		p1

		job_title: job_title_id name valid_from valid_to
		t1 A 2024-01-01 2024-03-01
		t1 B 2024-02-01 -
		t2 A 2024-01-01 -
		t2 B 2024-02-01 -

		learning_cost: cost_id cost_type amount currency cost_date
		c1 vendor 10 -    2024-01-01
		c2 vendor 10 EURO 2024-01-01
		c3 vendor 10 SEK  2024-01-01

		employment: employment_id person_id hire_date term_date employment_type valid_from
		e1 p1 2024-01-01 -          employee 2024-01-01
		e2 p2 2024-02-01 2024-01-01 employee 2024-02-01
		e3 p3 2031-02-01 -          employee 2031-02-01
		job: employment_id assignment_id is_primary fte_share raw_title valid_from
		e1 1 true 1 Boss 2024-01-01
		e3 1 true 1 -    2031-02-01

		course: course_id name
		k Course
		enrolment: enrolment_id person_id course_id hours source
		n1 p1 k -2 lms
		n2 u9 k 2  lms
		certification: certification_id person_id issued_date source
		x p8 2024-01-01 lms

		metric: metric_id name direction unit_aggregation time_aggregation base_grain money_per_unit valid_from
		m M up sum sum month 9 2024-01-01
		metric_observation: metric_id unit_id period_start_date value source
		m A 2024-01-01 5 hris
		m A 2024-01-01 6 lms
	`)
	whole(t, w)
	findings, err := w.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Severity+": "+f.Message)
	}
	slices.Sort(got)
	want := []string{
		`error: employment e2 of source hris ends on 2024-01-01 and starts on 2024-02-01`,
		`error: job_title: t1 of source hris is valid until 2024-03-01 and again from 2024-02-01`,
		`error: learning_cost: 1 amounts in EURO have no rate into EUR, from 2024-01-01 to 2024-01-01: load fx_rate for these days`,
		`error: learning_cost: 1 amounts in SEK have no rate into EUR, from 2024-01-01 to 2024-01-01: load fx_rate for these days`,
		`error: learning_cost: 2 rows of source hris have no ISO 4217 currency, such as c1`,
		`error: metric: 1 rows of source hris have no ISO 4217 currency, such as m`,
		`error: person: person_id = p1 is there more than once in source hris`,
		`warning: certification.person_id: 1 value of source lms name no person that is known, such as p8`,
		`warning: dial m has no plan`,
		`warning: enrolment: 1 rows have negative hours`,
		`warning: job: 1 spellings of titles have no canonical title, such as "Boss"`,
		`warning: lms: 2 of 3 identifiers belong to nobody that HR knows`,
		`warning: metric_observation.unit_id: 1 value of source hris name no org_unit that is known, such as A`,
		`warning: metric_observation.unit_id: 1 value of source lms name no org_unit that is known, such as A`,
		`warning: metric_observation: metric_id, unit_id, period_start_date = m, A, 2024-01-01 comes from hris and lms`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
