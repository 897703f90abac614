package ingest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"dials/ingest"
	"dials/warehouse"
)

// BenchmarkLoad loads pay lines from CSV and from Parquet, 5 million of them or
// DIALS_BENCH_ROWS, and prints how long that takes beside a bare
// "create table as select" of the same file with the same types; both are
// file-backed, and end with a checkpoint. Run it with -benchtime=1x.
func BenchmarkLoad(b *testing.B) {
	rows := 5_000_000
	if v, err := strconv.Atoi(os.Getenv("DIALS_BENCH_ROWS")); err == nil {
		rows = v
	}
	dir := b.TempDir()
	benchFiles(b, dir, rows)
	fmt.Printf("\n%d rows           bare     first load      unchanged      compared in full\n", rows)
	for range b.N {
		for _, format := range []string{"csv", "parquet"} {
			bare := bareLoad(b, dir, format)
			first, again, full := pipelineLoad(b, dir, format, int64(rows))
			fmt.Printf("%-12s %10.2f s %6.2f s (%.2fx) %6.2f s (%.2fx) %6.2f s (%.2fx)\n", format, bare.Seconds(),
				first.Seconds(), first.Seconds()/bare.Seconds(), again.Seconds(), again.Seconds()/first.Seconds(), full.Seconds(), full.Seconds()/first.Seconds())
			b.ReportMetric(first.Seconds()/bare.Seconds(), format+"_first/bare")
			b.ReportMetric(again.Seconds()/first.Seconds(), format+"_unchanged/first")
		}
	}
}

// benchColumns are the columns of the files and their types.
const benchColumns = `'payroll_line_id': 'VARCHAR', 'payroll_run_id': 'VARCHAR', 'person_id': 'VARCHAR', 'element': 'VARCHAR', 'amount': 'DECIMAL(18,4)',
	'currency': 'VARCHAR', 'paid_hours': 'DOUBLE', 'earned_from_date': 'DATE', 'earned_to_date': 'DATE', 'is_employer_cost': 'BOOLEAN'`

func benchFiles(b *testing.B, dir string, rows int) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	query := fmt.Sprintf(`select 'L' || lpad(i::varchar, 9, '0') as payroll_line_id, 'R' || (i // 2500) as payroll_run_id, 'P' || lpad((hash(i) %% 2500)::varchar, 6, '0') as person_id,
		(['base', 'bonus', 'overtime', 'allowance'])[1 + (i %% 4)] as element, ((hash(i * 7) %% 500000) / 100)::decimal(18,4) as amount, 'EUR' as currency,
		(i %% 40) * 4.0::double as paid_hours, date '2020-01-01' + (i // 100000)::int as earned_from_date, date '2020-02-01' + (i // 100000)::int as earned_to_date,
		i %% 4 = 3 as is_employer_cost from range(%d) t(i)`, rows)
	for _, format := range []string{"csv", "parquet"} {
		if _, err := db.ExecContext(context.Background(), "copy ("+query+") to '"+filepath.Join(dir, "lines."+format)+"' (format "+format+")"); err != nil {
			b.Fatal(err)
		}
	}
}

// bareLoad is what nobody can be faster than.
func bareLoad(b *testing.B, dir, format string) time.Duration {
	path := filepath.Join(dir, "bare-"+format+".duckdb")
	db, err := sql.Open("duckdb", path+"?threads=2")
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(path)
	defer db.Close()
	file := filepath.Join(dir, "lines."+format)
	read := "read_parquet('" + file + "')"
	if format == "csv" {
		read = "read_csv('" + file + "', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {" + benchColumns + "})"
	}
	begin := time.Now()
	for _, q := range []string{"create table lines as select * from " + read, "checkpoint"} {
		if _, err := db.ExecContext(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}

func pipelineLoad(b *testing.B, dir, format string, rows int64) (first, again, full time.Duration) {
	path := filepath.Join(dir, "w-"+format+".duckdb")
	w, err := warehouse.Open(context.Background(), warehouse.Options{Path: path, Threads: 2, AllowedDirectories: []string{dir}})
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(path)
	defer w.Close()
	src, err := openSource(dir, stream("payroll_line", "delta", "lines."+format), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	run := func(o ingest.RunOptions, want int64) time.Duration {
		begin := time.Now()
		reports, err := ingest.Run(context.Background(), w, src, o)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.DB().ExecContext(context.Background(), "checkpoint"); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		if r := reports[0]; r.Inserted != want || r.Read != rows || r.Rejected != 0 {
			b.Fatalf("%s, want %d inserted", counts(r), want)
		}
		return took
	}
	first = run(ingest.RunOptions{}, rows)
	again = run(ingest.RunOptions{}, 0)
	full = run(ingest.RunOptions{Full: true}, 0)
	return first, again, full
}
