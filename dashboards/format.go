package dashboards

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Characters that keep a number together and aligned.
const (
	thin    = "\u202f" // narrow no-break space: between groups and before units
	minus   = "\u2212"
	unknown = "–" // not known; zero is 0
)

// numbers writes numbers for one reader: thin separators, a real minus sign,
// and the decimal mark of the reader's language.
type numbers struct{ decimal string }

// decimalPoint lists the languages that write a decimal point; the others of
// Europe and America write a comma.
var decimalPoint = []string{"en", "ja", "zh", "ko", "th", "he", "hi", "ms", "ga", "mt", "cy", "es-mx", "de-ch", "de-li"}

// numbersFor returns the numbers of a language tag such as "de" or "en-GB". An
// empty tag is English.
func numbersFor(tag string) numbers {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if tag == "" {
		return numbers{"."}
	}
	for _, t := range decimalPoint {
		if tag == t || strings.HasPrefix(tag, t+"-") {
			return numbers{"."}
		}
	}
	return numbers{","}
}

// readerLanguage picks the first language of an Accept-Language header.
func readerLanguage(header string) string {
	tag, _, _ := strings.Cut(header, ",")
	tag, _, _ = strings.Cut(tag, ";")
	tag = strings.ToLower(strings.TrimSpace(tag))
	if len(tag) > 12 || strings.ContainsFunc(tag, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' && (r < '0' || r > '9') }) {
		return ""
	}
	return tag
}

// fixed writes v with so many decimals.
func (n numbers) fixed(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return unknown
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	var b strings.Builder
	if v < 0 && strings.Trim(s, "0.") != "" {
		b.WriteString(minus)
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 && len(whole) > 4 {
			b.WriteString(thin)
		}
		b.WriteRune(digit)
	}
	if frac != "" {
		b.WriteString(n.decimal + frac)
	}
	return b.String()
}

// significant writes v rounded to three significant digits, trailing zeros kept.
func (n numbers) significant(v float64) string {
	const digits = 3
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return n.fixed(v, 0)
	}
	place := digits - 1 - int(math.Floor(math.Log10(math.Abs(v))))
	scale := math.Pow(10, float64(place))
	rounded := math.Round(v*scale) / scale
	if rounded != 0 {
		place = digits - 1 - int(math.Floor(math.Log10(math.Abs(rounded))+1e-12))
	}
	return n.fixed(rounded, max(0, place))
}

// count writes a whole number.
func (n numbers) count(v int64) string { return n.fixed(float64(v), 0) }

// percent writes a share as per cent: 0.135 is "13.5 %".
func (n numbers) percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return unknown
	}
	return n.fixed(share*100, percentDecimals(share)) + thin + "%"
}

// wholePercent writes a share as whole per cent.
func (n numbers) wholePercent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return unknown
	}
	return n.fixed(share*100, 0) + thin + "%"
}

// relative writes a relative change with its sign: 0.06 is "+6.0 %".
func (n numbers) relative(change float64) string {
	if math.IsNaN(change) || math.IsInf(change, 0) {
		return unknown
	}
	return n.signed(change*100, relativeDecimals(change)) + thin + "%"
}

// relativeRange writes two relative changes as "−38 to −9 %".
func (n numbers) relativeRange(lo, hi float64) string {
	d := min(relativeDecimals(lo), relativeDecimals(hi))
	return n.signed(lo*100, d) + " to " + n.signed(hi*100, d) + thin + "%"
}

func relativeDecimals(change float64) int {
	if math.Abs(change) < 0.0995 {
		return 1
	}
	return 0
}

func percentDecimals(share float64) int {
	if a := math.Abs(share); a > 0.9995 || a == 0 {
		return 0
	}
	return 1
}

// signed writes v with a plus or minus sign; zero has none.
func (n numbers) signed(v float64, decimals int) string {
	s := n.fixed(v, decimals)
	if v > 0 && strings.ContainsAny(s, "123456789") {
		return "+" + s
	}
	return s
}

// A measure is how the values of one metric are written.
type measure struct {
	prefix, suffix string  // "€ ", " min"
	factor         float64 // value × factor is what is written: 100 for a ratio in %
	isMoney        bool
	isPercent      bool
	isPoints       bool // a scale of its own: changes are differences
}

// currencySymbols are the signs that readers know; other currencies keep their code.
var currencySymbols = []string{"EUR", "€", "USD", "$", "GBP", "£", "JPY", "¥", "INR", "₹", "CHF", "CHF"}

// moneyIn returns the measure of amounts in a currency.
func moneyIn(code string) measure {
	symbol := code
	for i := 0; i < len(currencySymbols); i += 2 {
		if currencySymbols[i] == code {
			symbol = currencySymbols[i+1]
		}
	}
	if symbol != "" {
		symbol += thin
	}
	return measure{prefix: symbol, factor: 1, isMoney: true}
}

// measureOf returns the measure of a metric. A ratio holds fractions, so its "%"
// is times 100 and its "per 1,000" times 1,000; means and sums hold the unit itself.
func measureOf(unit, aggregation, currency string) measure {
	unit = strings.TrimSpace(unit)
	if isCurrency(unit) {
		return moneyIn(unit)
	}
	if unit == "" && currency != "" {
		return moneyIn(currency)
	}
	m := measure{factor: 1, suffix: thin + unit}
	switch lower := strings.ToLower(unit); {
	case unit == "%" || lower == "percent" || lower == "per cent":
		m.suffix, m.isPercent = thin+"%", true
		if aggregation == "ratio" {
			m.factor = 100
		}
	case strings.HasPrefix(lower, "per 1,000") || strings.HasPrefix(lower, "per 1000"):
		if aggregation == "ratio" {
			m.factor = 1000
		}
	case lower == "points" || lower == "score":
		m.isPoints = true
	case unit == "" || lower == "index" || lower == "count":
		m.suffix = ""
	}
	return m
}

// bare is the measure without its unit, where the unit stands elsewhere; the
// sign of per cent and of money stays.
func (m measure) bare() measure {
	if !m.isPercent {
		m.suffix = ""
	}
	return m
}

// isCurrency reports whether unit looks like an ISO 4217 code.
func isCurrency(unit string) bool {
	return len(unit) == 3 && strings.ToUpper(unit) == unit && !strings.ContainsFunc(unit, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// card writes v in two to three significant digits, with its unit: "€ 148 m".
func (n numbers) card(v float64, m measure) string {
	v *= m.factor
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return unknown
	}
	if m.isPercent {
		return n.fixed(v, percentDecimals(v/100)) + m.suffix
	}
	sign := ""
	if v < 0 {
		sign, v = minus, -v
	}
	digits, scaled := n.scaled(v, m.isMoney)
	if strings.ContainsAny(digits, "123456789") {
		digits = sign + m.prefix + digits
	} else {
		digits = m.prefix + digits
	}
	return digits + scaled + m.suffix
}

// scaled writes a positive v short: 148_200_000 is "148" and " m".
func (n numbers) scaled(v float64, isMoney bool) (digits, suffix string) {
	switch {
	case v >= 999.5e6:
		return n.significant(v / 1e9), thin + "bn"
	case v >= 999.5e3:
		return n.significant(v / 1e6), thin + "m"
	case v >= 9995 && isMoney:
		return n.significant(v / 1e3), thin + "k"
	}
	return n.significant(v), ""
}

// exact writes v as tables do: whole money, two more digits than a card elsewhere.
func (n numbers) exact(v float64, m measure) string {
	v *= m.factor
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return unknown
	}
	decimals := 2
	if a := math.Abs(v); m.isMoney && a >= 100 || a >= 10_000 {
		decimals = 0
	}
	s := n.fixed(v, decimals)
	if rest, negative := strings.CutPrefix(s, minus); negative {
		return minus + m.prefix + rest + m.suffix
	}
	return m.prefix + s + m.suffix
}

// change writes how a metric moved from base to value: points and per cent for a
// metric in %, per cent elsewhere, and plain difference where base is zero.
func (n numbers) change(value, base float64, m measure) string {
	diff := (value - base) * m.factor
	switch {
	case math.IsNaN(diff) || math.IsInf(diff, 0):
		return unknown
	case m.isPercent && base != 0:
		return n.signed(diff, 1) + " points, " + n.relative(value/base-1)
	case m.isPercent || m.isPoints:
		return n.signed(diff, 1) + " points"
	case base <= 0:
		return n.signed(diff, 1) + m.suffix
	}
	return n.relative(value/base - 1)
}

// month writes the month of t: "Oct 2026".
func month(t time.Time) string { return t.Format("Jan 2006") }

// day writes the day of t: "31 Oct 2026".
func day(t time.Time) string { return t.Format("2 Jan 2006") }

// inWords writes a small count as a word, for sentences.
func inWords(n int) string {
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// capital writes s with a first capital letter.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// plural writes n and its noun: "1 month", "12 months".
func (n numbers) plural(count int64, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return n.count(count) + " " + noun + "s"
}

// list joins names as a sentence does: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
