package main

import (
	"archive/tar"
	"bytes"
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
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/warehouse"
)

const restoreManual = `Puts back what "dials backup" wrote, to where config.toml says that the warehouse is.
Everything is unpacked beside it, its checksums are compared and the warehouse is
opened and counted before anything is put in its place.

It refuses while a server runs, and where a warehouse is already, unless --replace
moves that one aside first (its files then end in .replaced-TIME). People who were
erased after the backup was taken are erased again, as far as the list beside the
warehouse knows (DIALS.duckdb.erased; --erased names another copy of it). All tokens
are revoked, and sessions end, as they live in the server's memory. An audit that is
there and contains the backup's is kept.

The configuration stays as it is; the backup's own, if it is another, is put beside it
as config.toml.restored, or beside the warehouse where that folder cannot be written.
--verify only looks whether the backup is whole.`

// A restoring is one restore, from the unpacked folder to the warehouse's place.
type restoring struct {
	cfg      *Config
	dir      string // the archive, unpacked
	manifest backupManifest
	replace  bool
	erased   string // a further folder of who was erased
	suffix   string // of what is moved aside
	config   string // where the backup's configuration was put; "" if it is the one in use
}

func newRestore(o *options) *cobra.Command {
	var r restoring
	var verify bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put back what backup wrote",
		Long:  restoreManual,
		Args:  exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if r.cfg, err = readConfig(o.configPath); err != nil {
				return err
			}
			if err := r.refuseRunning(cmd.Context()); err != nil && !verify {
				return fmt.Errorf("restore: %w", err)
			}
			if err := r.unpack(cmd.Context(), args[0], time.Now()); err != nil {
				return errors.Join(fmt.Errorf("restore: %w", err), os.RemoveAll(r.dir))
			}
			defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
			m := r.manifest
			fmt.Fprintf(o.stdout, "%s is whole: taken %s by dials %s, %d tables of raw and meta, data version %d\n",
				args[0], m.TakenAt.Format(time.RFC3339), m.Dials, len(m.Contents.Tables), m.Contents.DataVersion)
			if verify {
				return nil
			}
			if err := r.place(cmd.Context()); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			return o.finishRestore(cmd.Context(), r)
		},
	}
	cmd.Flags().BoolVar(&r.replace, "replace", false, "move the warehouse that is there aside")
	cmd.Flags().StringVar(&r.erased, "erased", "", "`DIR` with a later list of who was erased")
	cmd.Flags().BoolVar(&verify, "verify", false, "only say whether the backup is whole")
	return cmd
}

// refuseRunning says that a server has the warehouse.
func (r *restoring) refuseRunning(ctx context.Context) error {
	running, err := dialSocket(ctx, r.cfg.Warehouse.Path)
	if err != nil || running == nil {
		return err
	}
	return errors.Join(fmt.Errorf("a server has %s: stop it first", r.cfg.Warehouse.Path), running.Close())
}

// unpack writes the archive to a folder beside the warehouse and checks that it is
// what its manifest says.
func (r *restoring) unpack(ctx context.Context, archive string, now time.Time) error {
	path := r.cfg.Warehouse.Path
	r.suffix = ".replaced-" + now.UTC().Format("20060102-150405")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	in, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer in.Close()
	if r.dir, err = os.MkdirTemp(filepath.Dir(path), filepath.Base(path)+".restore-"); err != nil {
		return err
	}
	entries := tar.NewReader(in)
	if err := r.readManifest(entries); err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	for _, f := range r.manifest.Files {
		header, err := entries.Next()
		if err != nil {
			return fmt.Errorf("%s ends before %s: %w", archive, f.Name, err)
		}
		if header.Name != f.Name || header.Size != f.Bytes {
			return fmt.Errorf("%s: %s with %d bytes is where the manifest has %s with %d", archive, header.Name, header.Size, f.Name, f.Bytes)
		}
		if err := r.unpackFile(f, entries); err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
	}
	if _, err := entries.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: it goes on after what its manifest lists", archive)
	}
	held, err := warehouse.Inspect(ctx, filepath.Join(r.dir, backupWarehouse), r.cfg.Warehouse)
	if err != nil {
		return fmt.Errorf("%s: the warehouse in it: %w", archive, err)
	}
	return r.compare(held)
}

// maxManifest bounds what is read of an archive before it is known to be one.
const maxManifest = 16 << 20

func (r *restoring) readManifest(entries *tar.Reader) error {
	header, err := entries.Next()
	if err != nil || header.Name != backupMark || header.Size > maxManifest {
		return errors.New("it is no backup of dials")
	}
	if err := json.NewDecoder(entries).Decode(&r.manifest); err != nil {
		return fmt.Errorf("its manifest: %w", err)
	}
	if r.manifest.Format != backupFormat {
		return fmt.Errorf("it has format %d, and this dials reads %d: upgrade dials", r.manifest.Format, backupFormat)
	}
	if !slices.ContainsFunc(r.manifest.Files, func(f backupFile) bool { return f.Name == backupWarehouse }) {
		return errors.New("it holds no warehouse")
	}
	return nil
}

func (r *restoring) unpackFile(f backupFile, content io.Reader) error {
	if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return fmt.Errorf("file %q: that is no plain name", f.Name)
	}
	path := filepath.Join(r.dir, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err = io.Copy(io.MultiWriter(out, sum), content); err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, not %s", f.Name, got, f.SHA256)
	}
	return nil
}

// compare says whether the warehouse holds what the manifest counted.
func (r *restoring) compare(held warehouse.Contents) error {
	for name, rows := range r.manifest.Contents.Tables {
		if held.Tables[name] != rows {
			return fmt.Errorf("%s has %d rows, and the manifest counted %d", name, held.Tables[name], rows)
		}
	}
	return nil
}

// place puts the unpacked files where the configuration says.
func (r *restoring) place(ctx context.Context) error {
	path := r.cfg.Warehouse.Path
	// What was erased is known before anything is in its place: a restore that breaks
	// off here has changed nothing else.
	for _, from := range []string{r.erased, filepath.Join(r.dir, backupErased)} {
		if from == "" {
			continue
		}
		if err := warehouse.MergeErasures(from, warehouse.ErasedPath(path)); err != nil {
			return err
		}
	}
	if err := r.makeRoom(ctx, path); err != nil {
		return err
	}
	if err := r.placeAudit(auditDir(path)); err != nil {
		return err
	}
	if err := r.placeFile(backupAccess, access.StorePath(path)); err != nil {
		return err
	}
	if err := r.placeConfig(); err != nil {
		return err
	}
	// The warehouse comes last: without it nothing was restored. A link, unlike a
	// rename, never takes the place of a file that has come in between.
	if err := os.Link(filepath.Join(r.dir, backupWarehouse), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// makeRoom moves a warehouse that is there aside, if it may and nobody has it open.
func (r *restoring) makeRoom(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if !r.replace {
		return fmt.Errorf("%s is there: --replace moves it aside", path)
	}
	if _, err := warehouse.Inspect(ctx, path, r.cfg.Warehouse); err != nil && strings.Contains(err.Error(), "lock") {
		return err
	}
	for _, end := range []string{"", ".wal"} {
		if err := os.Rename(path+end, path+r.suffix+end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// placeAudit keeps an audit that goes on where the backup's ends, and moves any other
// aside.
func (r *restoring) placeAudit(dir string) error {
	from := filepath.Join(r.dir, backupAudit)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return os.Rename(from, dir)
	}
	there, err := audit.Verify(dir, r.manifest.Audit.Head)
	if err != nil {
		return err
	}
	if len(there.Faults) == 0 {
		return nil
	}
	if err := os.Rename(dir, dir+r.suffix); err != nil {
		return err
	}
	return os.Rename(from, dir)
}

// placeFile moves a file of the backup to path, and one that is there aside.
func (r *restoring) placeFile(name, path string) error {
	from := filepath.Join(r.dir, name)
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.Rename(path, path+r.suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(from, path)
}

// placeConfig puts the backup's configuration where somebody finds it, unless it is the
// one in use. The service's user often may not write to the folder of config.toml.
func (r *restoring) placeConfig() error {
	theirs, err := os.ReadFile(filepath.Join(r.dir, backupConfig))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if ours, err := os.ReadFile(r.cfg.path); err == nil && bytes.Equal(ours, theirs) {
		return nil
	}
	r.config = r.cfg.path + ".restored"
	if err := r.placeFile(backupConfig, r.config); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return err
	}
	r.config = r.cfg.Warehouse.Path + ".config.restored"
	return r.placeFile(backupConfig, r.config)
}

// finishRestore opens what was put back: migrations and erasures are applied, tokens
// are revoked, and it is on record.
func (o *options) finishRestore(ctx context.Context, r restoring) (err error) {
	l, err := openLocal(ctx, r.cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, err := l.w.Build(ctx); err != nil { // also what was made of people who are erased now
		return err
	}
	if err := l.finishErasure(ctx); err != nil {
		return err
	}
	revoked := 0
	for _, t := range l.access.Tokens() {
		if t.RevokedAt != nil {
			continue
		}
		if err := l.desk().RevokeToken(actor(ctx), t.ID); err != nil {
			return err
		}
		revoked++
	}
	p := peerOf(ctx)
	err = l.audit.Write(audit.Event{
		Kind: audit.Restore, By: p.identity(), Address: p.address(), What: "backup of " + r.manifest.TakenAt.Format(time.RFC3339),
		Fields: map[string]string{
			"audit_head": r.manifest.Audit.Head, "data_version": strconv.FormatInt(r.manifest.Contents.DataVersion, 10),
			"tokens_revoked": strconv.Itoa(revoked),
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "restored to %s; %d tokens revoked", r.cfg.Warehouse.Path, revoked)
	if r.config != "" {
		fmt.Fprintf(o.stdout, "; the backup's configuration is in %s", r.config)
	}
	fmt.Fprintln(o.stdout)
	return nil
}

// syncFolder waits until the names in a folder are on the disk.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
