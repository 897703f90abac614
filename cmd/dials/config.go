package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"dials/dashboards"
	"dials/dashboards/access"
	"dials/dashboards/alerts"
	"dials/dashboards/extracts"
	"dials/dashboards/flight"
	"dials/ingest"
	"dials/ingest/connectors"
	"dials/queries"
	"dials/warehouse"
)

// Config is config.toml. The example at the repository's root documents every
// key; each package owns the struct of its own keys.
type Config struct {
	Server     access.Server      `toml:"server"`
	Access     access.Config      `toml:"access"`
	Company    dashboards.Company `toml:"company"`
	Warehouse  warehouse.Options  `toml:"warehouse"`
	Privacy    Privacy            `toml:"privacy"`
	Rules      Rules              `toml:"rules"`
	Ingest     ingest.Options     `toml:"ingest"`
	Retention  Retention          `toml:"retention"`
	Backup     Backup             `toml:"backup"`
	Operations Operations         `toml:"operations"`
	Sources    []*ingest.Source   `toml:"source"`
	Exports    []*extracts.Export `toml:"export"`
	Flight     flight.Config      `toml:"flight_sql"`
	Alerts     alerts.Config      `toml:"alerts"`
	AlertRules []*alerts.Rule     `toml:"alert"`
	Digest     alerts.DigestRule  `toml:"digest"`

	path   string         // of the file
	text   string         // of the file, as it was read
	lines  map[string]int // of each source's name in it
	listen string         // [server] listen, where a flag took its place
}

// Privacy is [privacy]: the floors of groups that are shown.
type Privacy struct {
	MinPeople    int `toml:"min_people"`     // counts and rates; 5 or more
	MinPeoplePay int `toml:"min_people_pay"` // anything computed from pay; 10 or more

	Off []string `toml:"off"` // sensitive views that nobody sees
}

// Rules is [rules]: conventions that companies differ in.
type Rules struct {
	RehireGapDays           int     `toml:"rehire_gap_days"`
	ReconciliationTolerance float64 `toml:"reconciliation_tolerance"`
}

// The floors of domain privacy: config may raise them, never lower them.
const (
	leastPeople    = 5
	leastPeoplePay = 10
)

func defaultConfig() *Config {
	return &Config{
		Server: access.DefaultServer(), Access: access.DefaultConfig(),
		Company: dashboards.Company{
			Name: "Company", Currency: "EUR", Locale: "en-GB", Timezone: "UTC", FiscalYearStartMonth: 1,
		},
		Warehouse:  warehouse.Options{Path: "dials.duckdb"},
		Privacy:    Privacy{MinPeople: leastPeople, MinPeoplePay: leastPeoplePay},
		Rules:      Rules{RehireGapDays: 31, ReconciliationTolerance: 0.02},
		Ingest:     ingest.DefaultOptions(),
		Retention:  defaultRetention(),
		Backup:     defaultBackup(),
		Operations: defaultOperations(),
		Flight:     flight.DefaultConfig(),
		Alerts:     alerts.DefaultConfig(),
	}
}

// configError is every mistake found in one config.toml.
type configError struct {
	path     string
	mistakes []finding
}

func (e configError) Error() string {
	lines := make([]string, len(e.mistakes))
	for i, m := range e.mistakes {
		lines[i] = m.Path
		if m.Line > 0 {
			lines[i] += ":" + strconv.Itoa(m.Line)
		}
		lines[i] += ": " + m.Message
	}
	return strings.Join(lines, "\ndials: ")
}

func (e configError) findings() []finding { return e.mistakes }

// add notes a mistake; a line of 0 is unknown.
func (e *configError) add(line int, format string, args ...any) {
	e.mistakes = append(e.mistakes, finding{
		Path: e.path, Line: line, Severity: "error", Message: fmt.Sprintf(format, args...),
	})
}

// readConfig reads and checks the file at path. It reports every mistake it
// finds, and takes an unknown key for a mistake. Paths in the result are
// relative to the file's folder.
func readConfig(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("config %s: no such file: --config names another, \"dials init DIR\" writes one", path)
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return parseConfig(path, string(text))
}

// parseConfig is readConfig of a text as if it stood at path.
func parseConfig(path, text string) (*Config, error) {
	c := defaultConfig()
	c.path, c.text = path, text
	found := configError{path: path}
	md, err := toml.Decode(text, c)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		found.add(syntax.Position.Line, "%s", syntax.Message)
		return nil, found
	}
	if err != nil {
		found.add(0, "%s", strings.TrimPrefix(err.Error(), "toml: "))
		return nil, found
	}
	c.lines = sourceLines(text)
	overrideFromEnvironment(c, os.LookupEnv, &found)
	c.resolve(filepath.Dir(path))
	c.validate(&found)
	c.openSources(md, filepath.Dir(path), &found)
	c.checkExports(&found)
	c.checkAlerts(&found)
	for _, key := range md.Undecoded() {
		found.add(keyLine(text, key), "unknown key %s", key)
	}
	if len(found.mistakes) > 0 {
		return nil, found
	}
	return c, nil
}

// resolve makes the paths of c relative to dir, where config.toml lies.
func (c *Config) resolve(dir string) {
	for _, p := range []*string{&c.Warehouse.Path, &c.Backup.Directory, &c.Warehouse.TempDirectory, &c.Server.TLSCertificate, &c.Server.TLSKey, &c.Flight.TLSCertificate, &c.Flight.TLSKey} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// validate checks what concerns no source.
func (c *Config) validate(found *configError) {
	if c.Warehouse.Path == "" {
		found.add(0, "warehouse.path is empty: name a file such as dials.duckdb")
	}
	for _, err := range slices.Concat(split(c.Server.Validate(c.Access.SignsIn())), split(c.Access.Validate()), split(c.Flight.Validate())) {
		found.add(0, "%v", err)
	}
	if c.Privacy.MinPeople < leastPeople {
		found.add(0, "privacy.min_people = %d: it can be raised above %d, not lowered", c.Privacy.MinPeople, leastPeople)
	}
	if c.Privacy.MinPeoplePay < leastPeoplePay {
		found.add(0, "privacy.min_people_pay = %d: it can be raised above %d, not lowered", c.Privacy.MinPeoplePay, leastPeoplePay)
	}
	for _, view := range c.Privacy.Off {
		if !slices.Contains(queries.SensitiveViews(), view) {
			found.add(0, "privacy.off: %q is not one of %s", view, strings.Join(queries.SensitiveViews(), ", "))
		}
	}
	if c.Rules.RehireGapDays < 0 {
		found.add(0, "rules.rehire_gap_days = %d: want 0 or more", c.Rules.RehireGapDays)
	}
	if t := c.Rules.ReconciliationTolerance; !(t >= 0 && t < 1) {
		found.add(0, "rules.reconciliation_tolerance = %v: want a share such as 0.02", t)
	}
	c.Retention.validate(found)
	c.Backup.validate(found)
	c.Operations.validate(found)
	if err := c.Ingest.Validate(); err != nil {
		found.add(0, "ingest.%v", err)
	}
	if err := c.Company.Validate(); err != nil {
		found.add(0, "company.%v", err)
	}
}

// openSources gives each source its connector and collects what is wrong.
func (c *Config) openSources(md toml.MetaData, dir string, found *configError) {
	decode := func(part toml.Primitive, into any) error { return md.PrimitiveDecode(part, into) }
	seen := map[string]bool{}
	for i, s := range c.Sources {
		if seen[s.Name] {
			found.add(c.lines[s.Name], "source %d: name %q is taken by another source", i+1, s.Name)
		}
		if s.Name == warehouse.RegisterSource {
			found.add(c.lines[s.Name], "source %d: name %q is that of what people enter in Dials: choose another", i+1, s.Name)
		}
		seen[s.Name] = true
		for _, err := range split(s.Open(decode, ingest.Env{Dir: dir, State: filepath.Dir(c.Warehouse.Path)}, connectors.All())) {
			found.add(c.lines[s.Name], "%v", err)
		}
		c.Warehouse.AllowedDirectories = append(c.Warehouse.AllowedDirectories, s.Folders()...)
	}
}

// split takes joined errors apart.
func split(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}

// settings is what the models read of the configuration.
func (c *Config) settings() warehouse.Settings {
	s := warehouse.Settings{
		CompanyName:             c.Company.Name,
		BaseCurrency:            c.Company.Currency,
		FiscalYearStartMonth:    c.Company.FiscalYearStartMonth,
		FiscalCalendar:          c.Company.FiscalCalendar,
		Timezone:                c.Company.Timezone,
		MinPeople:               c.Privacy.MinPeople,
		MinPeoplePay:            c.Privacy.MinPeoplePay,
		Off:                     c.Privacy.Off,
		RehireGapDays:           c.Rules.RehireGapDays,
		ReconciliationTolerance: c.Rules.ReconciliationTolerance,
	}
	for _, src := range c.Sources {
		s.Sources = append(s.Sources, warehouse.SourceSetting{
			Name: src.Name, Kind: src.Kind, Schedule: src.Cron(), TrustedLog: src.TrustedLog, Creates: src.CreatesPeople(),
		})
	}
	return s
}

func (c *Config) line(source string) int { return c.lines[source] }

// overrideFromEnvironment sets the scalar keys of c's sections that the
// environment names: DIALS_SERVER_LISTEN is listen in [server]. Sources are
// lists, which the environment cannot name.
func overrideFromEnvironment(c *Config, lookup func(string) (string, bool), found *configError) {
	sections := reflect.ValueOf(c).Elem()
	for i := range sections.NumField() {
		section, name := sections.Field(i), sections.Type().Field(i).Tag.Get("toml")
		if section.Kind() != reflect.Struct || name == "" {
			continue
		}
		overrideSection(section, "DIALS_"+name+"_", lookup, found)
	}
}

// overrideSection sets the keys of a section, and of the sections in it.
func overrideSection(section reflect.Value, prefix string, lookup func(string) (string, bool), found *configError) {
	for j := range section.NumField() {
		key := section.Type().Field(j).Tag.Get("toml")
		if key == "" || key == "-" {
			continue
		}
		env := strings.ToUpper(prefix + key)
		if section.Field(j).Kind() == reflect.Struct {
			overrideSection(section.Field(j), env+"_", lookup, found)
			continue
		}
		text, ok := lookup(env)
		if !ok {
			continue
		}
		if err := setScalar(section.Field(j), text); err != nil {
			found.add(0, "environment %s=%q: %v", env, text, err)
		}
	}
}

// setScalar parses text into field by its kind.
func setScalar(field reflect.Value, text string) error {
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("want true or false")
		}
		field.SetBool(v)
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("want a whole number")
		}
		field.SetInt(v)
	case reflect.Slice:
		if field.Type().Elem().Kind() != reflect.String {
			return errors.New("this key cannot be set by the environment")
		}
		field.Set(reflect.ValueOf(strings.Fields(strings.ReplaceAll(text, ",", " "))))
	case reflect.Float64:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return errors.New("want a number")
		}
		field.SetFloat(v)
	default:
		return errors.New("this key cannot be set by the environment")
	}
	return nil
}

// sourceLines returns the line on which each source is named: the first name
// after its [[source]].
func sourceLines(text string) map[string]int {
	lines := map[string]int{}
	inSource := false
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inSource = strings.HasPrefix(line, "[[source]]")
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !inSource || !ok || strings.TrimSpace(key) != "name" {
			continue
		}
		value, _, _ = strings.Cut(value, "#")
		if name := strings.Trim(strings.TrimSpace(value), `"'`); lines[name] == 0 {
			lines[name] = n
		}
	}
	return lines
}

// keyLine returns the first line of text that sets the last part of key, or 0.
func keyLine(text string, key toml.Key) int {
	last := key[len(key)-1]
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimLeft(line, " \t[")
		if rest, ok := strings.CutPrefix(strings.TrimPrefix(line, `"`), last); ok && strings.IndexAny(rest, " =].\"\t") == 0 {
			return n
		}
	}
	return 0
}
