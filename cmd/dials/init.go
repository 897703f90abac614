package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"dials/ingest/connectors"
	"dials/warehouse"
)

const initManual = `Starts a project in DIR: a commented config.toml, one empty drop folder per
canonical stream, and templates/ with an empty CSV of each stream's columns. Put
files into the folders (their headers as in the templates, or mapped in
config.toml) and run "dials sync".

With --source NAME, a kind or a preset of "dials sources", it writes a commented
block for such a source: into DIR/config.toml, which may be there already, or
without DIR to the standard output.`

//go:embed init.toml.tmpl
var initConfig embed.FS

func newInit(o *options) *cobra.Command {
	var sources []string
	cmd := &cobra.Command{
		Use:     "init [--source NAME] DIR",
		Short:   "Start a project: config.toml, drop folders and templates",
		Long:    initManual,
		Example: "  dials init company\n  dials check --config company/config.toml\n  dials init --source moodle company\n  dials init --source hibob >> company/config.toml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(sources) > 0 && len(args) == 0 {
				return nil
			}
			return exactly("DIR")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(sources) > 0 {
				return initSources(o.stdout, sources, args)
			}
			if err := initProject(args[0]); err != nil {
				return fmt.Errorf("init %s: %w", args[0], err)
			}
			_, err := fmt.Fprintf(o.stdout, "wrote %s: put files into %s, then dials sync --config %s\n",
				filepath.Join(args[0], "config.toml"), filepath.Join(args[0], "drop"), filepath.Join(args[0], "config.toml"))
			return err
		},
	}
	cmd.Flags().StringArrayVar(&sources, "source", nil, "write a block for a source: a kind or a preset of \"dials sources\"")
	return cmd
}

// initSources writes the blocks of sources: to w, or at the end of the config.toml of
// a project, which it starts where there is none.
func initSources(w io.Writer, names, args []string) error {
	examples, err := connectors.Examples()
	if err != nil {
		return err
	}
	var blocks strings.Builder
	for _, name := range names {
		i := slices.IndexFunc(examples, func(e connectors.Example) bool { return e.Name == name })
		if i < 0 {
			return fmt.Errorf("init: unknown source %q: \"dials sources\" lists them", name)
		}
		fmt.Fprintf(&blocks, "\n# %s. Tested: %s.\n%s", examples[i].Reads, examples[i].Tested, strings.TrimPrefix(examples[i].Block, "\n"))
	}
	if len(args) == 0 {
		_, err := fmt.Fprint(w, blocks.String())
		return err
	}
	path := filepath.Join(args[0], "config.toml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := initProject(args[0]); err != nil {
			return fmt.Errorf("init %s: %w", args[0], err)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if _, err = f.WriteString(blocks.String()); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("init: %w", err)
	}
	_, err = fmt.Fprintf(w, "wrote %s into %s: fill in what is your own, then dials check --config %s\n", strings.Join(names, ", "), path, path)
	return err
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
