package warehouse

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are the facts about the company that models read, from config.toml.
type Settings struct {
	CompanyName             string
	BaseCurrency            string   // ISO 4217
	FiscalYearStartMonth    int      // 1 to 12
	FiscalCalendar          string   // months or 4-4-5; empty is months
	Timezone                string   // IANA name
	MinPeople               int      // smallest group shown, at least 5
	MinPeoplePay            int      // smallest group shown in pay, at least 10
	Off                     []string // sensitive views that nobody sees; of absence and xapi nothing is computed
	RehireGapDays           int      // a start this soon after a term is no separation
	ReconciliationTolerance float64  // share by which HRIS and payroll may differ
	Sources                 []SourceSetting
}

// A SourceSetting is what models know of one source.
type SourceSetting struct {
	Name, Kind string
	Schedule   string // cron; empty is by hand
	TrustedLog bool   // its stated times count as evidence
	// Creates says whether its people are people; invalid where the source does not say.
	Creates sql.NullBool
}

// DefaultSettings returns the settings of a company that has set nothing.
func DefaultSettings() Settings {
	return Settings{
		BaseCurrency: "EUR", FiscalYearStartMonth: 1, Timezone: "UTC",
		MinPeople: 5, MinPeoplePay: 10, RehireGapDays: 31, ReconciliationTolerance: 0.02,
	}
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// Validate reports every setting that cannot be, each by its key.
func (s Settings) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, err := time.LoadLocation(s.Timezone)
	refuse(!currencyCode.MatchString(s.BaseCurrency), "base_currency %q is no ISO 4217 code such as EUR", s.BaseCurrency)
	refuse(s.FiscalYearStartMonth < 1 || s.FiscalYearStartMonth > 12, "fiscal_year_start_month %d is not 1 to 12", s.FiscalYearStartMonth)
	refuse(s.FiscalCalendar != "" && s.FiscalCalendar != "months" && s.FiscalCalendar != "4-4-5", "fiscal_calendar %q is not months or 4-4-5", s.FiscalCalendar)
	refuse(err != nil || s.Timezone == "" || s.Timezone == "Local", "timezone %q is no time zone such as Europe/Berlin", s.Timezone)
	refuse(s.MinPeople < 5, "min_people %d is below 5: it can be raised, never lowered", s.MinPeople)
	refuse(s.MinPeoplePay < 10, "min_people_pay %d is below 10: it can be raised, never lowered", s.MinPeoplePay)
	refuse(s.RehireGapDays < 0, "rehire_gap_days %d is negative", s.RehireGapDays)
	refuse(!(s.ReconciliationTolerance >= 0 && s.ReconciliationTolerance < 1), "reconciliation_tolerance %v is not a share from 0 to 1", s.ReconciliationTolerance)
	return errors.Join(errs...)
}

// Configure writes the settings and the list of sources where they changed, and
// logs each change. The next build follows.
func (w *Warehouse) Configure(ctx context.Context, s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	pairs := [][2]string{
		{"base_currency", s.BaseCurrency},
		{"company_name", s.CompanyName},
		{"fiscal_year_start_month", strconv.Itoa(s.FiscalYearStartMonth)},
		{"fiscal_calendar", cmp.Or(s.FiscalCalendar, "months")},
		{"min_people", strconv.Itoa(s.MinPeople)},
		{"min_people_pay", strconv.Itoa(s.MinPeoplePay)},
		{"reconciliation_tolerance", strconv.FormatFloat(s.ReconciliationTolerance, 'g', -1, 64)},
		{"off", strings.Join(slices.Sorted(slices.Values(s.Off)), ",")},
		{"rehire_gap_days", strconv.Itoa(s.RehireGapDays)},
		{"timezone", s.Timezone},
	}
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for _, pair := range pairs {
			if err := set(ctx, conn, pair[0], pair[1]); err != nil {
				return fmt.Errorf("setting %s: %w", pair[0], err)
			}
		}
		return setSources(ctx, conn, s.Sources)
	})
}

// set gives key its value, and logs it, unless it has it already.
func set(ctx context.Context, conn *sql.Conn, key, value string) error {
	var old sql.NullString
	err := conn.QueryRowContext(ctx, "select value from meta.setting where key = ?", key).Scan(&old)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if old.Valid && old.String == value {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "insert into meta.setting_change values (?, ?, ?, now()::timestamp)", key, old, value); err != nil {
		return err
	}
	if !old.Valid {
		_, err = conn.ExecContext(ctx, "insert into meta.setting values (?, ?)", key, value)
		return err
	}
	_, err = conn.ExecContext(ctx, "update meta.setting set value = ? where key = ?", value, key)
	return err
}

// setSources rewrites the list of sources unless it is the same.
func setSources(ctx context.Context, conn *sql.Conn, sources []SourceSetting) error {
	old, err := readSources(ctx, conn)
	if err != nil || slices.Equal(old, sources) {
		return err
	}
	if _, err := conn.ExecContext(ctx, "delete from meta.source"); err != nil {
		return err
	}
	for i, s := range sources {
		_, err := conn.ExecContext(ctx, "insert into meta.source by name select ? as source, ? as kind, nullif(?, '') as schedule, ? as is_trusted_log, ? as position, ?::boolean as creates_people",
			s.Name, s.Kind, s.Schedule, s.TrustedLog, i+1, s.Creates)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
	}
	return nil
}

func readSources(ctx context.Context, conn *sql.Conn) (sources []SourceSetting, err error) {
	rows, err := conn.QueryContext(ctx, "select source, kind, coalesce(schedule, ''), is_trusted_log, creates_people from meta.source order by position")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s SourceSetting
		if err := rows.Scan(&s.Name, &s.Kind, &s.Schedule, &s.TrustedLog, &s.Creates); err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, rows.Err()
}
