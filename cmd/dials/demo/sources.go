package demo

import (
	"fmt"
	"strings"
)

// A delivery writes the files of one source and remembers their feeds; its first
// error stops it.
type delivery struct {
	folder *folder
	source source
	err    error
}

// table writes a feed that is one file.
func (d *delivery) table(f feed, rows func(out *file)) {
	f = d.feed(f)
	d.part(f, "", rows)
}

// feed registers a feed, whose files follow.
func (d *delivery) feed(f feed) feed {
	f = f.parse()
	d.source.feeds = append(d.source.feeds, f)
	return f
}

// part writes one file of a feed.
func (d *delivery) part(f feed, star string, rows func(out *file)) {
	if d.err != nil {
		return
	}
	out := d.folder.create(f, star)
	if out.err == nil {
		rows(out)
	}
	d.err = out.close()
}

// writeSources writes all files and returns what config.toml says about them.
func (c *company) writeSources(d *folder) ([]source, error) {
	var sources []source
	for _, write := range []func(*delivery){
		c.writeHRIS, c.writeFinance, c.writeGermanPayroll, c.writeBritishPayroll,
		c.writeLearning, c.writeTalent, c.writeStrategy, c.writePerformance, c.writeRegister,
	} {
		out := &delivery{folder: d}
		write(out)
		if out.err != nil {
			return nil, out.err
		}
		sources = append(sources, out.source)
	}
	return sources, nil
}

// configuration returns the config.toml that reads the sources.
func configuration(sources []source) string {
	var b strings.Builder
	b.WriteString(`# The configuration of a fictional company, written by "dials demo".
# Every path is relative to this file. "dials sync" loads the sources below,
# "dials serve" shows the pages. The documented example with every key is the
# config.toml at the root of the project.

[server]
listen = "127.0.0.1:8080"
trial = true                      # a reader on this machine may try the register

[company]
name = "Larkfield Group"
currency = "EUR"
locale = "en-GB"
timezone = "Europe/Berlin"
fiscal_year_start_month = 7

[warehouse]
path = "dials.duckdb"
`)
	for _, s := range sources {
		fmt.Fprintf(&b, "\n# %s\n[[source]]\nname = %q\nkind = \"file\"\nschedule = %q\n", s.about, s.name, s.schedule)
		if s.name == "hris" {
			b.WriteString("creates_people = true             # who is in it is a person; other systems only know people\n")
		}
		if s.isTrustedLog {
			b.WriteString("trusted_log = true                # its dates of registration and assignment are a log\n")
		}
		for _, f := range s.feeds {
			b.WriteString(f.toml())
		}
	}
	return b.String()
}
