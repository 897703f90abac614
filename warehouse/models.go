package warehouse

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed models
var models embed.FS

// layers gives, for each layer of models, how it is materialised and which
// schemas its models may read.
var layers = map[string]struct {
	as    string
	reads []string
}{
	"staging": {"view", []string{"raw", "meta"}},
	"core":    {"table", []string{"staging", "core"}},
	"marts":   {"table", []string{"core", "marts"}},
}

// bookkeeping are the tables that a build itself writes: a model that read one
// would be out of date as soon as it is built.
var bookkeeping = []string{"meta.model", "meta.data_version", "meta.raw_version"}

// A model is one file of models: <layer>/<name>.sql, a single select.
type model struct {
	layer, name string
	file, sql   string
	reads       []string // schema.table, as DuckDB's parser names them
}

// table returns the model's name in the database.
func (m *model) table() string { return m.layer + "." + m.name }

// readModels returns the models of fsys, each after the models it reads. It
// refuses a model that reads upwards, or anything but tables that exist.
//
// Where some are named, it is they alone and those that they read.
func readModels(ctx context.Context, conn *sql.Conn, fsys fs.FS, base map[string]string, only []string) ([]*model, error) {
	files, err := fs.Glob(fsys, "models/*/*.sql")
	if err != nil {
		return nil, err
	}
	fickle, err := fickleFunctions(ctx, conn)
	if err != nil {
		return nil, err
	}
	there := map[string]string{}
	for _, file := range files {
		there[tableOf(file)] = file
	}
	wanted := slices.Sorted(maps.Keys(there))
	if len(only) > 0 {
		wanted = slices.Clone(only)
		for _, name := range only {
			if there[name] == "" {
				return nil, fmt.Errorf("%s is no model", name)
			}
		}
	}
	byName := map[string]*model{}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		if byName[name] != nil || there[name] == "" {
			continue
		}
		m, err := readModel(ctx, conn, fsys, there[name], fickle)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", there[name], err)
		}
		byName[name] = m
		wanted = append(wanted, m.reads...)
	}
	for _, m := range byName {
		for _, table := range m.reads {
			if byName[table] == nil && base[table] == "" {
				return nil, fmt.Errorf("%s: reads %s, which there is not", m.file, table)
			}
		}
	}
	return sortModels(byName)
}

// tableOf names the table of a model's file.
func tableOf(file string) string {
	return path.Base(path.Dir(file)) + "." + strings.ToLower(strings.TrimSuffix(path.Base(file), ".sql"))
}

// readModel reads and parses one file.
func readModel(ctx context.Context, conn *sql.Conn, fsys fs.FS, file string, fickle map[string]bool) (*model, error) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	m := &model{
		layer: path.Base(path.Dir(file)),
		name:  strings.ToLower(strings.TrimSuffix(path.Base(file), ".sql")),
		file:  file,
		sql:   string(src),
	}
	layer, ok := layers[m.layer]
	if !ok {
		return nil, fmt.Errorf("%s is no layer: staging, core or marts", m.layer)
	}
	s, err := parse(ctx, conn, m.sql)
	if err != nil {
		return nil, err
	}
	if err := s.pure(fickle); err != nil {
		return nil, err
	}
	if m.reads, err = s.reads(); err != nil {
		return nil, err
	}
	for _, table := range m.reads {
		schema, _, _ := strings.Cut(table, ".")
		if !slices.Contains(layer.reads, schema) {
			return nil, fmt.Errorf("reads %s: %s may read only %v", table, m.layer, layer.reads)
		}
		if slices.Contains(bookkeeping, table) {
			return nil, fmt.Errorf("reads %s, which every build changes", table)
		}
	}
	return m, nil
}

// sortModels orders models so that each follows what it reads.
func sortModels(byName map[string]*model) ([]*model, error) {
	var ordered []*model
	state := map[string]int{} // 1: being visited, 2: ordered
	var visit func(name string) error
	visit = func(name string) error {
		m, ok := byName[name]
		switch {
		case !ok || state[name] == 2: // a raw table, or done
			return nil
		case state[name] == 1:
			return fmt.Errorf("%s: reads itself, directly or through others", m.file)
		}
		state[name] = 1
		for _, table := range m.reads {
			if err := visit(table); err != nil {
				return err
			}
		}
		state[name] = 2
		ordered = append(ordered, m)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}
