package register

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sheetUnit = SheetKey{"unit", func(name string) (string, bool) {
	id, ok := map[string]string{"Sales": "s", "s": "s", "Service": "v"}[name]
	return id, ok
}}

func TestReadSheet(t *testing.T) {
	jan, feb := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	cells, problems := ReadSheet("Unit\t2027-01\tFeb 2027\r\nSales\t1 000,5\t\r\n\r\nService\t\t-3\r\n", math.Inf(-1), sheetUnit)
	if diff := cmp.Diff([]SheetCell{{[]string{"s"}, jan, 1000.5}, {[]string{"v"}, feb, -3}}, cells); diff != "" || problems != nil {
		t.Errorf("%s %v", diff, problems)
	}
	if cells, problems = ReadSheet("x;01/2027\ns;2", math.Inf(-1), sheetUnit); len(cells) != 1 || cells[0].Value != 2 {
		t.Error(cells, problems)
	}
	for text, want := range map[string]string{
		"":                                                "at least two lines",
		"Unit\t2027-01":                                   "at least two lines",
		"Unit\t2027-13\nSales\t1":                         "Line 1, column 2: “2027-13” is not a month",
		"Unit\t2027-01-15\nSales\t1":                      "is not a month",
		"Unit\t2027-01\tJan 2027\nSales\t1\t2":            "2027-01 stands there twice",
		"Unit\t2027-01\nNowhere\t1":                       "Line 2: “Nowhere” is no unit",
		"Unit\t2027-01\nSales\t1\ns\t2":                   "Line 3: s stands there twice",
		"Unit\t2027-01\nSales\tmuch":                      "Line 2, column 2: \"much\" is not a number",
		"Unit\t2027-01\nSales\t1,000":                     "can be read two ways",
		"Unit\t2027-01\nSales\t1\t2":                      "Line 2 has 3 cells, the first line 2",
		"Unit\t2027-01\nSales\t":                          "no number in it",
		"Unit" + strings.Repeat("\tx", 30) + "\nSales\t1": "is not a month",
	} {
		cells, problems := ReadSheet(text, math.Inf(-1), sheetUnit)
		if cells != nil || len(problems) > maxSheetProblems || !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q: %v, %q", text, cells, problems)
		}
	}
}

// A plan of heads has a title beside the unit, and nobody plans less than none.
func TestReadSheetOfTitles(t *testing.T) {
	title := SheetKey{"title", func(name string) (string, bool) { return "t-" + name, name == "Agent" || name == "Lead" }}
	cells, problems := ReadSheet("Unit\tTitle\t2027-01\nSales\tAgent\t12\nSales\tLead\t1,5\nService\tAgent", 0, sheetUnit, title)
	jan := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if diff := cmp.Diff([]SheetCell{{[]string{"s", "t-Agent"}, jan, 12}, {[]string{"s", "t-Lead"}, jan, 1.5}}, cells); diff != "" || problems != nil {
		t.Errorf("%s %v", diff, problems)
	}
	for text, want := range map[string]string{
		"Unit\tTitle\nSales\tAgent":                          "then a unit and a title with its numbers",
		"Unit\tTitle\t2027-01\nSales\tChef\t1":               "Line 2: “Chef” is no title",
		"Unit\tTitle\t2027-01\nSales":                        "Line 2: “” is no title",
		"Unit\tTitle\t2027-01\nSales\tAgent\t-1":             "Line 2, column 3: “-1” is less than 0",
		"Unit\tTitle\t2027-01\nSales\tAgent\t1\ns\tAgent\t2": "Line 3: s, Agent stands there twice",
	} {
		cells, problems := ReadSheet(text, 0, sheetUnit, title)
		if cells != nil || !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q: %v, %q", text, cells, problems)
		}
	}
}

func FuzzReadSheet(f *testing.F) {
	f.Add("Unit\t2027-01\nSales\t1")
	f.Add("a;b\n;")
	f.Fuzz(func(t *testing.T, text string) {
		if cells, problems := ReadSheet(text, math.Inf(-1), sheetUnit); (cells == nil) == (problems == nil) {
			t.Errorf("%q: %v, %v", text, cells, problems)
		}
	})
}
