package extracts

import (
	"bufio"
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"dials/queries"
)

// A format is a way of writing an extract.
type format struct {
	ending, mediaType string
	// write fills the spool, having begun it when the number of rows is known.
	write func(ctx context.Context, engine queries.Engine, o order, sp *spool) error
}

// formats lists what an extract can be had as.
func formats() []format {
	return []format{
		{"parquet", "application/vnd.apache.parquet", writeParquet},
		{"arrow", "application/vnd.apache.arrow.file", writeArrowFile},
		{"arrows", "application/vnd.apache.arrow.stream", writeArrowStream},
		{"csv", "text/csv; charset=utf-8; header=present", writeCSV},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", writeXLSX},
		{"json", "application/json", writeJSON},
	}
}

// Endings lists the formats by the ending of their files.
func Endings() []string {
	var endings []string
	for _, f := range formats() {
		endings = append(endings, f.ending)
	}
	return endings
}

func formatOf(ending string) (format, bool) {
	for _, f := range formats() {
		if f.ending == ending {
			return f, true
		}
	}
	return format{}, false
}

// bufferSize is how much is gathered before a spool's readers are woken.
const bufferSize = 256 << 10

// A rowWriter writes the rows of an extract one after the other.
type rowWriter interface {
	start(rows queries.Rows, columns []column) error
	row(values []value) error
	end() error
}

// A value is one cell: its text, and whether there is none.
type value struct {
	text string
	none bool
}

// writeRows hands the rows of an order to a writer as text.
func writeRows(ctx context.Context, engine queries.Engine, o order, sp *spool, to func(*bufio.Writer) rowWriter) error {
	buffer := bufio.NewWriterSize(sp, bufferSize)
	w := to(buffer)
	var columns []column
	var values []value
	err := o.cut.Each(ctx, engine, func(rows queries.Rows, schema *arrow.Schema) (err error) {
		if columns, err = columnsOf(schema); err != nil {
			return err
		}
		values = make([]value, len(columns))
		sp.begin(rows, o.cut.Version)
		return w.start(rows, columns)
	}, func(batch arrow.RecordBatch) error {
		for i := range int(batch.NumRows()) {
			for j, c := range columns {
				a := batch.Column(j)
				if values[j] = (value{none: true}); !a.IsNull(i) {
					values[j] = c.text(a, i)
				}
			}
			if err := w.row(values); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return buffer.Flush()
	})
	if err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	return buffer.Flush()
}

// tooLong is the error of an extract that a format cannot hold.
type tooLong struct{ rows, most int64 }

func (e tooLong) Error() string {
	return fmt.Sprintf("%d rows are more than the %d that a sheet of Excel holds: filter it, or take Parquet or CSV", e.rows, e.most)
}
