package demo

import "time"

// A day counts days since 1 January 1970; 0 is no day at all.
type day int32

// date returns the first day of a month.
func date(y int, m time.Month) day {
	return day(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// at returns the moment at hour h of day d, in seconds since 1970.
func (d day) at(h int) int64 { return int64(d)*86400 + int64(h)*3600 }

// A calendar numbers months: 0 is the first month of data, months-1 the last.
type calendar struct {
	first  time.Time
	months int
	starts []day
}

// margin is how many months before and after the data a calendar knows.
const margin = 48

func newCalendar(last time.Time, months int) *calendar {
	c := &calendar{first: last.AddDate(0, 1-months, 0), months: months}
	for i := -margin; i <= months+margin; i++ {
		c.starts = append(c.starts, day(c.first.AddDate(0, i, 0).Unix()/86400))
	}
	return c
}

// month returns the first day of month i.
func (c *calendar) month(i int) day { return c.starts[i+margin] }

// days returns the number of days of month i.
func (c *calendar) days(i int) int { return int(c.month(i+1) - c.month(i)) }

// index returns the number of the month that holds d.
func (c *calendar) index(d day) int {
	t := d.time()
	return (t.Year()-c.first.Year())*12 + int(t.Month()) - int(c.first.Month())
}

// season returns the calendar month of month i, 0 for January.
func (c *calendar) season(i int) int {
	return int(c.first.AddDate(0, i, 0).Month()) - 1
}

// end returns the first day after the data.
func (c *calendar) end() day { return c.month(c.months) }

// fiscalStart is the first month of the fiscal year, which is named by the year
// in which it ends.
const fiscalStart = time.July

// fiscalYear returns the fiscal year of month i.
func (c *calendar) fiscalYear(i int) int {
	t := c.first.AddDate(0, i, 0)
	if t.Month() >= fiscalStart {
		return t.Year() + 1
	}
	return t.Year()
}

// fiscalFirst returns the first month of fiscal year fy.
func (c *calendar) fiscalFirst(fy int) int {
	return c.index(date(fy-1, fiscalStart))
}
