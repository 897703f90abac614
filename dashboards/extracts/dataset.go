package extracts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// An Export is one [[export]] of config.toml: extracts that are written to a folder
// or to S3 as partitioned datasets, on a schedule or by hand.
type Export struct {
	Name     string   `toml:"name"`
	To       string   `toml:"to"`       // a folder, or s3://bucket/prefix
	As       string   `toml:"as"`       // whose rights it has: ROLE or ROLE:UNIT
	Extracts []string `toml:"extracts"` // by name
	Schedule string   `toml:"schedule"` // cron, in the company's time zone; empty is by hand
	Keep     int      `toml:"keep"`     // earlier versions that stay for who is reading them; 1

	Endpoint     string `toml:"endpoint"` // of S3, host[:port]; s3.amazonaws.com
	Region       string `toml:"region"`
	AccessKeyEnv string `toml:"access_key_env"` // names of environment variables
	SecretKeyEnv string `toml:"secret_key_env"`
	Insecure     bool   `toml:"insecure"` // plain HTTP, for a store on the same machine
}

// Check returns what is wrong with an export, all at once.
func (e *Export) Check() error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if e.Name == "" {
		say("name is missing")
	}
	if e.To == "" || strings.HasPrefix(e.To, "s3://") && len(e.To) == len("s3://") {
		say("to is missing: want a folder, or s3://bucket/prefix")
	}
	if _, err := queries.PolicyAs(e.As); err != nil {
		say("as: %w", err)
	}
	if e.Keep < 0 {
		say("keep = %d: want 0 or more", e.Keep)
	}
	catalogue, err := queries.Extracts()
	if err != nil {
		return err
	}
	if len(e.Extracts) == 0 {
		say("extracts is empty: \"dials extracts\" lists them")
	}
	for _, name := range e.Extracts {
		if !slices.ContainsFunc(catalogue, func(x queries.Extract) bool { return x.Name == name }) {
			say("extracts: there is no %q: \"dials extracts\" lists them", name)
		}
	}
	return errors.Join(wrong...)
}

// A Manifest says what a dataset consists of. It is written last and replaced whole,
// so who reads it finds every file that it names.
type Manifest struct {
	Extract     string         `json:"extract"`
	Title       string         `json:"title"`
	Grain       string         `json:"grain"`
	Key         []string       `json:"key"`
	Policy      string         `json:"policy"` // whose rights it was written with
	DataVersion int64          `json:"data_version"`
	Fingerprint string         `json:"fingerprint"` // of the statement, its scope and the data
	WrittenAt   time.Time      `json:"written_at"`
	Rows        int64          `json:"rows"`
	Note        string         `json:"note,omitempty"`
	Columns     []columnInfo   `json:"columns"`
	Files       []ManifestFile `json:"files"`

	// Kept are folders of earlier versions that are not removed yet, the newest first.
	Kept []string `json:"kept,omitempty"`
}

// A ManifestFile is one Parquet file of a dataset, by its path beside the manifest.
type ManifestFile struct {
	Path   string `json:"path"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// manifestName is the file that says what a dataset consists of.
const manifestName = "manifest.json"

// Written is how one extract of an export came out.
type Written struct {
	Extract string `json:"extract"`
	Rows    int64  `json:"rows"`
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"` // of the manifest
	Kept    bool   `json:"kept"`   // what is there already is of the same data
}

// A Writer writes exports.
type Writer struct {
	Marts   *queries.Marts
	Engine  queries.Engine
	Scratch string // a folder to which DuckDB may write
	Clock   func() time.Time
	Getenv  func(string) string
	// Record is told of each dataset before it leaves; an error keeps it here.
	Record func(e *Export, w Written) error
}

// Write writes the extracts of e, each whole or not at all, and goes on past one
// that fails.
func (w Writer) Write(ctx context.Context, e *Export) ([]Written, error) {
	to, err := openDestination(e, w.Getenv)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", e.Name, err)
	}
	return w.writeAll(ctx, e, to)
}

// Send hands the files of e to put, the manifest of each extract after its files; put
// gets their names below the dataset's folder.
func (w Writer) Send(ctx context.Context, e *Export, put func(name, file string) error) ([]Written, error) {
	return w.writeAll(ctx, e, sent(put))
}

func (w Writer) writeAll(ctx context.Context, e *Export, to destination) ([]Written, error) {
	policy, err := queries.PolicyAs(e.As)
	if err != nil {
		return nil, err
	}
	catalogue, err := queries.Extracts()
	if err != nil {
		return nil, err
	}
	var done []Written
	var failed []error
	for _, x := range catalogue {
		if !slices.Contains(e.Extracts, x.Name) {
			continue
		}
		one, err := w.write(ctx, e, to, x, policy)
		if err != nil {
			failed = append(failed, fmt.Errorf("export %s: %s: %w", e.Name, x.Name, err))
			continue
		}
		done = append(done, one)
	}
	return done, errors.Join(failed...)
}

// write writes one dataset: files of a folder that is new, then the manifest, then it
// removes what no manifest names any more.
func (w Writer) write(ctx context.Context, e *Export, to destination, x queries.Extract, policy queries.Policy) (Written, error) {
	done := Written{Extract: x.Name}
	if !policy.Can(queries.ActionExtract) {
		return done, fmt.Errorf("%s may not take data away: %w", e.As, queries.ErrNotAllowed)
	}
	cut, err := w.Marts.Cut(ctx, queries.Reader{Policy: policy}, x, queries.Choice{})
	if err != nil {
		return done, err
	}
	before, err := manifestIn(ctx, to, x.Name)
	if err != nil {
		return done, err
	}
	if before != nil && before.Fingerprint == cut.Fingerprint {
		done.Kept, done.Rows, done.Files = true, before.Rows, len(before.Files)
		return done, nil
	}
	dir, err := os.MkdirTemp(w.Scratch, "dataset-")
	if err != nil {
		return done, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is in scratch
	folder := fmt.Sprintf("v%d-%.12s", cut.Version, cut.Fingerprint)
	m, err := w.manifest(ctx, cut, filepath.Join(dir, "data"), folder, e.As)
	if err != nil {
		return done, err
	}
	if before != nil {
		m.Kept = append([]string{path.Dir(strings.SplitN(before.Files[0].Path, "/", 2)[0] + "/x")}, before.Kept...)
	}
	gone := m.Kept[min(max(e.Keep, 1), len(m.Kept)):]
	m.Kept = m.Kept[:len(m.Kept)-len(gone)]
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return done, err
	}
	sum := sha256.Sum256(text)
	done.Rows, done.Files, done.SHA256 = m.Rows, len(m.Files), hex.EncodeToString(sum[:])
	for _, f := range m.Files {
		done.Bytes += f.Bytes
	}
	if w.Record != nil {
		if err := w.Record(e, done); err != nil {
			return done, err
		}
	}
	for _, f := range m.Files {
		if err := to.put(ctx, x.Name+"/"+f.Path, filepath.Join(dir, "data", filepath.FromSlash(strings.TrimPrefix(f.Path, folder+"/")))); err != nil {
			return done, err
		}
	}
	written := filepath.Join(dir, manifestName)
	if err := os.WriteFile(written, text, 0o600); err != nil {
		return done, err
	}
	if err := to.put(ctx, x.Name+"/"+manifestName, written); err != nil {
		return done, err
	}
	for _, old := range gone {
		if err := to.remove(ctx, x.Name+"/"+old); err != nil {
			return done, err
		}
	}
	return done, nil
}

// manifest writes the files of a cut to dir and says what they are.
func (w Writer) manifest(ctx context.Context, cut *queries.Cut, dir, folder, as string) (*Manifest, error) {
	parts, rows, err := cut.Dataset(ctx, dir)
	if err != nil {
		return nil, err
	}
	schema, err := cut.Schema(ctx, w.Engine)
	if err != nil {
		return nil, err
	}
	columns, err := columnsOf(schema)
	if err != nil {
		return nil, err
	}
	about := cut.About(rows)
	m := &Manifest{
		Extract: cut.Extract.Name, Title: cut.Extract.Title, Grain: cut.Extract.Grain, Key: cut.Extract.Key, Policy: as,
		DataVersion: cut.Version, Fingerprint: cut.Fingerprint, WrittenAt: w.Clock().UTC().Truncate(time.Second),
		Rows: rows.Count, Note: about["dials.note"], Columns: describeJSON(cut, rows, columns).Columns,
	}
	for _, p := range parts {
		bytes, sum, err := hashOf(filepath.Join(dir, filepath.FromSlash(p.Path)))
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, ManifestFile{folder + "/" + p.Path, p.Rows, bytes, sum})
	}
	if len(m.Files) == 0 {
		return nil, errors.New("no file was written")
	}
	return m, nil
}

// manifestIn reads the manifest of an extract, nil if there is none.
func manifestIn(ctx context.Context, to destination, extract string) (*Manifest, error) {
	text, err := to.read(ctx, extract+"/"+manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || len(m.Files) == 0 {
		return nil, fmt.Errorf("%s/%s is not one of ours: remove it, or write elsewhere", extract, manifestName)
	}
	return &m, nil
}

func hashOf(file string) (int64, string, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, hex.EncodeToString(h.Sum(nil)), err
}
