package dashboards

import (
	"fmt"
	"regexp"
	"time"
)

// A Company is whose dials are shown; it is the table [company] of config.toml.
type Company struct {
	Name                 string `toml:"name"`
	Currency             string `toml:"currency"`                // base currency, ISO 4217
	Locale               string `toml:"locale"`                  // how numbers are written; empty: as each reader's browser asks
	Timezone             string `toml:"timezone"`                // of schedules and days
	FiscalYearStartMonth int    `toml:"fiscal_year_start_month"` // 1 to 12; 0 is 1
	FiscalCalendar       string `toml:"fiscal_calendar"`         // of objectives: months or 4-4-5; empty is months
}

var localeTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// Validate reports the first mistake; its text starts with the key.
func (c Company) Validate() error {
	if c.Locale != "" && !localeTag.MatchString(c.Locale) {
		return fmt.Errorf("locale %q is not a language tag like en or de-AT", c.Locale)
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return fmt.Errorf("timezone %q is not a time zone like Europe/Vienna", c.Timezone)
	}
	if c.Currency != "" && !isCurrency(c.Currency) {
		return fmt.Errorf("currency %q is not an ISO 4217 code like EUR", c.Currency)
	}
	if c.FiscalYearStartMonth < 0 || c.FiscalYearStartMonth > 12 {
		return fmt.Errorf("fiscal_year_start_month %d is not a month, 1 to 12", c.FiscalYearStartMonth)
	}
	if c.FiscalCalendar != "" && c.FiscalCalendar != "months" && c.FiscalCalendar != "4-4-5" {
		return fmt.Errorf("fiscal_calendar %q is not months or 4-4-5", c.FiscalCalendar)
	}
	return nil
}
