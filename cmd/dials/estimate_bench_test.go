package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// BenchmarkEstimate measures the command, reading its file included.
func BenchmarkEstimate(b *testing.B) {
	dir := b.TempDir()
	const panel = " --outcome y --unit unit --time period --first-treated first "
	for _, bb := range []struct {
		what, file, flags string
		target            time.Duration
		write             func(path string)
	}{
		{
			"Callaway–Sant'Anna dr, 2,000 units × 60 months × 12 cohorts, 2 covariates, 999 draws", "staggered.arrow",
			"--design staggered --method dr --covariates x1,x2 --se bootstrap --draws 999" + panel, 3 * time.Second,
			func(path string) {
				writePanel(b, path, 2000, 60, func(i int) float64 { return float64(4 * (1 + i%13) % 52) })
			},
		},
		{
			"synthetic DiD, 500 donors × 120 months, placebo errors", "sdid.arrow",
			"--design sdid" + panel, 2 * time.Second,
			func(path string) {
				writePanel(b, path, 501, 120, func(i int) float64 { return 101 * truth(i == 0) })
			},
		},
		{
			"two-way fixed effects, clustered, 1.2 M rows", "twfe.arrow",
			"--design twfe --covariates x1,x2" + panel, time.Second,
			func(path string) {
				writePanel(b, path, 10_000, 120, func(i int) float64 { return float64(60+i%40) * truth(i%2 == 0) })
			},
		},
	} {
		b.Run(strings.Fields(bb.flags)[1], func(b *testing.B) {
			path := filepath.Join(dir, bb.file)
			bb.write(path)
			b.ResetTimer()
			for range b.N {
				var stdout, stderr bytes.Buffer
				begin := time.Now()
				args := append(strings.Fields("estimate --format json "+bb.flags), path)
				if code := run(b.Context(), args, &stdout, &stderr); code != exitDone {
					b.Fatal(stderr.String())
				}
				row(b, bb.what, time.Since(begin), bb.target)
			}
		})
	}
}

// writePanel writes a panel whose units are first treated in a period, 0 never, and
// gain 1 from then on.
func writePanel(b *testing.B, path string, units, periods int, first func(unit int) float64) {
	b.Helper()
	draw := rand.New(rand.NewPCG(1, 2))
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "unit", Type: arrow.BinaryTypes.String},
		{Name: "period", Type: arrow.PrimitiveTypes.Int32},
		{Name: "first", Type: arrow.PrimitiveTypes.Float64},
		{Name: "y", Type: arrow.PrimitiveTypes.Float64},
		{Name: "x1", Type: arrow.PrimitiveTypes.Float64},
		{Name: "x2", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	number := func(j int, v float64) { build.Field(j).(*array.Float64Builder).Append(v) }
	season := make([]float64, periods+1)
	for t := range season {
		season[t] = 2 * math.Sin(float64(t)/6)
	}
	for i := range units {
		label := fmt.Sprintf("unit %05d", i)
		level, x1, x2, noise := draw.NormFloat64(), draw.NormFloat64(), draw.NormFloat64(), draw.NormFloat64()
		for t := 1; t <= periods; t++ {
			noise = 0.5*noise + draw.NormFloat64()
			drift := 0.1 * draw.NormFloat64() // so that unit effects leave something of x
			build.Field(0).(*array.StringBuilder).Append(label)
			build.Field(1).(*array.Int32Builder).Append(int32(t))
			number(2, first(i))
			number(3, 10+level+season[t]+0.02*x1*float64(t)+truth(first(i) > 0 && float64(t) >= first(i))+noise)
			number(4, x1+drift)
			number(5, x2-drift*drift)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	w, err := ipc.NewFileWriter(file, ipc.WithSchema(schema))
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Write(build.NewRecordBatch()); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
