package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dials/ingest/connectors"
)

// people writes a small HRIS beside a framework: n people of each title.
func writePeople(t *testing.T, dir string, titles map[string]int) string {
	t.Helper()
	var employments, jobs, persons strings.Builder
	employments.WriteString("employment_id,person_id,hire_date,employment_type,valid_from\n")
	jobs.WriteString("employment_id,assignment_id,is_primary,fte_share,job_title_id,unit_id,valid_from\n")
	persons.WriteString("person_id\n")
	n := 0
	for title, people := range titles {
		for range people {
			n++
			fmt.Fprintf(&persons, "p%d\n", n)
			fmt.Fprintf(&employments, "e%d,p%d,2020-01-01,employee,2020-01-01\n", n, n)
			fmt.Fprintf(&jobs, "e%d,1,true,1,%q,U,2020-01-01\n", n, title)
		}
	}
	config := "[company]\nname = \"Test\"\n\n[[source]]\nname = \"hris\"\nkind = \"file\"\ncreates_people = true\n"
	for _, f := range []struct{ name, target, text string }{
		{"persons", "person", persons.String()},
		{"employments", "employment", employments.String()},
		{"jobs", "job", jobs.String()},
		{"units", "org_unit", "unit_id,name,valid_from\nU,Unit,2010-01-01\n"},
	} {
		writeFile(t, filepath.Join(dir, f.name+".csv"), f.text)
		delivery := "history"
		if f.target == "person" {
			delivery = "snapshot"
		}
		config += fmt.Sprintf("[[source.stream]]\nname = %q\ntarget = %q\ndelivery = %q\n[source.stream.options]\npath = %q\n", f.name, f.target, delivery, f.name+".csv")
	}
	return config
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// preset is the block that "dials init --source NAME" writes.
func preset(t *testing.T, name string) string {
	t.Helper()
	examples, err := connectors.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		if e.Name == name && e.Preset && e.Kind == "file" {
			return e.Block
		}
	}
	t.Fatalf("there is no preset %s of kind file", name)
	return ""
}

// gapsAnswer asks the API for page 5 and returns its rows by query, as maps.
func gapsAnswer(t *testing.T, address, query string) (string, map[string][]map[string]any) {
	t.Helper()
	var answer struct {
		Title   string `json:"title"`
		Queries []struct {
			Name    string `json:"name"`
			Columns []struct {
				Name string `json:"name"`
			} `json:"columns"`
			Count int     `json:"count"`
			Rows  [][]any `json:"rows"`
		} `json:"queries"`
	}
	if err := json.Unmarshal([]byte(getPage(t, address+"/api/v1/pages/gaps"+query)), &answer); err != nil {
		t.Fatal(err)
	}
	all := map[string][]map[string]any{}
	for _, q := range answer.Queries {
		for _, row := range q.Rows {
			m := map[string]any{"": q.Count}
			for i, c := range q.Columns {
				m[c.Name] = row[i]
			}
			all[q.Name] = append(all[q.Name], m)
		}
	}
	return answer.Title, all
}

// Frameworks in the shape in which they are published load with the preset alone, and are
// what page 5 and its API say is required.
func TestFrameworkPresets(t *testing.T) {
	bin := buildDials(t)
	dir := t.TempDir()
	config := writePeople(t, dir, map[string]int{"11-1011.00": 6, "http://data.europa.eu/esco/occupation/1": 6, "Data engineer": 6})
	// as published: tabs, quotes within text, one line for importance and one for level
	writeFile(t, filepath.Join(dir, "onet/Occupation Data.txt"), "O*NET-SOC Code\tTitle\tDescription\n11-1011.00\tChief Executives\tSo-called \"heads\" of companies.\n")
	writeFile(t, filepath.Join(dir, "onet/Scales Reference.txt"), "Scale ID\tScale Name\tMinimum\tMaximum\nIM\tImportance\t1\t5\nLV\tLevel\t0\t7\n")
	writeFile(t, filepath.Join(dir, "onet/Content Model Reference.txt"), "Element ID\tElement Name\tDescription\n2.A.1.a\tReading Comprehension\tUnderstanding written sentences.\n2.B.4.e\tJudgment and Decision Making\tConsidering costs and benefits.\n")
	skills := "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tStandard Error\tRecommend Suppress\tDate\tDomain Source\n"
	for _, x := range []string{"2.A.1.a\tReading Comprehension\tIM\t4.12", "2.A.1.a\tReading Comprehension\tLV\t4.75", "2.B.4.e\tJudgment and Decision Making\tIM\t4.50", "2.B.4.e\tJudgment and Decision Making\tLV\t5.75"} {
		skills += "11-1011.00\t" + x + "\t8\t0.12\tN\t07/2014\tAnalyst\n"
	}
	writeFile(t, filepath.Join(dir, "onet/Skills.txt"), skills)
	// the columns of release 1.2; a byte order mark, labels on many lines, quoted commas and quotes, stray blanks
	writeFile(t, filepath.Join(dir, "esco/occupations_en.csv"), "\ufeffconceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,regulatedProfessionNote,scopeNote,definition,inScheme,description,code\n"+
		"Occupation,http://data.europa.eu/esco/occupation/1,0110, technical director ,\"director of theatre technique\nhead of technical, stage\nhead of \"\"technique\"\"\",,released,2024-01-25T11:28:50.295Z,http://data.europa.eu/esco/regulated-professions/unregulated,,,\"http://data.europa.eu/esco/concept-scheme/member-occupations, http://data.europa.eu/esco/concept-scheme/occupations\",\"Technical directors realise visions.\n\nThey work with others.\",2654.1.7\n"+
		"Occupation,http://data.europa.eu/esco/occupation/2,8121,metal drawing machine operator,,,released,2024-01-23T10:09:32.099Z,,,,,,8121.4\n")
	writeFile(t, filepath.Join(dir, "esco/skills_en.csv"), "\ufeffconceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,scopeNote,definition,inScheme,description\n"+
		"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/a,skill/competence,sector-specific,\"plan, then act\",\"act to plan\nmake a plan\",,released,2023-11-30T15:53:37.136Z,,,http://data.europa.eu/esco/concept-scheme/skills,\"Plans, then acts.\"\n"+
		"KnowledgeSkillCompetence,http://data.europa.eu/esco/skill/b,knowledge,,theatre,,,released,2024-01-09T00:00:00Z,\"Excludes\nfilm.\",,,Stages.\n")
	writeFile(t, filepath.Join(dir, "esco/occupationSkillRelations_en.csv"), "occupationUri,relationType,skillType,skillUri\nhttp://data.europa.eu/esco/occupation/1,essential,skill/competence,http://data.europa.eu/esco/skill/a\nhttp://data.europa.eu/esco/occupation/1,optional,knowledge,http://data.europa.eu/esco/skill/b\n")
	// SFIA's two sheets: "Levels" over seven nameless columns, texts on many lines; levels side by side; and profiles of one's own, with semicolons
	writeFile(t, filepath.Join(dir, "sfia/skills.csv"), "#,Levels,,,,,,,Code,URL,Skill,Category,Subcategory,Overall description,Guidance notes,Level 1 description,Level 2 description,Level 3 description,Level 4 description,Level 5 description,Level 6 description,Level 7 description\n"+
		"1,,2,3,4,5,,,DENG,https://sfia-online.org/en/skillcode/9/DENG,Data engineering,Development,Data,\"Building pipelines, and more.\",\"Activities may include:\n\nbuilding\nrunning.\n\",,\"Assists.\nRecords.\",Builds.,Leads.,Sets out.,,\n"+
		"2,,2,3,4,5,6,,PROG,https://sfia-online.org/en/skillcode/9/PROG,Programming,Development,Systems,Writing software.,,,Writes.,Designs.,Leads.,Advises.,Decides.,\n")
	writeFile(t, filepath.Join(dir, "sfia/levels.csv"), "Level,1,2,3,4,5,6,7\nGuiding phrase,Follow,Assist,Apply,Enable,\"Ensure, advise\",\"Initiate, influence\",\"Set strategy\"\nEssence of the level,Performs routine tasks.,Assists.,\"Performs\nvaried tasks.\",Diverse.,Authoritative guidance.,Influence.,Highest.\nURL,https://sfia-online.org/en/lor/9/1,,,,,,\n")
	writeFile(t, filepath.Join(dir, "sfia/profiles.csv"), "Title;Code;Level;Weight\nData engineer;DENG;5;5\nData engineer;PROG;4;3\n")
	config += preset(t, "onet") + preset(t, "esco") + preset(t, "sfia")
	path := filepath.Join(dir, "config.toml")
	writeFile(t, path, config)
	if out := mustRun(t, bin, "sync", "--config", path); strings.Contains(out, "failed") {
		t.Fatal(out)
	}
	address := startServer(t, bin, path)
	_, rows := gapsAnswer(t, address, "?title=11-1011.00")
	want := []string{
		"Judgment and Decision Making 5.75 4.5 0.821 onet", "Reading Comprehension 4.75 4.12 0.679 onet",
	}
	for i, w := range want {
		if i >= len(rows["gap_profile"]) {
			t.Fatalf("the profile has %d rows: %v", len(rows["gap_profile"]), rows["gap_profile"])
		}
		r := rows["gap_profile"][i]
		if got := fmt.Sprintf("%v %v %v %.3f %v", r["competency_name"], r["level"], r["weight"], r["required_share"], r["source"]); got != w {
			t.Errorf("row %d of the profile: %s, want %s", i, got, w)
		}
	}
	if n := len(rows["gap_titles"]); n != 3 {
		t.Errorf("%d titles require something, want 3", n)
	}
	// six people of each title are required its skills, and nobody is assessed: unknown, not 0
	unassessed := 0
	for _, r := range rows["gap_heat"] {
		if r["job_title_id"] != "" && r["competency_id"] != "" && r["required_n"] == float64(6) && r["assessed_n"] == float64(0) && r["gap_index"] == nil {
			unassessed++
		}
	}
	if unassessed != 6 {
		t.Errorf("%d cells are unassessed, want 6 of %v", unassessed, rows["gap_heat"])
	}
	_, rows = gapsAnswer(t, address, "?title=Data%20engineer")
	points := map[string]string{}
	for _, r := range rows["gap_points"] {
		if r["scale_id"] == "sfia" {
			points[fmt.Sprint(r["value"])] = fmt.Sprint(r["label"], "|", r["anchor"])
		}
	}
	if len(points) != 7 || points["5"] != "Ensure, advise|Authoritative guidance." || points["3"] != "Apply|Performs\nvaried tasks." {
		t.Errorf("the levels of SFIA are %q", points)
	}
	if r := rows["gap_profile"][0]; r["competency_name"] != "Data engineering" || r["level"] != 5.0 || r["anchor"] != "Authoritative guidance." {
		t.Errorf("the profile of data engineers begins with %v", r)
	}
	page := getPage(t, address+"/gaps?title=http%3A%2F%2Fdata.europa.eu%2Fesco%2Foccupation%2F1")
	for _, w := range []string{"plan, then act", "Nobody here has been assessed within a year", "class=\"unassessed\"", "Authoritative guidance"} {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

// Page 5's requirements are those of the public O*NET table, number by number.
func TestOnetTable(t *testing.T) {
	shared, err := filepath.Abs("../../../shared/people/onet_skills")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(shared); err != nil {
		t.Skip("SKIPPED: ../shared/people/onet_skills is not there: page 5 was not compared with the O*NET table")
	}
	bin, dir := buildDials(t), t.TempDir()
	for _, name := range []string{"data.csv", "occupations.csv", "skills.csv"} {
		text, err := os.ReadFile(filepath.Join(shared, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "onet", name), string(text))
	}
	path := filepath.Join(dir, "config.toml")
	writeFile(t, path, writePeople(t, dir, map[string]int{"15-1132.00": 12, "15-1131.00": 7, "11-1011.00": 1})+preset(t, "onet_table"))
	mustRun(t, bin, "sync", "--config", path)
	address := startServer(t, bin, path)
	title, rows := gapsAnswer(t, address, "?title=15-1132.00&with=15-1131.00")
	requirements := 0.0
	for _, r := range rows["gap_titles"] {
		requirements += r["requirements"].(float64)
	}
	if n := len(rows["gap_titles"]); n != 967 || requirements != 33845 || len(rows["gap_competencies"]) != 35 {
		t.Errorf("%d titles, %v requirements, %d competencies; want 967, 33845 and 35", n, requirements, len(rows["gap_competencies"]))
	}
	cosine := 0.0
	for _, r := range rows["gap_similar"] {
		if r["job_title_id"] == "15-1131.00" {
			cosine = r["cosine"].(float64)
		}
	}
	if math.Abs(cosine-0.988640947637043) > 1e-9 {
		t.Errorf("developers and programmers are alike by %v, want 0.988640947637043", cosine)
	}
	_, rows = gapsAnswer(t, address, "?title=11-1011.00")
	if top := rows["gap_profile"][0]; top["competency_id"] != "2.B.4.e" || top["weight"] != 4.5 {
		t.Errorf("the most critical of chief executives is %v with %v, want 2.B.4.e with 4.5", top["competency_id"], top["weight"])
	}
	page := getPage(t, address+"/gaps?title=11-1011.00")
	for _, w := range []string{"Judgment and Decision Making (4.5)", "Software Developers, Applications", "class=\"unassessed\""} {
		if !strings.Contains(page, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
	t.Log(title)
}
