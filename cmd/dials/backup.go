package main

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/warehouse"
)

const backupManual = `Writes everything that Dials keeps to one file, a tar archive, while the server goes
on: the warehouse as it is between two commits, the audit, accounts and grants, who
was erased, config.toml, and a manifest with the SHA-256 of each. The file appears
whole or not at all, and only its owner can read it.

It holds no secrets but hashes. The tokens that sources handed out and renewed
(*.token beside the warehouse) are left out: sign in to those sources again after a
restore.

[backup] in config.toml makes backups on a schedule, and one before every migration.`

// A backupRequest says why; for the audit.
type backupRequest struct {
	Reason string `json:"reason,omitempty"`
}

// A backupManifest says what a backup holds. It is the archive's first entry.
type backupManifest struct {
	Format   int                `json:"format"` // 1
	Dials    string             `json:"dials"`
	TakenAt  time.Time          `json:"taken_at"`
	Company  string             `json:"company"`
	Audit    auditMark          `json:"audit"`
	Contents warehouse.Contents `json:"warehouse"`
	Files    []backupFile       `json:"files"`
}

// An auditMark is where the audit stood: "dials audit verify --head HASH" finds what
// was cut or rewritten before it.
type auditMark struct {
	Head   string `json:"head"`
	Events int64  `json:"events"`
}

// A backupFile is one entry of the archive.
type backupFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Names in the archive.
const (
	backupFormat    = 1
	backupMark      = "manifest.json"
	backupWarehouse = "warehouse.duckdb"
	backupAudit     = "audit"
	backupErased    = "erased"
	backupAccess    = "access.json"
	backupConfig    = "config.toml"
)

func newBackup(o *options) *cobra.Command {
	var req backupRequest
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything that Dials keeps to one file",
		Long:  backupManual,
		Args:  exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Lstat(args[0]); err == nil {
				return fmt.Errorf("backup: %s exists: name a new file", args[0])
			}
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			var made backupManifest
			err = o.withOperator(cmd.Context(), func(op operator) (err error) {
				made, err = call[backupManifest](cmd.Context(), op, "backup", req, sink{file: receiveAs(args[0])})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(o.stdout, made)
			}
			_, err = fmt.Fprintf(o.stdout, "%s: %d files, %d tables of raw and meta, data version %d, audit head %s\n",
				args[0], len(made.Files), len(made.Contents.Tables), made.Contents.DataVersion, made.Audit.Head)
			return err
		},
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "`WHY`, for the audit")
	o.addFormat(cmd)
	return cmd
}

// receiveAs writes the one file of a request to path, whatever its name there.
func receiveAs(path string) func(name string, size int64, content io.Reader) error {
	write := receive(filepath.Dir(path))
	return func(_ string, size int64, content io.Reader) error { return write(filepath.Base(path), size, content) }
}

// Backup sends a backup as one archive.
func (l *local) Backup(ctx context.Context, req backupRequest, to sink) (made backupManifest, err error) {
	scratch, err := l.w.Scratch()
	if err != nil {
		return made, err
	}
	if scratch, err = os.MkdirTemp(scratch, "backup-"); err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if made, err = l.gather(ctx, scratch); err != nil {
		return made, fmt.Errorf("backup: %w", err)
	}
	size := new(counter)
	if err := writeArchive(size, made, func(f backupFile) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, f.Bytes)), nil
	}); err != nil {
		return made, fmt.Errorf("backup: %w", err)
	}
	p := peerOf(ctx)
	err = l.audit.Write(audit.Event{
		Kind: audit.Backup, By: p.identity(), Address: p.address(), What: "backup", Reason: req.Reason,
		Fields: map[string]string{"files": strconv.Itoa(len(made.Files)), "data_version": strconv.FormatInt(made.Contents.DataVersion, 10)},
	})
	if err != nil {
		return made, err
	}
	archive, w := io.Pipe()
	go func() {
		w.CloseWithError(writeArchive(w, made, func(f backupFile) (io.ReadCloser, error) {
			return os.Open(filepath.Join(scratch, filepath.FromSlash(f.Name)))
		}))
	}()
	name := "dials-" + made.TakenAt.Format("20060102-150405") + ".tar"
	err = to.file(name, size.n, archive)
	return made, errors.Join(err, archive.Close())
}

// gather copies what a backup consists of into dir.
func (l *local) gather(ctx context.Context, dir string) (m backupManifest, err error) {
	m = backupManifest{Format: backupFormat, Dials: release, TakenAt: time.Now().UTC().Truncate(time.Second), Company: l.cfg.Company.Name}
	if m.Contents, err = l.w.Image(ctx, filepath.Join(dir, backupWarehouse)); err != nil {
		return m, err
	}
	if m.Audit.Head, m.Audit.Events, err = l.audit.CopyTo(filepath.Join(dir, backupAudit)); err != nil {
		return m, err
	}
	path := l.cfg.Warehouse.Path
	for from, name := range map[string]string{access.StorePath(path): backupAccess, l.cfg.path: backupConfig} {
		if err := copyIfThere(from, filepath.Join(dir, name)); err != nil {
			return m, err
		}
	}
	if err := warehouse.MergeErasures(warehouse.ErasedPath(path), filepath.Join(dir, backupErased)); err != nil {
		return m, err
	}
	m.Files, err = listFiles(dir)
	return m, err
}

// listFiles returns the files under dir with their checksums, by name.
func listFiles(dir string) (list []backupFile, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		sum := sha256.New()
		n, err := io.Copy(sum, file)
		list = append(list, backupFile{filepath.ToSlash(name), n, hex.EncodeToString(sum.Sum(nil))})
		return err
	})
	slices.SortFunc(list, func(a, b backupFile) int { return cmp.Compare(a.Name, b.Name) })
	return list, err
}

// writeArchive writes the manifest and then the files that it lists.
func writeArchive(w io.Writer, m backupManifest, open func(backupFile) (io.ReadCloser, error)) error {
	archive := tar.NewWriter(w)
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	put := func(name string, size int64, content io.Reader) error {
		header := tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: m.TakenAt, Format: tar.FormatPAX}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		_, err := io.Copy(archive, content)
		return err
	}
	if err := put(backupMark, int64(len(text)), strings.NewReader(string(text))); err != nil {
		return err
	}
	for _, f := range m.Files {
		content, err := open(f)
		if err != nil {
			return err
		}
		if err := errors.Join(put(f.Name, f.Bytes, content), content.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return archive.Close()
}

// copyIfThere copies a file, if there is one, to a new one of the owner's alone.
func copyIfThere(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// A counter counts what is written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// zeros reads as zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
