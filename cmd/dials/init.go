package main

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"dials/warehouse"
)

const initManual = `Starts a project in DIR: a commented config.toml, one empty drop folder per
canonical stream, and templates/ with an empty CSV of each stream's columns. Put
files into the folders (their headers as in the templates, or mapped in
config.toml) and run "dials sync".`

//go:embed init.toml.tmpl
var initConfig embed.FS

func newInit(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "init DIR",
		Short:   "Start a project: config.toml, drop folders and templates",
		Long:    initManual,
		Example: "  dials init company\n  dials check --config company/config.toml",
		Args:    exactly("DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := initProject(args[0]); err != nil {
				return fmt.Errorf("init %s: %w", args[0], err)
			}
			_, err := fmt.Fprintf(o.stdout, "wrote %s: put files into %s, then dials sync --config %s\n",
				filepath.Join(args[0], "config.toml"), filepath.Join(args[0], "drop"), filepath.Join(args[0], "config.toml"))
			return err
		},
	}
}

// initProject writes a new project into dir, and overwrites nothing.
func initProject(dir string) error {
	streams, err := warehouse.Streams()
	if err != nil {
		return err
	}
	tmpl, err := template.ParseFS(initConfig, "init.toml.tmpl")
	if err != nil {
		return err
	}
	var config bytes.Buffer
	if err := tmpl.Execute(&config, streams); err != nil {
		return err
	}
	templates := filepath.Join(dir, "templates")
	if err := os.MkdirAll(templates, 0o777); err != nil {
		return err
	}
	if err := writeNew(filepath.Join(dir, "config.toml"), config.Bytes()); err != nil {
		return err
	}
	for _, s := range streams {
		if err := os.MkdirAll(filepath.Join(dir, "drop", s.Name), 0o777); err != nil {
			return err
		}
		header := strings.Join(templateColumns(s), ",") + "\n"
		if err := writeNew(filepath.Join(templates, s.Name+".csv"), []byte(header)); err != nil {
			return err
		}
	}
	return nil
}

// templateColumns is the header of a stream's template.
func templateColumns(s warehouse.Stream) []string {
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	if s.Dated {
		names = append(names, "valid_from", "valid_to")
	}
	return append(names, "recorded_at")
}

// writeNew writes a file that must not exist yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
