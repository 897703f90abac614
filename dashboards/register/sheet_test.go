package register

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sheetUnit(name string) (string, bool) {
	id, ok := map[string]string{"Sales": "s", "s": "s", "Service": "v"}[name]
	return id, ok
}

func TestReadSheet(t *testing.T) {
	jan, feb := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	cells, problems := ReadSheet("Unit\t2027-01\tFeb 2027\r\nSales\t1 000,5\t\r\n\r\nService\t\t-3\r\n", sheetUnit)
	if diff := cmp.Diff([]SheetCell{{"s", jan, 1000.5}, {"v", feb, -3}}, cells); diff != "" || problems != nil {
		t.Errorf("%s %v", diff, problems)
	}
	if cells, problems = ReadSheet("x;01/2027\ns;2", sheetUnit); len(cells) != 1 || cells[0].Value != 2 {
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
		cells, problems := ReadSheet(text, sheetUnit)
		if cells != nil || len(problems) > maxSheetProblems || !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q: %v, %q", text, cells, problems)
		}
	}
}

func FuzzReadSheet(f *testing.F) {
	f.Add("Unit\t2027-01\nSales\t1")
	f.Add("a;b\n;")
	f.Fuzz(func(t *testing.T, text string) {
		if cells, problems := ReadSheet(text, sheetUnit); (cells == nil) == (problems == nil) {
			t.Errorf("%q: %v, %v", text, cells, problems)
		}
	})
}
