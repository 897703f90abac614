package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/audit"
	"dials/warehouse"
)

const importManual = `Fills the empty warehouse of config.toml with what "dials export --all" wrote to DIR,
and builds the models: the portable form of a warehouse, for another version of
DuckDB, whose own file an older one may not read. Both must be of the same dials.

It takes what manifest.json lists, after comparing checksums. For everyday use
"dials backup" is faster, and also holds the audit, accounts and grants.`

// A portableManifest says what of an exported folder a warehouse can be made of.
type portableManifest struct {
	Format   int                `json:"format"` // 1
	Dials    string             `json:"dials"`
	TakenAt  time.Time          `json:"taken_at"`
	Contents warehouse.Contents `json:"warehouse"`
	Files    []backupFile       `json:"files"`
}

// exportBase sends the tables of raw and meta, the list of who was erased, and a
// manifest of both.
func (l *local) exportBase(ctx context.Context, reason string, to sink) (sent []exportedFile, err error) {
	scratch, err := l.w.Scratch()
	if err != nil {
		return nil, err
	}
	if scratch, err = os.MkdirTemp(scratch, "unload-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	m := portableManifest{Format: 1, Dials: release, TakenAt: time.Now().UTC().Truncate(time.Second)}
	if m.Contents, err = l.w.Unload(ctx, scratch); err != nil {
		return nil, err
	}
	if err := warehouse.MergeErasures(warehouse.ErasedPath(l.cfg.Warehouse.Path), filepath.Join(scratch, backupErased)); err != nil {
		return nil, err
	}
	if m.Files, err = listFiles(scratch); err != nil {
		return nil, err
	}
	p := peerOf(ctx)
	err = l.audit.Write(audit.Event{
		Kind: audit.Extract, By: p.identity(), Address: p.address(), What: "raw and meta", Reason: reason,
		Fields: map[string]string{"policy": "operator", "format": "parquet", "files": strconv.Itoa(len(m.Files))},
	})
	if err != nil {
		return nil, err
	}
	for _, f := range m.Files {
		content, err := os.Open(filepath.Join(scratch, filepath.FromSlash(f.Name)))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(to.file(f.Name, f.Bytes, content), content.Close()); err != nil {
			return nil, err
		}
		table := strings.TrimSuffix(f.Name, ".parquet")
		sent = append(sent, exportedFile{table, f.Name, m.Contents.Tables[table]})
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	return sent, to.file(backupMark, int64(len(text)), strings.NewReader(string(text)))
}

func newImport(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "import DIR",
		Short: "Fill an empty warehouse with what export --all wrote",
		Long:  importManual,
		Args:  exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := readConfig(o.configPath)
			if err != nil {
				return err
			}
			if err := (&restoring{cfg: cfg}).refuseRunning(cmd.Context()); err != nil {
				return fmt.Errorf("import: %w", err)
			}
			m, err := importPortable(cmd.Context(), cfg, args[0])
			if err != nil {
				return fmt.Errorf("import: %w", err)
			}
			_, err = fmt.Fprintf(o.stdout, "imported %d tables, as of %s, and built the models\n", len(m.Contents.Tables), m.TakenAt.Format(time.RFC3339))
			return err
		},
	}
}

// importPortable fills the warehouse of cfg from dir.
func importPortable(ctx context.Context, cfg *Config, dir string) (m portableManifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, backupMark))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Format != 1 {
		return m, fmt.Errorf("%s is no manifest of \"dials export --all\": %w", filepath.Join(dir, backupMark), errors.Join(err))
	}
	there, err := listFiles(dir)
	if err != nil {
		return m, err
	}
	sums := map[string]string{}
	for _, f := range there {
		sums[f.Name] = f.SHA256
	}
	for _, f := range m.Files {
		if sums[f.Name] != f.SHA256 {
			return m, fmt.Errorf("%s is missing or damaged", filepath.Join(dir, f.Name))
		}
	}
	// Whom the exported warehouse had erased is erased in this one too.
	if err := warehouse.MergeErasures(filepath.Join(dir, backupErased), warehouse.ErasedPath(cfg.Warehouse.Path)); err != nil {
		return m, err
	}
	l, err := openLocal(ctx, cfg)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return m, l.reload(ctx, m, dir)
}

// reload copies the files of m to where SQL may read them, loads them and builds.
func (l *local) reload(ctx context.Context, m portableManifest, dir string) (err error) {
	scratch, err := l.w.Scratch()
	if err != nil {
		return err
	}
	if scratch, err = os.MkdirTemp(scratch, "reload-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	for name := range m.Contents.Tables {
		if err := copyNew(filepath.Join(dir, name+".parquet"), filepath.Join(scratch, name+".parquet")); err != nil {
			return err
		}
	}
	if err := l.w.Reload(ctx, scratch, m.Contents); err != nil {
		return err
	}
	_, err = l.w.Build(ctx)
	return err
}

// copyNew copies a file of any size to a new one of the owner's alone.
func copyNew(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
