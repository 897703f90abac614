package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version of this source tree; CHANGELOG says what is in it.
const release = "0.1.0-dev"

func newVersion(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the versions of Dials and of what it is built on",
		Args:  exactly(),
		RunE: func(*cobra.Command, []string) error {
			json, err := o.wantJSON()
			if err != nil {
				return err
			}
			v := versions()
			if json {
				return writeJSON(o.stdout, v)
			}
			_, err = fmt.Fprintf(o.stdout, "dials %s\ngo %s\nduckdb-go %s\narrow-go %s\n", v.Dials, v.Go, v.DuckDBGo, v.ArrowGo)
			return err
		},
	}
	o.addFormat(cmd)
	return cmd
}

// engine is the release with the revision that it was built from, where that is known.
func engine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 10 {
			return release + " " + s.Value[:10]
		}
	}
	return release
}

type versionInfo struct {
	Dials    string `json:"dials"`
	Go       string `json:"go"`
	DuckDBGo string `json:"duckdb_go"`
	ArrowGo  string `json:"arrow_go"`
}

// versions reads what the binary was built from.
func versions() versionInfo {
	v := versionInfo{Dials: release}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	for _, dep := range info.Deps {
		switch dep.Path {
		case "github.com/duckdb/duckdb-go/v2":
			v.DuckDBGo = dep.Version
		case "github.com/apache/arrow-go/v18":
			v.ArrowGo = dep.Version
		}
	}
	return v
}
