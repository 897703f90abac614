package file

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// asOfName finds the date in a file's name.
type asOfName struct {
	text  string
	expr  *regexp.Regexp
	codes []byte // of its groups: Y, m or d
}

// parseAsOf reads a file name with %Y, %m and %d in it; * stands for anything.
func parseAsOf(name string) (asOfName, error) {
	a := asOfName{text: name}
	var expr strings.Builder
	expr.WriteString("^")
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '*':
			expr.WriteString(".*")
		case c == '?':
			expr.WriteString(".")
		case c == '%' && i+1 < len(name):
			i++
			digits := map[byte]string{'Y': `(\d{4})`, 'm': `(\d{2})`, 'd': `(\d{2})`}[name[i]]
			if digits == "" {
				return a, fmt.Errorf("%%%c in %q is not one of %%Y, %%m and %%d", name[i], name)
			}
			if strings.IndexByte(string(a.codes), name[i]) >= 0 {
				return a, fmt.Errorf("%q has %%%c twice", name, name[i])
			}
			a.codes = append(a.codes, name[i])
			expr.WriteString(digits)
		default:
			expr.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	expr.WriteString("$")
	has := func(c byte) bool { return strings.IndexByte(string(a.codes), c) >= 0 }
	if !has('Y') || has('d') && !has('m') {
		return a, fmt.Errorf("%q needs %%Y, or %%Y and %%m, or all of %%Y, %%m and %%d", name)
	}
	var err error
	if a.expr, err = regexp.Compile(expr.String()); err != nil {
		return a, fmt.Errorf("%q is not a file name with %%Y, %%m and %%d", name)
	}
	return a, nil
}

// date returns the date in a name; a month or a year alone stands for its last day.
func (a asOfName) date(name string) (time.Time, error) {
	m := a.expr.FindStringSubmatch(name)
	if m == nil {
		return time.Time{}, fmt.Errorf("its name does not say as of when: as_of wants %q", a.text)
	}
	parts := map[byte]int{'m': 0, 'd': 0}
	for i, c := range a.codes {
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return time.Time{}, err
		}
		parts[c] = n
	}
	y, mo, d := parts['Y'], parts['m'], parts['d']
	bad := errors.New("the date in its name is none")
	switch len(a.codes) {
	case 1:
		return time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC), checkYear(y)
	case 2:
		if mo < 1 || mo > 12 {
			return time.Time{}, bad
		}
		return time.Date(y, time.Month(mo)+1, 0, 0, 0, 0, 0, time.UTC), checkYear(y)
	}
	t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != mo {
		return time.Time{}, bad
	}
	return t, checkYear(y)
}

func checkYear(y int) error {
	if y < 1900 {
		return errors.New("the year in its name is before 1900")
	}
	return nil
}
