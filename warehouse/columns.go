package warehouse

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/duckdb/duckdb-go/v2"
)

// A FileColumn is one column of a file: numbers, with NaN where a value is missing,
// or text, empty where one is. Exactly one of Numbers and Text is set.
type FileColumn struct {
	Name    string
	Numbers []float64
	Text    []string
}

// A FileTable is what a file holds, its columns in the order of the file.
type FileTable struct {
	Columns []FileColumn
	Rows    int
	SHA256  string // of the bytes of the file, in hexadecimal
}

// ReadColumns reads a file of columns, told by its ending: .csv with a header line,
// .parquet, or .arrow, which may be an Arrow IPC file or stream. No warehouse is
// needed and none is touched.
//
// A CSV column is of numbers if every value in it is one; the missing values are the
// empty text, NA, NaN and a dot. Everything that is no number stays text: dates are
// written as 2024-03-01, booleans as true and false. Integers too large for a
// float64 stay text, so that identifiers remain distinct.
func ReadColumns(ctx context.Context, path string) (FileTable, error) {
	t, err := readColumns(ctx, path)
	if err != nil {
		return FileTable{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

func readColumns(ctx context.Context, path string) (FileTable, error) {
	read := readByDuckDB
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv", ".parquet":
	case ".arrow":
		read = readArrow
	default:
		return FileTable{}, fmt.Errorf("its ending %q is not .csv, .parquet or .arrow", ending)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return FileTable{}, errors.New("there is no such file")
	case err != nil:
		return FileTable{}, bare(err)
	case !info.Mode().IsRegular():
		return FileTable{}, errors.New("it is not a file of data")
	case info.Size() == 0:
		return FileTable{}, errors.New("the file is empty")
	}
	sum := make(chan hashed, 1)
	go func() { sum <- hashFile(path) }()
	columns, err := read(ctx, path)
	hash := <-sum
	if err = errors.Join(err, hash.err); err != nil {
		return FileTable{}, err
	}
	t := FileTable{SHA256: hash.sum}
	for _, c := range columns {
		t.Rows = c.rows
		t.Columns = append(t.Columns, c.done())
	}
	return t, nil
}

type hashed struct {
	sum string
	err error
}

// hashFile is the SHA-256 of a file's bytes.
func hashFile(path string) hashed {
	file, err := os.Open(path)
	if err != nil {
		return hashed{err: bare(err)}
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return hashed{err: bare(err)}
	}
	return hashed{sum: hex.EncodeToString(h.Sum(nil))}
}

// bare drops the path from an error of the file system, which the caller names.
func bare(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// readByDuckDB reads a CSV or Parquet file in an engine of its own, which loads no
// extension.
func readByDuckDB(ctx context.Context, path string) (columns []*columnBuilder, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector("?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "set TimeZone = 'UTC'"); err != nil {
		return nil, err
	}
	queries := []string{"select * from read_parquet(" + literal(onlyFile(abs)) + ")"}
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		if queries, err = csvQueries(abs); err != nil {
			return nil, err
		}
	}
	for i, query := range queries {
		columns = nil
		_, err = eachBatch(ctx, conn, query, nil, func(schema *arrow.Schema, batch arrow.RecordBatch) error {
			if columns == nil {
				columns = newBuilders(schema)
			}
			return appendBatch(columns, batch)
		})
		if err == nil && (i == len(queries)-1 || !guessed(columns)) {
			return columns, nil
		}
	}
	if line := badLine(abs); line != nil {
		return nil, line
	}
	return nil, errors.New(oneLine(err.Error()))
}

// csvQueries read a CSV file: the first guesses types from the first rows, which is
// fast and mostly right; the second, for where it is not, reads all rows to find them.
// Nothing is guessed that could hide rows: no line is skipped, none is a comment.
func csvQueries(path string) ([]string, error) {
	delimiter, err := delimiterOf(path)
	if err != nil {
		return nil, err
	}
	read := "select * from read_csv(" + literal(onlyFile(path)) + ", delim = " + literal(delimiter) +
		`, header = true, skip = 0, comment = '', quote = '"', escape = '"', nullstr = ['', 'NA', 'NaN', '.'], `
	return []string{
		read + "auto_type_candidates = ['DOUBLE', 'VARCHAR'])",
		read + "sample_size = -1, auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'])",
	}, nil
}

// guessed reports whether the types of columns may be wrong: numbers so large that
// integers among them may have lost digits, or text that begins with missing values.
func guessed(columns []*columnBuilder) bool {
	for _, c := range columns {
		for _, v := range c.numbers {
			if math.Abs(v) >= exact && !math.IsInf(v, 0) {
				return true
			}
		}
		if c.isText && len(c.text) > 0 && c.text[0] == "" {
			return true
		}
	}
	return false
}

// delimiterOf is what divides the header line of a CSV file: a comma, or a semicolon
// or tab where there is none.
func delimiterOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", bare(err)
	}
	defer file.Close()
	head := make([]byte, 1<<16)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	quoted, found := false, ""
	for _, c := range head[:n] {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			return ",", nil
		case c == ';' || c == '\t':
			if found == "" {
				found = string(c)
			}
		}
		if !quoted && (c == '\n' || c == '\r') {
			break
		}
	}
	if found == "" {
		found = ","
	}
	return found, nil
}

// onlyFile writes a path so that DuckDB takes it as it is and not as a pattern.
func onlyFile(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// badLine finds the line of a CSV file that has more or fewer values than the header,
// or a quote out of place; nil if there is none.
func badLine(path string) error {
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return nil
	}
	delimiter, err := delimiterOf(path)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return bare(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma, reader.ReuseRecord = rune(delimiter[0]), true
	for {
		_, err := reader.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad) && errors.Is(bad.Err, csv.ErrFieldCount):
			return fmt.Errorf("line %d: not as many values as the header has", bad.Line)
		case errors.As(err, &bad):
			return fmt.Errorf("line %d: %w", bad.Line, bad.Err)
		case err != nil:
			return nil
		}
	}
}

var csvError = regexp.MustCompile(`(?s)CSV Error on Line: (\d+)\n(?:Original Line:[^\n]*\n)?([^\n]*)`)

// oneLine is what DuckDB says about a file, without its advice.
func oneLine(words string) string {
	if m := csvError.FindStringSubmatch(words); m != nil {
		what := strings.TrimRight(strings.TrimSpace(m[2]), ".")
		return fmt.Sprintf("line %s: %s", m[1], strings.ToLower(what[:min(1, len(what))])+what[min(1, len(what)):])
	}
	first, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
	for _, prefix := range []string{"Invalid Input Error: ", "IO Error: ", "Invalid Error: "} {
		first = strings.TrimPrefix(first, prefix)
	}
	return first
}

// readArrow reads an Arrow IPC file, or a stream.
func readArrow(ctx context.Context, path string) ([]*columnBuilder, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer file.Close()
	columns, err := arrowColumns(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("it does not read as Arrow: %w", err)
	}
	return columns, nil
}

func arrowColumns(ctx context.Context, file *os.File) (columns []*columnBuilder, err error) {
	const magic = "ARROW1"
	head := make([]byte, len(magic))
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if string(head) != magic {
		stream, err := ipc.NewReader(file)
		if err != nil {
			return nil, err
		}
		defer stream.Release()
		columns = newBuilders(stream.Schema())
		for stream.Next() {
			if err := errors.Join(ctx.Err(), appendBatch(columns, stream.RecordBatch())); err != nil {
				return nil, err
			}
		}
		return columns, stream.Err()
	}
	reader, err := ipc.NewFileReader(file)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	columns = newBuilders(reader.Schema())
	for i := range reader.NumRecords() {
		batch, err := reader.RecordBatch(i)
		if err == nil {
			err = errors.Join(ctx.Err(), appendBatch(columns, batch))
			batch.Release()
		}
		if err != nil {
			return nil, err
		}
	}
	return columns, nil
}
