package warehouse

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var nan = math.NaN()

func TestReadColumnsCSV(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name, text string
		want       []FileColumn
	}{
		{"types", "unit,month,y,n,flag\na,2024-01-01,1.5,3,true\n\"b, c\",2024-02-01,-2e3,4,false\n", []FileColumn{
			{Name: "unit", Text: []string{"a", "b, c"}},
			{Name: "month", Text: []string{"2024-01-01", "2024-02-01"}},
			{Name: "y", Numbers: []float64{1.5, -2000}},
			{Name: "n", Numbers: []float64{3, 4}},
			{Name: "flag", Text: []string{"true", "false"}},
		}},
		{"missing values", "y,who\n1,x\nNA,NA\nNaN,\n.,.\n,\"\"\n-inf,y\n", []FileColumn{
			{Name: "y", Numbers: []float64{1, nan, nan, nan, nan, math.Inf(-1)}},
			{Name: "who", Text: []string{"x", "", "", "", "", "y"}},
		}},
		{"text far down", "x\n" + strings.Repeat("1\n", 30_000) + "one\n", []FileColumn{
			{Name: "x", Text: append(slicesOf("1", 30_000), "one")},
		}},
		{"numbers far down", "x\n" + strings.Repeat("NA\n", 30_000) + "1.5\n", []FileColumn{
			{Name: "x", Numbers: append(numbersOf(nan, 30_000), 1.5)},
		}},
		{"decimals far down", "x\n" + strings.Repeat("1\n", 30_000) + "1.5\n", []FileColumn{
			{Name: "x", Numbers: append(numbersOf(1, 30_000), 1.5)},
		}},
		{"quotes, byte order mark, carriage returns", "\ufeff\"first.treat\",\"sec a\"\r\n\"1\",\"q\"\"r\"\r\n2,s\r\n", []FileColumn{
			{Name: "first.treat", Numbers: []float64{1, 2}},
			{Name: "sec a", Text: []string{`q"r`, "s"}},
		}},
		{"semicolons", "a;b\n1;x\n2;y\n", []FileColumn{
			{Name: "a", Numbers: []float64{1, 2}},
			{Name: "b", Text: []string{"x", "y"}},
		}},
		{"one column", "y\n1\n2\n", []FileColumn{{Name: "y", Numbers: []float64{1, 2}}}},
		{"no rows", "a,b\n", []FileColumn{{Name: "a", Text: []string{}}, {Name: "b", Text: []string{}}}},
		{"large integers", "id\n9007199254740993\n9007199254740992\n1\n", []FileColumn{
			{Name: "id", Text: []string{"9007199254740993", "9007199254740992", "1"}},
		}},
		{"leading marks are data", "x,y\n#1,2\n#2,3\n", []FileColumn{
			{Name: "x", Text: []string{"#1", "#2"}},
			{Name: "y", Numbers: []float64{2, 3}},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, "a[1]*?.csv")
			writeFile(t, path, tt.text)
			got, err := ReadColumns(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Columns, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if n := max(len(tt.want[0].Numbers), len(tt.want[0].Text)); got.Rows != n {
				t.Errorf("%d rows, want %d", got.Rows, n)
			}
		})
	}
}

func numbersOf(x float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

func slicesOf(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// One table in four formats reads the same.
func TestReadColumnsFormats(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, Options{AllowedDirectories: []string{dir}})
	for _, format := range []string{"parquet", "csv"} {
		_, err := w.DB().ExecContext(t.Context(), `copy (select * from (values
			('a', date '2024-01-01', timestamp '2024-01-01 10:30:00', 1.25::decimal(18, 4), 7::bigint, 1.5, true),
			(null, null, null, null, null, null, null),
			('b', date '2024-02-01', timestamp '2024-02-01 00:00:00', -3::decimal(18, 4), -8, 'inf'::double, false)
			) v("name", "day", "at", amount, n, x, flag)) to `+literal(filepath.Join(dir, "t."+format)))
		if err != nil {
			t.Fatal(err)
		}
	}
	writeArrowFiles(t, dir)
	want := []FileColumn{
		{Name: "name", Text: []string{"a", "", "b"}},
		{Name: "day", Text: []string{"2024-01-01", "", "2024-02-01"}},
		{Name: "at", Text: []string{"2024-01-01 10:30:00", "", "2024-02-01"}},
		{Name: "amount", Numbers: []float64{1.25, nan, -3}},
		{Name: "n", Numbers: []float64{7, nan, -8}},
		{Name: "x", Numbers: []float64{1.5, nan, math.Inf(1)}},
		{Name: "flag", Text: []string{"true", "", "false"}},
	}
	for _, name := range []string{"t.parquet", "t.csv", "file.arrow", "stream.arrow"} {
		got, err := ReadColumns(t.Context(), filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "t.csv" { // which tells no type of its own
			want[2].Text[2] = "2024-02-01 00:00:00"
		}
		if diff := cmp.Diff(want, got.Columns, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		want[2].Text[2] = "2024-02-01"
		if len(got.SHA256) != 64 {
			t.Errorf("%s: SHA-256 %q", name, got.SHA256)
		}
	}
}

// writeArrowFiles writes an Arrow file, and an Arrow stream of two batches, with coded
// text.
func writeArrowFiles(t *testing.T, dir string) {
	t.Helper()
	coded := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "name", Type: coded, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Millisecond}, Nullable: true},
		{Name: "amount", Type: &arrow.Decimal128Type{Precision: 18, Scale: 4}, Nullable: true},
		{Name: "n", Type: arrow.PrimitiveTypes.Int16, Nullable: true},
		{Name: "x", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	}, nil)
	rows := [][]string{
		{"a", "2024-01-01", "2024-01-01 10:30:00", "1.2500", "7", "1.5", "true"},
		nil,
		{"b", "2024-02-01", "2024-02-01 00:00:00", "-3", "-8", "inf", "false"},
	}
	batch := func(part [][]string) arrow.RecordBatch {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for _, row := range part {
			for j, f := range b.Fields() {
				if row == nil {
					f.AppendNull()
				} else if err := f.AppendValueFromString(row[j]); err != nil {
					t.Fatal(err)
				}
			}
		}
		return b.NewRecordBatch()
	}
	file, err := os.Create(filepath.Join(dir, "file.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to, err := ipc.NewFileWriter(file, ipc.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	stream := ipc.NewWriter(&buffer, ipc.WithSchema(schema))
	if err := to.Write(batch(rows)); err != nil {
		t.Fatal(err)
	}
	for _, part := range [][][]string{rows[:1], rows[1:]} {
		if err := stream.Write(batch(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := stream.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "stream.arrow"), buffer.String())
}

// What cannot be read is told in one line that names the file.
func TestReadColumnsRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		writeFile(t, path, text)
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want string }{
		{filepath.Join(dir, "none.csv"), "there is no such file"},
		{write("a.xlsx", "x"), `its ending ".xlsx" is not .csv, .parquet or .arrow`},
		{write("empty.csv", ""), "the file is empty"},
		{filepath.Join(dir, "dir.csv"), "not a file"},
		{write("ragged.csv", "a,b\n1,2\n3\n"), "line 3: not as many values as the header has"},
		{write("wide.csv", "a,b\n1,2\n3,4,5\n"), "line 3: not as many"},
		{write("latin.csv", "a,b\n1,M\xfcller\n"), "line 2"},
		{write("noise.parquet", "PAR1 and nothing else PAR1"), "parquet"},
		{write("noise.arrow", "no arrow in here"), "does not read as Arrow"},
		{write("cut.arrow", "ARROW1\x00\x00"), "does not read as Arrow"},
	} {
		_, err := ReadColumns(t.Context(), tt.path)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tt.want)) || !strings.HasPrefix(err.Error(), tt.path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q in one line", filepath.Base(tt.path), err, tt.want)
		}
	}
}
